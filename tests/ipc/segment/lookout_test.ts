import { assert, assertEquals } from "@std/assert";
import { setImmediate } from "node:timers";
import { limits } from "../../../lib/base/limits.ts";
import { Answer, type Cores, Lookout, type Sleeper } from "../../../lib/ipc/segment/lookout.ts";
import { SpinHistory } from "../../../lib/ipc/wait/spin.ts";

/** A machine whose clock goes on a little with each look at it. */
class Machine implements Cores {
  several = true;
  leaves = 0;
  nowMs = 0;
  /** What happens on this core while it is given up. */
  meanwhile = () => {};

  now = () => this.nowMs += limits.spinRelinquishedMs / 10;
  times = () => undefined;

  relinquish(): void {
    this.meanwhile();
  }

  leave(): void {
    this.leaves++;
  }
}

/** A look that finds its thing after a few looks, as it does where the other side has its own core. */
function findsSoon(lookout: Lookout): Promise<boolean> {
  let looks = 0;
  return lookout.look(() => ++looks > 3, true);
}

/** Loses the core for longer than `lookout` may lose, and tells when it rests. */
async function restAfterLoss(lookout: Lookout, machine: Machine): Promise<Rest> {
  machine.meanwhile = () => machine.nowMs += limits.maxLookoutSavedMs + 2 * limits.maxLookoutLostMs;
  assertEquals(await lookout.look(() => false, true), false);
  machine.meanwhile = () => {};
  assert(lookout.isResting);
  const startMs = machine.nowMs;
  while (lookout.isResting) machine.nowMs += 0.1;
  return { startMs, endMs: machine.nowMs };
}

interface Rest {
  readonly startMs: number;
  readonly endMs: number;
}

/** A rest ends with a multiple of its length, by which it may be half longer or shorter. */
function assertLasts({ startMs, endMs }: Rest, ms: number, why?: string): void {
  const lastedMs = endMs - startMs;
  assert(lastedMs > ms / 2 - 1 && lastedMs < 1.5 * ms + 1, `${lastedMs} for ${ms} ms: ${why}`);
  assert(endMs % ms < 1, `it ended at ${endMs} instead of a multiple of ${ms}`);
}

Deno.test("a look ends with what it looks for, or when its time is over", async () => {
  const machine = new Machine();
  const lookout = new Lookout(machine);
  assertEquals(await findsSoon(lookout), true);
  const startMs = machine.nowMs;
  assertEquals(await lookout.look(() => false, true), false);
  assert(machine.nowMs - startMs >= limits.segmentSpinMs, "it gave up before its time");
  assertEquals(lookout.isLooking, false);
});

Deno.test("one look serves everybody who waits, and each has more time then", async () => {
  const machine = new Machine();
  const lookout = new Lookout(machine);
  let isFirstThere = false;
  const first = lookout.look(() => isFirstThere, true);
  assertEquals(lookout.isLooking, true);
  const startMs = machine.nowMs;
  const second = lookout.look(() => machine.nowMs - startMs > 1.5 * limits.segmentSpinMs, true);
  isFirstThere = true;
  assertEquals(await Promise.all([first, second]), [true, true]);
});

Deno.test("so many wait at one look, and no more join", () => {
  const lookout = new Lookout(new Machine());
  let isOver = false;
  for (let waits = 1; waits < limits.maxLookoutWaiting; waits++) {
    void lookout.look(() => isOver, true);
  }
  assertEquals(lookout.isLooking, true);
  void lookout.look(() => isOver, true);
  assertEquals(lookout.isLooking, false);
  isOver = true;
});

Deno.test("the event loop has its turn while a look is under way", async () => {
  let happened = false;
  setImmediate(() => happened = true);
  assertEquals(await new Lookout(new Machine()).look(() => happened, true), true);
});

Deno.test("nothing looks where another core cannot make the condition true", () => {
  const machine = new Machine();
  machine.several = false;
  assertEquals(new Lookout(machine).isResting, true);
});

Deno.test("the side that leaves moves to another core where both share one", async () => {
  const machine = new Machine();
  const lookout = new Lookout(machine);
  let isDone = false;
  machine.meanwhile = () => {
    machine.nowMs += 2 * limits.spinRelinquishedMs;
    isDone = true;
  };
  assertEquals(await lookout.look(() => isDone, false), true);
  assertEquals(machine.leaves, 0);
  isDone = false;
  assertEquals(await lookout.look(() => isDone, true), true);
  assertEquals(machine.leaves, 1);
  assertEquals(lookout.isResting, false, "what it lost is little");
});

Deno.test("a thread whose core is taken rests, and longer each time, up to a bound", async () => {
  const machine = new Machine();
  const lookout = new Lookout(machine);
  let expectedMs: number = limits.minLookoutRestMs;
  for (let rests = 0; rests < 13; rests++) {
    assertLasts(await restAfterLoss(lookout, machine), expectedMs);
    expectedMs = Math.min(2 * expectedMs, limits.maxLookoutRestMs);
  }
});

