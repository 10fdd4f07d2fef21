import { assertEquals, assertNotEquals } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import {
  MessageOpener,
  MessageSeal,
  POINT_BYTES,
  SEAL_BYTES,
} from "../../../lib/cluster/log/seal.ts";
import { sharedKey } from "../../support/shared_store.ts";

const options = { key: sharedKey, service: "orders" };
const body = new TextEncoder().encode("the body");

Deno.test("a sealed message says what it is, who wrote it, and its place", async () => {
  const seal = new MessageSeal(options);
  await seal.seal("beat", body, 0).sealed;
  const { count, sealed } = seal.seal("batch", body, 2 ** 40);
  const message = await sealed;
  assertEquals(message.length, body.length + SEAL_BYTES);
  assertEquals(await new MessageOpener(options).open(message), {
    kind: "batch",
    writer: seal.writer,
    count,
    after: 2 ** 40,
    body,
    tag: message.slice(-16),
  });
  assertEquals([count, seal.writer.length], [2, 2 * limits.storeWriterBytes]);
});

Deno.test("a message says what log it was decided on, by a kind that a dari without points does not know", async () => {
  const point = { taken: 2 ** 40, digest: 2n ** 64n - 1n };
  const { sealed } = new MessageSeal(options).seal("batch", body, 3, point);
  const message = await sealed;
  assertEquals(message.length, body.length + SEAL_BYTES + POINT_BYTES);
  const opened = await new MessageOpener(options).open(message);
  assertEquals([opened?.kind, opened?.point, opened?.body], ["batch", point, body]);
  assertEquals(message[1]! >= 128, true); // "audit" is 6, the last one without a point
});

Deno.test("a message with any byte changed, or cut, is nobody's", async () => {
  const message = await new MessageSeal(options).seal("batch", body, 3).sealed;
  const opener = new MessageOpener(options);
  for (let at = 0; at < message.length; at++) {
    const changed = message.slice();
    changed[at]! ^= 1;
    assertEquals(await opener.open(changed), undefined, `byte ${at}`);
    assertEquals(await opener.open(message.slice(0, at)), undefined, `${at} bytes`);
  }
  assertNotEquals(await opener.open(message), undefined);
});

Deno.test("a message of another key, another service or another log is nobody's", async () => {
  const message = await new MessageSeal(options).seal("batch", body, 3).sealed;
  const other = sharedKey.slice();
  other[0]! ^= 1;
  assertEquals(await new MessageOpener({ ...options, key: other }).open(message), undefined);
  assertEquals(await new MessageOpener({ ...options, service: "shop" }).open(message), undefined);
  assertEquals(await new MessageOpener({ ...options, kind: "messages" }).open(message), undefined);
});

Deno.test("an opener keeps a bounded number of keys, and derives them again", async () => {
  const opener = new MessageOpener(options);
  const message = await new MessageSeal(options).seal("batch", body, 3).sealed;
  const strangers = Array.from({ length: limits.maxStoreWriterKeys + 1 }, (_, n) => {
    const stranger = message.slice();
    new DataView(stranger.buffer).setUint32(2, n);
    return opener.open(stranger);
  });
  assertEquals(new Set(await Promise.all(strangers)), new Set([undefined]));
  assertNotEquals(await opener.open(message), undefined);
});
