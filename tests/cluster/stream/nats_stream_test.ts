import { assert, assertEquals, assertRejects } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import {
  creditWithWindow,
  HEAD,
  kinds,
  numbered,
  windowOf,
  worded,
} from "../../../lib/cluster/stream/frame.ts";
import { NatsStream } from "../../../lib/cluster/stream/nats_stream.ts";
import { WindowBudget } from "../../../lib/cluster/stream/window.ts";
import { StreamTable } from "../../../lib/cluster/stream/stream_table.ts";
import { MemoryHub } from "../../support/memory_bus.ts";
import { turns } from "../../support/transport_contract.ts";

const { natsWindowBytes, maxNatsWindowBytes, natsPieceBytes } = limits;

function pairOf(hub = new MemoryHub()) {
  const near = new StreamTable(hub.connect(), "near");
  const far = new StreamTable(hub.connect(), "far");
  const [nearSubject, farSubject] = [near.subject(), far.subject()];
  return {
    hub,
    near: near.open(nearSubject, farSubject),
    far: far.open(farSubject, nearSubject),
    nearSubject,
    farSubject,
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
  const parts = { bus: small, to: "x", from: "y", budget: new WindowBudget() };
  const stream = new NatsStream({ ...parts, onOver: () => {} });
  await stream.write(new Uint8Array(1_000));
  assertEquals(hub.published.at(-1)?.data.length, 100);
});

/** Writes so many bytes, as far as the window goes, and counts them. */
function beginWriting(stream: NatsStream, length: number) {
  const progress = { written: 0, done: Promise.resolve() };
  progress.done = (async () => {
    while (progress.written < length) {
      progress.written += await stream.write(new Uint8Array(length - progress.written));
    }
  })();
  progress.done.catch(() => {});
  return progress;
}

/** The messages of a kind that were published on a subject. */
function publishedOf(hub: MemoryHub, kind: number, subject: string): Uint8Array[] {
  return hub.published.filter((each) => each.subject === subject && each.data[0] === kind)
    .map(({ data }) => data);
}

Deno.test("a writer waits once natsWindowBytes are not read, and goes on as they are", async () => {
  using pair = pairOf();
  const { near, far } = pair;
  const writing = beginWriting(near, 3 * natsWindowBytes);
  await turns(5);
  assertEquals(writing.written, natsWindowBytes);
  assertEquals((await readBytes(far, 3 * natsWindowBytes)).length, 3 * natsWindowBytes);
  await writing.done;
});

/** Reads each time when the window is full, and says how much was on the way each time. */
async function readWhenFull(writer: NatsStream, reader: NatsStream, times: number) {
  const writing = beginWriting(writer, 2 * maxNatsWindowBytes);
  const onTheWay: number[] = [];
  for (let time = 0; time < times; time++) {
    await turns(5);
    onTheWay.push(writing.written - time * natsWindowBytes);
    if (time < times - 1) await readBytes(reader, natsWindowBytes);
  }
  return onTheWay;
}

Deno.test("a window that was filled doubles as it is read, up to maxNatsWindowBytes", async () => {
  using pair = pairOf();
  const { hub, near, far, nearSubject } = pair;
  const onTheWay = await readWhenFull(near, far, 6);
  assertEquals(onTheWay, [1, 2, 4, 8, 7, 8].map((times) => times * natsWindowBytes));
  assertEquals(onTheWay.at(-1), maxNatsWindowBytes);
  const windows = publishedOf(hub, kinds.credit, nearSubject).map(windowOf);
  assertEquals(windows.map((bytes = 0) => bytes / natsWindowBytes), [2, 4, 8, 8]);
  assertEquals(publishedOf(hub, kinds.full, pair.farSubject).length, 3);
});

Deno.test("a window whose bytes nobody reads does not grow, however often its sender asks", async () => {
  using pair = pairOf();
  const { hub, near, far, nearSubject } = pair;
  beginWriting(near, 2 * natsWindowBytes);
  await turns(5);
  for (let question = 0; question < 1_000; question++) far.take(worded(kinds.full));
  assertEquals(publishedOf(hub, kinds.credit, nearSubject), []);
  far.take(numbered(kinds.data, natsWindowBytes / natsPieceBytes + 1, new Uint8Array(1)));
  await assertRejects(() => far.read(new Uint8Array(1)), Error);
});

/** A stream whose other end is the test: what the stream sends is not delivered. */
function aloneOf() {
  const pair = pairOf();
  pair.hub.loses = () => true;
  let number = 0;
  const { near: stream, hub, farSubject: to } = pair;
  return {
    hub,
    stream,
    to,
    send(bytes: number) {
      for (let left = bytes; left > 0; left -= natsPieceBytes) {
        const piece = new Uint8Array(Math.min(left, natsPieceBytes));
        stream.take(numbered(kinds.data, number++, piece));
      }
    },
    [Symbol.dispose]: () => pair[Symbol.dispose](),
  };
}

