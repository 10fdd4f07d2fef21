import { assert, assertEquals, assertRejects } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { kinds, numbered, worded } from "../../../lib/cluster/stream/frame.ts";
import { NatsStream } from "../../../lib/cluster/stream/nats_stream.ts";
import { StreamTable } from "../../../lib/cluster/stream/stream_table.ts";
import { MemoryHub } from "../../support/memory_bus.ts";
import { turns } from "../../support/transport_contract.ts";

const { natsWindowBytes, natsPieceBytes } = limits;

function pairOf(hub = new MemoryHub()) {
  const near = new StreamTable(hub.connect(), "near");
  const far = new StreamTable(hub.connect(), "far");
  const [nearSubject, farSubject] = [near.subject(), far.subject()];
  return {
    hub,
    near: near.open(nearSubject, farSubject),
    far: far.open(farSubject, nearSubject),
    nearSubject,
    tables: { near, far },
    [Symbol.dispose]() {
      near[Symbol.dispose]();
      far[Symbol.dispose]();
    },
  };
}

/** Reads until there are so many bytes, or the end. */
async function readBytes(stream: NatsStream, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (let read; at < length && (read = await stream.read(bytes.subarray(at))) !== null;) {
    at += read;
  }
  return bytes.subarray(0, at);
}

async function writeAll(stream: NatsStream, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await stream.write(bytes.subarray(at));
}

Deno.test("a NatsStream carries bytes both ways, in pieces, and ends each way by itself", async () => {
  using pair = pairOf();
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
  using pair = pairOf(hub);
  await pair.near.write(new Uint8Array(natsWindowBytes));
  assertEquals(hub.published.at(-1)?.data.length, natsPieceBytes);
  const small = hub.connect();
  small.maxPayloadBytes = 100;
  const stream = new NatsStream({ bus: small, to: "x", from: "y", onOver: () => {} });
  await stream.write(new Uint8Array(1_000));
  assertEquals(hub.published.at(-1)?.data.length, 100);
});

Deno.test("a writer waits once natsWindowBytes are not read, and goes on as they are", async () => {
  using pair = pairOf();
  const { near, far } = pair;
  let written = 0;
  const writing = (async () => {
    while (written < 3 * natsWindowBytes) {
      written += await near.write(new Uint8Array(3 * natsWindowBytes - written));
    }
  })();
  await turns(5);
  assertEquals(written, natsWindowBytes);
  assertEquals((await readBytes(far, 3 * natsWindowBytes)).length, 3 * natsWindowBytes);
  await writing;
});

Deno.test("a sender that goes beyond its window is cut, and one byte less is taken", async () => {
  using pair = pairOf();
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
  using pair = pairOf();
  const { hub, near, far } = pair;
  let count = 0;
  hub.loses = () => ++count === 1;
  await near.write(new Uint8Array(1));
  await near.write(new Uint8Array(1));
  await assertRejects(() => far.read(new Uint8Array(1)), Error, "were lost");
  await assertRejects(() => near.read(new Uint8Array(1)), Error, "were lost");
});

Deno.test("close() gives the other end what was sent, and refuses what it sends after that", async () => {
  using pair = pairOf();
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
  using pair = pairOf();
  const { far } = pair;
  far.take(numbered(kinds.data, 0, new Uint8Array(5)));
  far.take(worded(kinds.cut, "because"));
  await assertRejects(() => far.read(new Uint8Array(1)), Error, "because");
});

Deno.test("credit for more than was sent ends the stream", async () => {
  using pair = pairOf();
  await pair.near.write(new Uint8Array(10));
  pair.near.take(numbered(kinds.credit, 11));
  await assertRejects(() => pair.near.write(new Uint8Array(1)), Error, "more than was sent");
});

Deno.test("messages that make no sense are ignored", async () => {
  using pair = pairOf();
  const { near, far } = pair;
  for (const bytes of [[], [99], [kinds.probe], [kinds.data, 0], [99, 0, 0, 0, 0, 0]]) {
    far.take(new Uint8Array(bytes));
  }
  await near.write(new Uint8Array([9]));
  assertEquals(await readBytes(far, 1), new Uint8Array([9]));
});

Deno.test("probe() asks only where nothing has come since the last time", () => {
  const hub = new MemoryHub();
  using pair = pairOf(hub);
  pair.near.probe();
  assertEquals(hub.published.length, 0);
  pair.near.probe();
  assertEquals(hub.published.map(({ data }) => data[0]), [kinds.probe]);
  pair.near.take(new Uint8Array([kinds.probe]));
  pair.near.probe();
  assertEquals(hub.published.length, 1);
});

Deno.test("a stream whose other end is gone fails as soon as something is sent to it", async () => {
  using pair = pairOf();
  pair.tables.far[Symbol.dispose]();
  await pair.near.write(new Uint8Array(1));
  await assertRejects(() => pair.near.read(new Uint8Array(1)), Error, "the other side is gone");
  assert(pair.tables.near.size === 0);
});
