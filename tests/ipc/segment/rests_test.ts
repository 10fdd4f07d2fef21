import { assert, assertEquals } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { Rests } from "../../../lib/ipc/segment/rests.ts";

const { minLookoutRestMs, checkedLookoutRestMs, minLookoutCores, maxLookoutWaitedShare } = limits;

/** A machine whose cores are idle, and which this thread has or waits for, for a share of the time. */
class Machine {
  idle = 0;
  ran = 0;
  waited = 0;
  isSilent = false;
  nowMs = 0;
  #times = { idleMs: 0, ranMs: 0, waitedMs: 0 };

  now = () => this.nowMs;
  times = () => this.isSilent ? undefined : { ...this.#times };

  /** Time goes on. */
  pass(ms: number): this {
    this.nowMs += ms;
    this.#times.idleMs += this.idle * ms;
    this.#times.ranMs += this.ran * ms;
    this.#times.waitedMs += this.waited * ms;
    return this;
  }
}

function machine(shares: Partial<Machine>): Machine {
  return Object.assign(new Machine(), shares);
}

/** How long a rest lasts from now on, up to so many milliseconds. */
function lastsMs(rests: Rests, machine: Machine, mostMs: number): number {
  const startMs = machine.nowMs;
  while (machine.nowMs - startMs < mostMs && rests.isUnderWay()) machine.pass(1);
  return machine.nowMs - startMs;
}

/** The rests of a thread that has not waited. */
function unhindered(machine: Machine): Rests {
  const rests = new Rests(machine);
  assertEquals(rests.isUnderWay(), false);
  return rests;
}

Deno.test("a thread that has waited for cores since it began starts with a rest", () => {
  const most = maxLookoutWaitedShare;
  for (const [waited, rests] of [[0, false], [most - 0.01, false], [most + 0.01, true]] as const) {
    const begun = machine({ ran: 1 - waited, waited }).pass(100);
    assertEquals(new Rests(begun).isUnderWay(), rests, `${waited}`);
  }
});

Deno.test("a thread looks at once where the system does not tell what it waited", () => {
  assertEquals(new Rests(machine({ waited: 1, isSilent: true }).pass(100)).isUnderWay(), false);
});

Deno.test("the first rest lasts while other programs have the cores, and ends soon after", () => {
  const begun = machine({ ran: minLookoutCores / 2 - 0.05, waited: 0.4 }).pass(100);
  const rests = new Rests(begun);
  const mostMs = 100 * checkedLookoutRestMs;
  assertEquals(lastsMs(rests, begun, mostMs), mostMs);
  begun.idle = 1;
  assert(lastsMs(rests, begun, mostMs) <= 2 * checkedLookoutRestMs);
});

for (
  const [what, idle, ran] of [
    ["idle", minLookoutCores + 0.05, 0],
    ["at work for both sides", 0, minLookoutCores / 2 + 0.05],
    ["both", 0.4, 0.5],
  ] as const
) {
  Deno.test(`a rest ends in its time where enough cores were ${what}`, () => {
    const begun = machine({ idle, ran, waited: 1 }).pass(100);
    assert(lastsMs(new Rests(begun), begun, 1_000) <= 1.5 * checkedLookoutRestMs);
  });
}

Deno.test("short rests end in their time whoever has the cores, and longer ones do not", () => {
  const busy = machine({});
  const rests = unhindered(busy);
  const mostMs = 100 * checkedLookoutRestMs;
  rests.begin();
  assert(lastsMs(rests, busy, mostMs) <= 1.5 * minLookoutRestMs);
  for (let ms = 2 * minLookoutRestMs; ms < checkedLookoutRestMs; ms *= 2) {
    rests.begin();
    assert(lastsMs(rests, busy, mostMs) <= 1.5 * ms);
  }
  rests.begin();
  assertEquals(lastsMs(rests, busy, mostMs), mostMs);
});

Deno.test("a rest that goes on is measured from where it would have ended", () => {
  const busy = machine({});
  const rests = unhindered(busy);
  for (let n = 0; n < 20; n++) rests.begin(); // the longest
  assertEquals(lastsMs(rests, busy, 100_000), 100_000);
  busy.idle = 2;
  assert(lastsMs(rests, busy, 100_000) <= 2 * checkedLookoutRestMs);
});

Deno.test("rests end at the same time in all processes, and are short again after looks that paid", () => {
  const free = machine({ idle: 2 });
  const rests = unhindered(free);
  for (const restMs of [16, 32, 64, 128]) {
    rests.begin();
    free.pass(3);
    lastsMs(rests, free, 1_000);
    assertEquals(free.nowMs % restMs, 0);
  }
  rests.shorten();
  rests.begin();
  assert(lastsMs(rests, free, 1_000) <= 1.5 * minLookoutRestMs);
});
