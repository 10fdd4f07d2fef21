import { assertEquals } from "@std/assert";
import { TransportError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import type { Targets, TargetSource } from "../../../lib/rpc/balance/target.ts";
import { TargetWatch } from "../../../lib/rpc/balance/target_watch.ts";
import { Backoff } from "../../../lib/rpc/link/backoff.ts";
import { memoryPair } from "../../../lib/transport/memory.ts";
import { FakeTimers } from "../../support/fake_timers.ts";

const dial = () => Promise.resolve(memoryPair()[0]);
const named = (addresses: readonly string[], ttlMs = Infinity): Targets => ({
  targets: addresses.map((address) => ({ address, dial })),
  ttlMs,
});

/** Lets promises settle; no timer runs meanwhile. */
async function settled() {
  for (let n = 0; n < 100; n++) await Promise.resolve();
}

function setUp(resolve: TargetSource["resolve"], isFixed = false) {
  const timers = new FakeTimers();
  const told: unknown[] = [];
  const watch = new TargetWatch({ isFixed, resolve }, {
    found: (targets) => told.push(targets.map(({ address }) => address)),
    failed: ({ message }) => told.push(message),
  }, {
    timeoutMs: 10_000,
    backoff: new Backoff({}, () => 0.5),
    clock: { monotonic: () => timers.now, now: () => timers.now },
  });
  return { timers, told, watch, [Symbol.dispose]: () => timers[Symbol.dispose]() };
}

Deno.test("TargetWatch asks again when the answer has grown old, within its bounds", async () => {
  const cases: [ttlMs: number, againMs: number][] = [
    [20_000, 20_000],
    [0, limits.minResolveTtlMs],
    [-1, limits.minResolveTtlMs],
    [1e308, limits.maxResolveIntervalMs],
    [Infinity, limits.maxResolveIntervalMs],
    [NaN, limits.resolveIntervalMs],
  ];
  for (const [ttlMs, againMs] of cases) {
    let asked = 0;
    using test = setUp(() => Promise.resolve(named([`${++asked}`], ttlMs)));
    test.watch.refresh();
    await settled();
    test.timers.advance(againMs - 1);
    await settled();
    assertEquals(asked, 1, `${ttlMs}`);
    test.timers.advance(1);
    await settled();
    assertEquals(test.told, [["1"], ["2"]]);
  }
});

Deno.test("TargetWatch asks no more for what never changes", async () => {
  let asked = 0;
  using test = setUp(() => Promise.resolve(named([`${++asked}`])), true);
  test.watch.refresh();
  await settled();
  test.timers.advance(limits.maxResolveIntervalMs);
  test.watch.refresh();
  await settled();
  assertEquals([asked, test.timers.count], [1, 0]);
});

Deno.test("TargetWatch asks on failures at once, and not more often than its least time", async () => {
  let asked = 0;
  using test = setUp(() => Promise.resolve(named([`${++asked}`], 60_000)));
  for (let n = 0; n < 10; n++) test.watch.refresh();
  await settled();
  for (let n = 0; n < 10; n++) test.watch.refresh();
  await settled();
  assertEquals(asked, 1);
  test.timers.advance(limits.minResolveIntervalMs);
  await settled();
  assertEquals(asked, 2);
});

Deno.test("TargetWatch tells that a resolver throws, names nothing or never answers, and asks again", async () => {
  const answers: (() => Promise<Targets>)[] = [
    () => {
      throw new Error("it throws");
    },
    () => Promise.reject(new TransportError("unavailable", "it rejects")),
    () => Promise.reject("text"),
    () => Promise.resolve(named([])),
    () => new Promise(() => {}),
    () => Promise.resolve(named(["a"])),
  ];
  const signals: AbortSignal[] = [];
  using test = setUp((signal) => {
    signals.push(signal);
    return answers.shift()!();
  });
  test.watch.refresh();
  while (answers.length > 0) {
    await settled();
    test.timers.advance(10_000);
  }
  await settled();
  assertEquals(test.told, [
    "it throws",
    "it rejects",
    "text",
    "No server was named",
    "Which servers there are was not answered within 10000 ms",
    ["a"],
  ]);
  assertEquals(signals.every(({ aborted }) => aborted), true);
});

Deno.test("TargetWatch takes each address once, and no more than a client connects to", async () => {
  const same = Array.from({ length: 1_000 }, () => "a");
  const many = Array.from({ length: 1_000 }, (_, n) => `${n}`);
  using once = setUp(() => Promise.resolve(named([...same, "b", ...same])));
  once.watch.refresh();
  await settled();
  assertEquals(once.told, [["a", "b"]]);
  using bounded = setUp(() => Promise.resolve(named(many)));
  bounded.watch.refresh();
  await settled();
  assertEquals(bounded.told, [many.slice(0, limits.maxServers)]);
});

Deno.test("TargetWatch tells nothing and asks nothing once it is closed", async () => {
  const { promise, resolve } = Promise.withResolvers<Targets>();
  using test = setUp(() => promise);
  test.watch.refresh();
  assertEquals(test.watch.isAsking, true);
  test.watch.close();
  resolve(named(["late"], 1));
  await settled();
  test.watch.refresh();
  await settled();
  assertEquals([test.told, test.timers.count], [[], 0]);
});
