import { assertEquals, assertRejects } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import {
  creditWithWindow,
  HEAD,
  kinds,
  numbered,
  windowOf,
  worded,
} from "../../../lib/cluster/stream/frame.ts";
import type { NatsStream } from "../../../lib/cluster/stream/nats_stream.ts";
import { StreamTable } from "../../../lib/cluster/stream/stream_table.ts";
import { Window, WindowBudget } from "../../../lib/cluster/stream/window.ts";
import { MemoryHub } from "../../support/memory_bus.ts";
import { beginWriting, publishedOf, readBytes, streamPair } from "../../support/nats_streams.ts";
import { turns } from "../../support/transport_contract.ts";

const { natsWindowBytes, maxNatsWindowBytes, maxNatsExtraWindowBytes, natsPieceBytes } = limits;

Deno.test("a Window doubles where memory for that was reserved, up to maxNatsWindowBytes", () => {
  const window = new Window(new WindowBudget());
  window.double();
  assertEquals([window.bytes, window.hasGrown, window.isReserved], [natsWindowBytes, false, false]);
  const sizes: number[] = [];
  while (window.reserve()) {
    assertEquals(window.reserve(), false);
    window.double();
    window.double();
    sizes.push(window.bytes);
  }
  assertEquals(sizes, [2, 4, 8].map((times) => times * natsWindowBytes));
  assertEquals([sizes.at(-1), window.hasGrown], [maxNatsWindowBytes, true]);
});

Deno.test("a Window takes from its budget what it grows by and reserves, and close() gives that back once", () => {
  const budget = new WindowBudget();
  const grown = new Window(budget);
  grown.reserve();
  grown.double();
  grown.reserve();
  assertEquals(budget.take(maxNatsExtraWindowBytes - 3 * natsWindowBytes + 1), false);
  assertEquals(budget.take(maxNatsExtraWindowBytes - 3 * natsWindowBytes), true);
  const other = new Window(budget);
  assertEquals([other.reserve(), other.isReserved], [false, false]);
  grown.close();
  grown.close();
  assertEquals(budget.take(3 * natsWindowBytes + 1), false);
  assertEquals(other.reserve(), true);
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
  using pair = streamPair();
  const { hub, near, far, nearSubject } = pair;
  const onTheWay = await readWhenFull(near, far, 6);
  assertEquals(onTheWay, [1, 2, 4, 8, 7, 8].map((times) => times * natsWindowBytes));
  assertEquals(onTheWay.at(-1), maxNatsWindowBytes);
  const windows = publishedOf(hub, kinds.credit, nearSubject).map(windowOf);
  assertEquals(windows.map((bytes = 0) => bytes / natsWindowBytes), [2, 4, 8, 8]);
  assertEquals(publishedOf(hub, kinds.full, pair.farSubject).length, 3);
});

Deno.test("a window whose bytes nobody reads does not grow, however often its sender asks", async () => {
  using pair = streamPair();
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
  const pair = streamPair();
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
  using pair = streamPair();
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
    using pair = streamPair();
    const { near } = pair;
    beginWriting(near, asks ? 2 * natsWindowBytes : 1);
    await turns(5);
    near.take(creditWithWindow(1, windowBytes));
    const reason = `a window of ${windowBytes} bytes`;
    await assertRejects(() => near.write(new Uint8Array(1)), Error, reason);
  }
});

Deno.test("the next credit tells a sender of the window that a lost one would have given it", async () => {
  using pair = streamPair();
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
