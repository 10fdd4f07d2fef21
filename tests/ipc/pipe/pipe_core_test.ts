import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { turn } from "../../../lib/base/turn.ts";
import { LIVENESS_BYTES, PipeCore, type PipeDescriptor } from "../../../lib/ipc/pipe/pipe_core.ts";
import { Ring } from "../../../lib/ipc/ring/ring.ts";
import { kind } from "../../../lib/ipc/ring/value.ts";

/** The two ends of a pipe, as `pipe()` makes them. */
function makeEnds(): [PipeCore, PipeCore] {
  const ring = () => Ring.create({ capacityBytes: 1_024 }).buffer;
  const common = {
    type: "dari.pipe",
    name: `test.${crypto.randomUUID()}`,
    buffers: [ring(), ring(), new SharedArrayBuffer(LIVENESS_BYTES)],
    encoding: "json",
    maxMessageBytes: 10_000,
  } as const;
  const ends = [
    new PipeCore({ ...common, side: 0 }),
    new PipeCore({ ...common, side: 1 }),
  ] as const;
  [ends[0].otherEnd, ends[1].otherEnd] = [ends[1], ends[0]];
  return [...ends];
}

/** Opens a descriptor as the thread does that it was posted to. */
function arrive(descriptor: PipeDescriptor): PipeCore {
  const core = new PipeCore(structuredClone(descriptor));
  core.startLifeline();
  return core;
}

function send(core: PipeCore, byte: number): void {
  core.writer.write(kind.bytes, new Uint8Array([byte]));
}

function receive(core: PipeCore): number | undefined {
  return core.reader.tryRead()?.content[0] as number | undefined;
}

/** Waits until the end has noticed that the other one is gone. */
async function untilOver(core: PipeCore): Promise<void> {
  assertEquals(await core.reader.readable({ timeoutMs: 5_000 }), false);
}

Deno.test("what each end writes the other reads, and not itself", () => {
  const [first, second] = makeEnds();
  send(first, 1);
  send(second, 2);
  assertEquals([receive(first), receive(second)], [2, 1]);
  assertEquals([receive(first), receive(second)], [undefined, undefined]);
});

Deno.test("close() lets the other end read the rest, and refuses its writes", async () => {
  const [first, second] = makeEnds();
  send(first, 1);
  first.close();
  first.close();
  assertThrows(() => first.refuseIfClosed(), DariError, "is closed");
  assertEquals(receive(second), 1);
  await untilOver(second);
  assertThrows(() => send(second, 2), DariError);
  assertEquals([second.closed, second.lost], [false, undefined]);
});

Deno.test("an end that moves goes on where it was, and is closed where it came from", () => {
  const [first, second] = makeEnds();
  send(first, 1);
  const moved = arrive(second.move());
  assertEquals([second.closed, moved.closed], [true, false]);
  assertThrows(() => second.move(), DariError, "handed to another thread");
  assertEquals(receive(moved), 1);
  send(moved, 2);
  assertEquals(receive(first), 2);
  for (const end of [first, moved]) end.close();
});

Deno.test("an end knows from the move of either that the pipe crosses threads", () => {
  const [first, second] = makeEnds();
  assertEquals([first.crossesThreads, second.crossesThreads], [false, false]);
  const moved = arrive(second.move());
  assertEquals([first.crossesThreads, moved.crossesThreads], [true, true]);
  for (const end of [first, moved]) end.close();
});

Deno.test("an end that closed in order is not lost, also where its thread is watched", async () => {
  const [first, second] = makeEnds();
  const moved = arrive(second.move());
  for (let turns = 0; turns < 20; turns++) await turn();
  moved.close();
  await untilOver(first);
  for (let turns = 0; turns < 20; turns++) await turn(); // its lifeline is gone as well
  assertEquals(first.lost, undefined);
  first.close();
});

Deno.test("an end that moves on is not taken for gone", async () => {
  const [first, second] = makeEnds();
  let moved = second;
  for (let moves = 0; moves < 4; moves++) {
    moved = arrive(moved.move());
    for (let turns = 0; turns < 20; turns++) await turn();
  }
  assertEquals(first.lost, undefined);
  send(moved, 7);
  assertEquals(receive(first), 7);
  for (const end of [first, moved]) end.close();
});

Deno.test("explain() gives the reason behind `unavailable`, and leaves other errors alone", () => {
  const [first] = makeEnds();
  const closed = new DariError("unavailable", "closed");
  const late = new DariError("deadline_exceeded", "late");
  assertStrictEquals(first.explain(closed), closed);
  first.lost = new DariError("unavailable", "gone");
  assertStrictEquals(first.explain(closed), first.lost);
  assertStrictEquals(first.explain(late), late);
  const other = new TypeError("other");
  assertStrictEquals(first.explain(other), other);
});

Deno.test("isIdle is false while a message waits for room or has come in part", async () => {
  const [first, second] = makeEnds();
  assert(first.isIdle && second.isIdle);
  const written = first.writer.write(kind.bytes, new Uint8Array(5_000));
  assert(!first.isIdle);
  await turn();
  assertEquals(receive(second), undefined);
  assert(!second.isIdle);
  while (second.reader.tryRead() === undefined) await second.reader.readable();
  await written;
  assert(first.isIdle && second.isIdle);
});
