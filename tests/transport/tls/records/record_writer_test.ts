import { assertEquals, assertRejects } from "@std/assert";
import { limits } from "../../../../lib/base/limits.ts";
import {
  OVERHEAD_BYTES,
  RecordCipher,
} from "../../../../lib/transport/tls/records/record_cipher.ts";
import { RecordWriter } from "../../../../lib/transport/tls/records/record_writer.ts";
import { loadSodium } from "../../../../lib/transport/tls/records/sodium.ts";
import { secret } from "../../../support/record_pair.ts";

/** A writer, and what its sink was given; the sink takes as much of each write as it is told. */
async function world(takes: (bytes: Uint8Array) => number | Promise<number>) {
  const given: Uint8Array[] = [];
  const writer = new RecordWriter({
    async write(bytes) {
      given.push(bytes.slice());
      return await takes(bytes);
    },
  }, new RecordCipher(await loadSodium(), secret()));
  return { writer, given };
}

const lengths = (given: readonly Uint8Array[]) => given.map(({ length }) => length);

Deno.test("RecordWriter seals long content in several records, which leave in one write", async () => {
  const { writer, given } = await world(({ length }) => length);
  const { recordBytes } = limits;
  assertEquals(await writer.write(new Uint8Array(recordBytes)), recordBytes);
  assertEquals(await writer.write(new Uint8Array(recordBytes + 1)), recordBytes + 1);
  assertEquals(await writer.write(new Uint8Array()), 0);
  assertEquals(await writer.end(), 2);
  assertEquals(lengths(given), [
    recordBytes + OVERHEAD_BYTES,
    recordBytes + 1 + 2 * OVERHEAD_BYTES,
    OVERHEAD_BYTES,
    2 + OVERHEAD_BYTES,
  ]);
});

Deno.test("RecordWriter goes on with what the sink did not take, before the next write", async () => {
  const { writer, given } = await world(({ length }) => Math.min(length, 20));
  await Promise.all([writer.write(new Uint8Array(10)), writer.write(new Uint8Array(1))]);
  assertEquals(lengths(given), [32, 12, 23, 3]);
});

Deno.test("RecordWriter writes nothing more once a write has failed or it was ended", async () => {
  const broken = await world(() => Promise.reject(new Error("the wire broke")));
  const writes = [1, 2].map((length) => broken.writer.write(new Uint8Array(length)));
  for (const write of writes) write.catch(() => {}); // each is looked at below
  for (const write of writes) await assertRejects(() => write, Error, "the wire broke");
  await assertRejects(() => broken.writer.end(), Error, "the wire broke");
  assertEquals(broken.given.length, 1);

  const sent = Promise.withResolvers<number>();
  const ended = await world(() => sent.promise);
  const [first, second] = [
    ended.writer.write(new Uint8Array(1)),
    ended.writer.write(new Uint8Array(2)),
  ];
  second.catch(() => {});
  ended.writer.fail("it was closed");
  sent.resolve(1 + OVERHEAD_BYTES);
  assertEquals(await first, 1);
  await assertRejects(() => second, Error, "it was closed");
  assertEquals(ended.given.length, 1);
});
