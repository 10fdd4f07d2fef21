import { assertEquals } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { TurnQueue } from "../../../lib/rpc/overload/turn_queue.ts";

/** A queue whose turns the test begins. */
function startQueue() {
  const turns: (() => void)[] = [];
  const queue = new TurnQueue({
    targetDelayMs: 5,
    delayIntervalMs: 100,
    turn: () => new Promise<void>((resolve) => turns.push(resolve)),
  });
  return {
    queue,
    turns,
    async begin() {
      turns.shift()?.();
      await Promise.resolve();
      await Promise.resolve();
    },
  };
}

Deno.test("work that joins waits for one turn, however much there is, and keeps its order", async () => {
  const { queue, turns, begin } = startQueue();
  const done: number[] = [];
  for (const number of [1, 2, 3]) queue.join(() => done.push(number));
  assertEquals([done, turns.length, queue.isOver], [[], 1, true]);
  await begin();
  assertEquals([done, turns.length, queue.isOver], [[1, 2, 3], 0, false]);
});

Deno.test("a turn ends when its time is used up, and what waits goes on in the next one", async () => {
  const { queue, turns, begin } = startQueue();
  const done: number[] = [];
  let now = 0;
  const work = (number: number) => () => {
    done.push(number);
    queue.begin(now);
    queue.look(now += limits.maxTurnMs, 1);
  };
  queue.join(work(1));
  queue.join(work(2));
  await begin();
  assertEquals([done, turns.length], [[1], 1]);
  await begin();
  assertEquals(done, [1, 2]);
});
