import { assert, assertEquals, assertRejects } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { kinds, numbered, worded } from "../../../lib/cluster/stream/frame.ts";
import { NatsStream } from "../../../lib/cluster/stream/nats_stream.ts";
import { WindowBudget } from "../../../lib/cluster/stream/window.ts";
import { MemoryHub } from "../../support/memory_bus.ts";
import { beginWriting, readBytes, streamPair } from "../../support/nats_streams.ts";
import { turns } from "../../support/transport_contract.ts";

const { natsWindowBytes, natsPieceBytes } = limits;

async function writeAll(stream: NatsStream, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await stream.write(bytes.subarray(at));
}

Deno.test("a NatsStream carries bytes both ways, in pieces, and ends each way by itself", async () => {
  using pair = streamPair();
  const { near, far } = pair;
  const bytes = crypto.getRandomValues(new Uint8Array(60_000));
  await Promise.all([writeAll(near, bytes), writeAll(far, bytes.subarray(0, 10))]);
  assertEquals(await readBytes(far, bytes.length), bytes);
  assertEquals(await readBytes(near, 10), bytes.subarray(0, 10));
  await near.closeWrite();
  assertEquals(await far.read(new Uint8Array(1)), null);
  await writeAll(far, bytes.subarray(0, 3));
  assertEquals((await readBytes(near, 3)).length, 3);
  await assertRejects(() => near.write(bytes), Error, "it was closed");
  await far.closeWrite();
  assertEquals(await near.read(new Uint8Array(1)), null);
  assertEquals([pair.tables.near.size, pair.tables.far.size], [0, 0]);
});

Deno.test("a message has natsPieceBytes at most, and what a smaller max_payload allows", async () => {
  const hub = new MemoryHub();
  using pair = streamPair(hub);
  await pair.near.write(new Uint8Array(natsWindowBytes));
  assertEquals(hub.published.at(-1)?.data.length, natsPieceBytes);
  const small = hub.connect();
  small.maxPayloadBytes = 100;
  const parts = { bus: small, to: "x", from: "y", budget: new WindowBudget() };
  const stream = new NatsStream({ ...parts, onOver: () => {} });
  await stream.write(new Uint8Array(1_000));
  assertEquals(hub.published.at(-1)?.data.length, 100);
});

Deno.test("a writer waits once natsWindowBytes are not read, and goes on as they are", async () => {
  using pair = streamPair();
  const { near, far } = pair;
  const writing = beginWriting(near, 3 * natsWindowBytes);
  await turns(5);
  assertEquals(writing.written, natsWindowBytes);
  assertEquals((await readBytes(far, 3 * natsWindowBytes)).length, 3 * natsWindowBytes);
  await writing.done;
});

Deno.test("a sender that goes beyond its window is cut, and one byte less is taken", async () => {
  using pair = streamPair();
  const { far } = pair;
  const most = natsPieceBytes;
  let number = 0;
  for (let sent = 0; sent < natsWindowBytes; sent += most) {
    far.take(numbered(kinds.data, number++, new Uint8Array(most)));
  }
  assertEquals(await far.read(new Uint8Array(1)), 1);
  far.take(numbered(kinds.data, number, new Uint8Array(1)));
  const error = await assertRejects(() => far.read(new Uint8Array(1)), Error);
  assertEquals(error.message.includes(`more than ${natsWindowBytes} bytes`), true);
  await assertRejects(() => pair.near.read(new Uint8Array(1)), Error, `${natsWindowBytes} bytes`);
});

Deno.test("a message that was lost ends the stream at both ends", async () => {
  using pair = streamPair();
  const { hub, near, far } = pair;
  let count = 0;
  hub.loses = () => ++count === 1;
  await near.write(new Uint8Array(1));
  await near.write(new Uint8Array(1));
  await assertRejects(() => far.read(new Uint8Array(1)), Error, "were lost");
  await assertRejects(() => near.read(new Uint8Array(1)), Error, "were lost");
});

Deno.test("close() gives the other end what was sent, and refuses what it sends after that", async () => {
  using pair = streamPair();
  const { near, far } = pair;
  await near.write(new Uint8Array([1, 2]));
  near.close();
  near.close();
  await turns(2);
  assertEquals(await readBytes(far, 3), new Uint8Array([1, 2]));
  assertEquals(await far.read(new Uint8Array(1)), null);
  await assertRejects(() => far.write(new Uint8Array(1)), Error, "it was closed");
  await assertRejects(() => near.read(new Uint8Array(1)), Error, "it was closed");
});

Deno.test("a cut without an end throws away what was not read, and gives the reason", async () => {
  using pair = streamPair();
  const { far } = pair;
  far.take(numbered(kinds.data, 0, new Uint8Array(5)));
  far.take(worded(kinds.cut, "because"));
  await assertRejects(() => far.read(new Uint8Array(1)), Error, "because");
});

Deno.test("credit for more than was sent ends the stream", async () => {
  using pair = streamPair();
  await pair.near.write(new Uint8Array(10));
  pair.near.take(numbered(kinds.credit, 11));
  await assertRejects(() => pair.near.write(new Uint8Array(1)), Error, "more than was sent");
});

Deno.test("messages that make no sense are ignored", async () => {
  using pair = streamPair();
  const { near, far } = pair;
  for (const bytes of [[], [99], [kinds.probe], [kinds.data, 0], [99, 0, 0, 0, 0, 0]]) {
    far.take(new Uint8Array(bytes));
  }
  await near.write(new Uint8Array([9]));
  assertEquals(await readBytes(far, 1), new Uint8Array([9]));
});

Deno.test("probe() asks only where nothing has come since the last time", () => {
  const hub = new MemoryHub();
  using pair = streamPair(hub);
  pair.near.probe();
  assertEquals(hub.published.length, 0);
  pair.near.probe();
  assertEquals(hub.published.map(({ data }) => data[0]), [kinds.probe]);
  pair.near.take(new Uint8Array([kinds.probe]));
  pair.near.probe();
  assertEquals(hub.published.length, 1);
});

Deno.test("a stream whose other end is gone fails as soon as something is sent to it", async () => {
  using pair = streamPair();
  pair.tables.far[Symbol.dispose]();
  await pair.near.write(new Uint8Array(1));
  await assertRejects(() => pair.near.read(new Uint8Array(1)), Error, "the other side is gone");
  assert(pair.tables.near.size === 0);
});