Deno.test("threads that began to rest at different times look again at the same time", async () => {
  for (const begun of [10.6, 11.4]) {
    const machine = new Machine();
    const lookout = new Lookout(machine);
    machine.meanwhile = () => machine.nowMs = begun * limits.minLookoutRestMs;
    await lookout.look(() => false, true);
    while (lookout.isResting) machine.nowMs += 0.1;
    assertEquals(Math.round(machine.nowMs), 12 * limits.minLookoutRestMs);
  }
});

Deno.test("time that looks save is set against what they lose, within a bound", async () => {
  const machine = new Machine();
  const lookout = new Lookout(machine);
  assertLasts(await restAfterLoss(lookout, machine), limits.minLookoutRestMs);
  for (let savedMs = 0; savedMs < 2 * limits.maxLookoutSavedMs; savedMs += limits.lookoutGainMs) {
    await findsSoon(lookout);
  }
  let isDone = false;
  machine.meanwhile = () => {
    machine.nowMs += limits.maxLookoutSavedMs;
    isDone = true;
  };
  assertEquals(await lookout.look(() => isDone, true), true);
  assertEquals(lookout.isResting, false);
  assertLasts(await restAfterLoss(lookout, machine), limits.minLookoutRestMs, "short again");
});

Deno.test("a condition that throws ends its own wait, and others go on", async () => {
  const lookout = new Lookout(new Machine());
  const other = findsSoon(lookout);
  const released = lookout.look(() => {
    throw new TypeError("the memory is gone");
  }, true);
  assertEquals(await Promise.all([released, other]), [true, true]);
});

/** Looks, and tells whether the thing was there before the event loop had a turn. */
async function isFoundInThisTurn(lookout: Lookout, until: () => boolean): Promise<boolean> {
  let hasTurned = false;
  setImmediate(() => hasTurned = true);
  assertEquals(await lookout.look(until, true), true);
  return !hasTurned;
}

/** A condition that is true at the third look, and owes an answer then. */
function atThirdLook(answer: Answer): () => boolean {
  let looks = 0;
  return () => {
    if (++looks < 3) return false;
    answer.owe();
    return true;
  };
}

Deno.test("a look begins once nobody owes an answer, in the same turn", async () => {
  const lookout = new Lookout(new Machine());
  const answers = [new Answer(lookout), new Answer(lookout)];
  for (const answer of answers) {
    answer.owe();
    answer.owe(); // two messages may have one answer
  }
  let looks = 0;
  const found = isFoundInThisTurn(lookout, () => ++looks >= 3);
  for (const answer of answers) {
    await null;
    assertEquals(looks, 0, "an answer is still owed");
    answer.give();
    answer.give();
  }
  assertEquals(await found, true);
});

Deno.test("who never answers holds up a look until the next turn, and no longer", async () => {
  const lookout = new Lookout(new Machine());
  const never = new Answer(lookout);
  const other = new Answer(lookout);
  never.owe();
  assertEquals(await isFoundInThisTurn(lookout, atThirdLook(other)), false);
  other.give();
  assertEquals(await isFoundInThisTurn(lookout, atThirdLook(other)), true, "it is forgotten");
  never.give(); // too late to count
  other.give();
  assertEquals(await isFoundInThisTurn(lookout, atThirdLook(other)), true);
});

Deno.test("the event loop has its turn after so many looks that found something", async () => {
  const lookout = new Lookout(new Machine());
  const answer = new Answer(lookout);
  let hasTurned = false;
  setImmediate(() => hasTurned = true);
  let looks = 0;
  while (!hasTurned) {
    const found = lookout.look(() => {
      answer.owe();
      return true;
    }, true);
    answer.give();
    assertEquals(await found, true);
    looks++;
  }
  assertEquals(looks, limits.lookoutRoundsPerTurn + 1);
});

Deno.test("a look tells its history how it ended", async () => {
  const lookout = new Lookout(new Machine());
  const history = new SpinHistory(1);
  await lookout.look(() => false, true, history);
  assertEquals(history.isDue(), false);
  await lookout.look(() => true, true, history);
  assertEquals(history.isDue(), true);
});

/** Somebody who sleeps, and counts how often it was looked after and woken. */
class CountingSleeper implements Sleeper {
  looks = 0;
  rings = 0;
  readonly #lookout: Lookout;
  readonly #called: boolean;

  constructor(lookout: Lookout, called: boolean) {
    this.#lookout = lookout;
    this.#called = called;
    lookout.sleeps(this);
  }

  get isCalled(): boolean {
    this.looks++;
    return this.#called;
  }

  rang(): void {
    this.rings++;
    this.#lookout.wakes(this);
  }
}

Deno.test("whoever sleeps is woken while the thread looks for others, once it is called", async () => {
  const lookout = new Lookout(new Machine());
  const called = new CountingSleeper(lookout, true);
  const other = new CountingSleeper(lookout, false);
  await lookout.look(() => false, true);
  assertEquals(called.rings, 1);
  assertEquals(other.rings, 0);
  assert(other.looks > 1, "it is looked after in each turn");
});

Deno.test("more than so many who sleep are left to their sockets", async () => {
  const lookout = new Lookout(new Machine());
  const sleepers = Array.from(
    { length: limits.maxLookoutWaiting + 1 },
    () => new CountingSleeper(lookout, true),
  );
  await lookout.look(() => false, true);
  assertEquals(sleepers.filter(({ looks }) => looks > 0), []);
});
