/** A server whose thread and arrivals are played by a clock: nothing here depends on the machine. */
import { assert, assertEquals } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import type { QueueDelay } from "../../../lib/rpc/overload/queue_delay.ts";
import { TurnQueue } from "../../../lib/rpc/overload/turn_queue.ts";
import { ChunkLine } from "../../../lib/rpc/overload/chunk_line.ts";

/** What a run gave: the waits of calls that were served, and how many were refused. */
interface Outcome {
  readonly served: number[];
  readonly refused: number;
}

const WARM_UP_MS = 1_000;

/**
 * Plays a server with one connection for each entry of `shares`, whose calls come at random. What is
 * counted begins after a second.
 */
function play(
  { rate, workMs, targetDelayMs, connections = 1, forMs = 20_000, seed = 1 }: {
    readonly rate: number;
    readonly workMs: number;
    readonly targetDelayMs: number;
    readonly connections?: number;
    readonly forMs?: number;
    readonly seed?: number;
  },
): Outcome {
  let now = 0;
  let state = seed;
  const random = () => (state = (state * 16_807) % 2_147_483_647) / 2_147_483_647;
  const next = () => -Math.log(1 - random()) * 1_000 / rate;
  const turns: (() => void)[] = [];
  const queue = new TurnQueue({
    targetDelayMs,
    delayIntervalMs: 100,
    turn: () => ({ then: (began: () => void) => void turns.push(began) }) as never,
  });
  const arrivals = Array.from({ length: connections }, () => [] as number[]);
  const delays = arrivals.map(() => queue.newDelay());
  const served: number[] = [];
  let refused = 0;
  const serve = (at: number) => {
    for (let arrivedAt = arrivals[at]!.shift(); arrivedAt !== undefined;) {
      queue.begin(now);
      const refusal = queue.refusalOf(now - arrivedAt, now, delays[at]!);
      if (refusal === undefined) {
        if (arrivedAt > WARM_UP_MS) served.push(now - arrivedAt + workMs);
        now += workMs;
      } else if (arrivedAt > WARM_UP_MS) refused++;
      if (refusal !== undefined) now += 0.02;
      const isOver = queue.look(now, 1);
      if (isOver && arrivals[at]!.length > 0) return queue.join(() => serve(at));
      arrivedAt = arrivals[at]!.shift();
    }
    delays[at]!.emptied();
  };
  let due = next();
  while (now < forMs) {
    if (turns.length === 0 && due > now) now = due;
    for (; due <= now; due += next()) {
      const at = Math.floor(random() * connections);
      arrivals[at]!.push(due);
      if (arrivals[at]!.length === 1) queue.join(() => serve(at));
    }
    turns.shift()?.();
  }
  return { served, refused };
}

function p99(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? NaN;
}

for (const workMs of [2, 5]) {
  for (const connections of [1, 32]) {
    const named = `${workMs} ms a call, ${connections} connection${connections > 1 ? "s" : ""}`;
    Deno.test(`at twice the load goodput stays and accepted calls are quick: ${named}`, () => {
      const peak = 1_000 / workMs;
      const run = { workMs, connections, targetDelayMs: 5 };
      const normal = play({ ...run, rate: peak / 2 });
      const { served, refused } = play({ ...run, rate: peak * 2 });
      const goodput = served.length / 19 / peak;
      assert(goodput >= 0.9, `goodput is ${goodput} of the peak`);
      assert(refused > served.length / 2, `${refused} calls were refused`);
      const times = p99(served) / p99(normal.served);
      assert(times < 5, `p99 is ${p99(served)} ms, ${times} times the normal one`);
    });
  }
}

Deno.test("without a target the same load makes calls wait for seconds", () => {
  const { served, refused } = play({ rate: 400, workMs: 5, targetDelayMs: Infinity });
  assertEquals(refused, 0);
  assert(p99(served) > 5_000);
});

Deno.test("a load that the server can carry is not refused, whatever its bursts", () => {
  for (let seed = 1; seed <= 5; seed++) {
    const { served, refused } = play({ rate: 100, workMs: 5, targetDelayMs: 20, seed });
    assert(refused / served.length < 0.001, `${refused} of ${served.length} were refused`);
  }
});

Deno.test("a turn is over after its time, and those who wait get the next ones in order", async () => {
  const queue = new TurnQueue({ targetDelayMs: 5, delayIntervalMs: 100 });
  const order: string[] = [];
  queue.begin(0);
  assertEquals(queue.look(limits.maxTurnMs - 0.1, 1), false);
  assertEquals([queue.look(limits.maxTurnMs, 1), queue.isOver], [true, true]);
  const both = Promise.withResolvers<void>();
  queue.join(() => {
    order.push("first");
    queue.begin(10);
    queue.look(15, 1);
  });
  queue.join(() => {
    order.push("second");
    both.resolve();
  });
  await both.promise;
  assertEquals(order, ["first", "second"]);
});

Deno.test("the clock is read for each heavy line, and for few of many light ones", () => {
  const queue = new TurnQueue({ targetDelayMs: 5, delayIntervalMs: 100 });
  queue.begin(0);
  queue.look(0.1, 100);
  assertEquals(queue.linesPerLook, limits.maxLinesPerLook);
  queue.look(0.1 + 2 * limits.lookAtClockMs, 16);
  assertEquals(queue.linesPerLook, 8);
  queue.look(3, 1);
  assertEquals(queue.linesPerLook, 1);
});

Deno.test("a line of chunks is full at its bound, and wakes whoever waits for room", async () => {
  const line = new ChunkLine();
  const received = "x".repeat(256 * 1024);
  line.push({ received, start: 0, isAscii: true, arrivedAt: 1 });
  assertEquals([line.isFull, line.isEmpty], [true, false]);
  const changed = line.changed();
  line.restamp(7);
  assertEquals(line.first?.arrivedAt, 7);
  line.shift();
  await changed;
  assertEquals([line.isFull, line.isEmpty], [false, true]);
});

Deno.test("delays of connections are judged apart: who waits for little is not refused", () => {
  const queue = new TurnQueue({ targetDelayMs: 5, delayIntervalMs: 100 });
  const [greedy, polite] = [queue.newDelay(), queue.newDelay()] as [QueueDelay, QueueDelay];
  for (let now = 0; now <= 100; now += 10) {
    queue.refusalOf(50, now, greedy);
    queue.refusalOf(1, now, polite);
  }
  assertEquals(queue.refusalOf(1, 110, polite), undefined);
  const { code, retryAfterMs } = queue.refusalOf(150.2, 120, greedy) ?? {};
  assertEquals([code, retryAfterMs], ["resource_exhausted", 151]);
});