Deno.test("a sender that goes beyond a window that has grown is cut, and one byte less is taken", async () => {
  using alone = aloneOf();
  const { stream } = alone;
  stream.take(worded(kinds.full));
  alone.send(natsWindowBytes);
  await readBytes(stream, natsWindowBytes);
  alone.send(2 * natsWindowBytes);
  assertEquals(await stream.read(new Uint8Array(1)), 1);
  alone.send(1);
  const most = `more than ${2 * natsWindowBytes} bytes`;
  await assertRejects(() => stream.read(new Uint8Array(1)), Error, most);
});

Deno.test("an end that never asks for a larger window gets credit as it was before there were any", async () => {
  using alone = aloneOf();
  const { hub, stream, to } = alone;
  for (let time = 0; time < 8; time++) {
    alone.send(natsWindowBytes);
    await readBytes(stream, natsWindowBytes);
  }
  const credits = publishedOf(hub, kinds.credit, to);
  assertEquals(credits.map(({ length }) => length), Array(8).fill(HEAD));
});

Deno.test("an end that knows no larger windows has its own kept", async () => {
  using pair = pairOf();
  const { hub, near, farSubject } = pair;
  hub.loses = (subject) => subject === farSubject; // the test reads and answers in its place
  const writing = beginWriting(near, 8 * natsWindowBytes);
  await turns(5);
  for (let read = 0; read < 2 * natsWindowBytes; read += natsWindowBytes / 4) {
    assertEquals(writing.written, read + natsWindowBytes);
    near.take(numbered(kinds.credit, read + natsWindowBytes / 4));
    await turns(5);
  }
  assertEquals(publishedOf(hub, kinds.full, farSubject).length, 1);
});

Deno.test("a window that was not asked for, is not twice as large, or shrinks ends the stream", async () => {
  const cases: { readonly asks: boolean; readonly windowBytes: number }[] = [
    { asks: false, windowBytes: 2 * natsWindowBytes },
    { asks: true, windowBytes: 4 * natsWindowBytes },
    { asks: true, windowBytes: maxNatsWindowBytes },
    { asks: true, windowBytes: 0xffff_ffff },
    { asks: true, windowBytes: natsWindowBytes - 1 },
    { asks: true, windowBytes: 0 },
  ];
  for (const { asks, windowBytes } of cases) {
    using pair = pairOf();
    const { near } = pair;
    beginWriting(near, asks ? 2 * natsWindowBytes : 1);
    await turns(5);
    near.take(creditWithWindow(1, windowBytes));
    const reason = `a window of ${windowBytes} bytes`;
    await assertRejects(() => near.write(new Uint8Array(1)), Error, reason);
  }
});

Deno.test("the next credit tells a sender of the window that a lost one would have given it", async () => {
  using pair = pairOf();
  const { hub, near, far } = pair;
  const writing = beginWriting(near, 2 * maxNatsWindowBytes);
  await turns(5);
  hub.loses = (_subject, data) => data[0] === kinds.credit;
  await readBytes(far, natsWindowBytes / 4);
  await turns(5);
  assertEquals(writing.written, natsWindowBytes);
  hub.loses = () => false;
  await readBytes(far, natsWindowBytes / 2);
  await turns(5);
  assertEquals(writing.written, natsWindowBytes * 3 / 4 + 2 * natsWindowBytes);
});

Deno.test("the windows of a connection to NATS grow together by maxNatsExtraWindowBytes, and give it back", async () => {
  const hub = new MemoryHub();
  using near = new StreamTable(hub.connect(), "near");
  using far = new StreamTable(hub.connect(), "far");
  const { maxNatsExtraWindowBytes } = limits;
  const open = () => {
    const [from, to] = [near.subject(), far.subject()];
    return { writer: near.open(from, to), reader: far.open(to, from) };
  };
  const largest = async ({ writer, reader }: ReturnType<typeof open>) =>
    (await readWhenFull(writer, reader, 4)).at(-1) ?? NaN;
  const count = maxNatsExtraWindowBytes / (maxNatsWindowBytes - natsWindowBytes) + 3;
  const streams = Array.from({ length: count }, open);
  const onTheWay: number[] = [];
  for (const stream of streams) onTheWay.push(await largest(stream));
  const grown = onTheWay.reduce((sum, bytes) => sum + bytes - natsWindowBytes, 0);
  assertEquals([onTheWay[0], onTheWay.at(-1)], [maxNatsWindowBytes, natsWindowBytes]);
  assertEquals(grown, maxNatsExtraWindowBytes);
  for (const { writer } of streams) writer.close();
  await turns(5);
  assertEquals(await largest(open()), maxNatsWindowBytes);
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
