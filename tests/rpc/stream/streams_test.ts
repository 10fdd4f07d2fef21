import { assertEquals, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import type { Line } from "../../../lib/protocol/line.ts";
import { IncomingStreams } from "../../../lib/rpc/stream/incoming_streams.ts";
import { OutgoingStreams } from "../../../lib/rpc/stream/outgoing_streams.ts";
import { FakeTimers } from "../../support/fake_timers.ts";
import { settled } from "../../support/settled.ts";

/** Streams that leave, and what was sent of them. */
function outgoing() {
  const sent: string[] = [];
  const sink = {
    isClosed: false,
    isFull: false,
    drained: () => Promise.resolve(),
    refusal: () => undefined,
    push: (line: Line) => void sent.push(String(line)),
  };
  const streams = new OutgoingStreams(sink, {
    itemsOf: (stream) => (item) => `${stream}: ${item}`,
    endOf: (stream, error) => `${stream} ends ${(error as DariError | undefined)?.code ?? "well"}`,
  });
  return { streams, sent };
}

async function* twoLetters() {
  yield "a";
  yield await Promise.resolve("b");
}

const letters = () => ({ kind: "stream", source: twoLetters(), owner: undefined }) as const;

Deno.test("a stream that leaves begins with the first grant, and says how it ended", async () => {
  const { streams, sent } = outgoing();
  const [one, two] = [streams.open(letters(), Infinity), streams.open(letters(), Infinity)];
  await settled();
  assertEquals([sent, streams.size], [[], 2]);
  streams.grant(one, 1, 100);
  await settled();
  assertEquals(sent, ["0: a"]);
  streams.grant(one, 5, undefined);
  streams.grant(two, 5, undefined);
  streams.stop(two);
  await settled();
  assertEquals([sent, streams.size], [["0: a", "0: b", "0 ends well"], 0]);
});

Deno.test("a stream that nobody begins to read fails after unreadStreamMs, and not before", () => {
  using timers = new FakeTimers();
  const { streams, sent } = outgoing();
  streams.open(letters(), limits.unreadStreamMs);
  const read = streams.open(letters(), limits.unreadStreamMs);
  streams.grant(read, 1, undefined);
  timers.advance(limits.unreadStreamMs - 1);
  assertEquals(sent, []);
  timers.advance(1);
  assertEquals(sent, ["0 ends deadline_exceeded"]);
});

Deno.test("at most maxStreamsAtWork streams leave at once, and as many arrive", () => {
  const { streams } = outgoing();
  const incoming = new IncomingStreams({ grant: () => {}, stop: () => {} });
  for (let n = 0; n < limits.maxStreamsAtWork; n++) {
    streams.open(letters(), Infinity);
    incoming.open(n);
  }
  for (const open of [() => streams.open(letters(), Infinity), () => incoming.open(1e6)]) {
    assertEquals(assertThrows(open, DariError).code, "resource_exhausted");
  }
  streams.endAll();
  incoming.endAll(() => new DariError("unavailable", "the test is over"));
  assertEquals([streams.size, incoming.size], [0, 0]);
});

Deno.test("a stream that arrives is named by a whole number that no other has", () => {
  const incoming = new IncomingStreams({ grant: () => {}, stop: () => {} });
  incoming.open(0);
  for (const id of [0, -1, 1.5, "1", null, 2 ** 53]) {
    assertEquals(assertThrows(() => incoming.open(id), DariError).code, "invalid_params");
  }
});

Deno.test("a stream that arrives grants when its reader begins, and is stopped when they leave", async () => {
  const told: unknown[] = [];
  const incoming = new IncomingStreams({
    grant: (...grant) => told.push(grant),
    stop: (stream) => told.push(stream),
  });
  const stream = incoming.open(7);
  assertEquals(told, []);
  const first = stream.next();
  assertEquals(told, [[7, limits.streamCredit, limits.streamCreditBytes, undefined]]);
  incoming.push(7, "item", 10);
  assertEquals((await first).value, "item");
  await stream.return();
  assertEquals([told.slice(1), incoming.size], [[7], 0]);
  incoming.push(7, "late", 10);
  incoming.end(7);
});
