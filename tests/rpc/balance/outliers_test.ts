import { assertEquals, assertThrows } from "@std/assert";
import { RpcError, TransportError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import type { OutlierOptions } from "../../../lib/rpc/balance/balance_options.ts";
import { Outliers } from "../../../lib/rpc/balance/outliers.ts";
import { FakeTimers } from "../../support/fake_timers.ts";

const failure = new RpcError("unavailable", "busy");

function setUp(count: number, options: OutlierOptions = {}) {
  const timers = new FakeTimers();
  let changes = 0;
  const outliers = new Outliers(options, { monotonic: () => timers.now }, () => changes++);
  const standings = Array.from({ length: count }, () => outliers.join());
  const fail = (index: number, times: number, error: unknown = failure) => {
    for (let n = 0; n < times; n++) outliers.failed(standings[index]!, error, 1);
  };
  const answer = (index: number, tookMs: number, times: number = limits.minLatencySamples) => {
    for (let n = 0; n < times; n++) outliers.succeeded(standings[index]!, tookMs);
  };
  return {
    timers,
    outliers,
    standings,
    fail,
    answer,
    aside: () => standings.map(({ isSetAside }) => isSetAside),
    changes: () => changes,
    [Symbol.dispose]: () => timers[Symbol.dispose](),
  };
}

Deno.test("a server is set aside after so many errors in a row, and taken back after a time", () => {
  using test = setUp(3, { consecutiveErrors: 3, baseEjectionTimeMs: 100 });
  test.fail(0, 2);
  test.answer(0, 1, 1);
  test.fail(0, 2);
  assertEquals(test.aside(), [false, false, false]);
  test.fail(0, 1);
  assertEquals([test.aside(), test.changes()], [[true, false, false], 1]);
  test.timers.advance(99);
  assertEquals(test.aside(), [true, false, false]);
  test.timers.advance(1);
  assertEquals([test.aside(), test.changes()], [[false, false, false], 2]);
});

Deno.test("the time grows each time, up to its bound, and shrinks while the server is well", () => {
  using test = setUp(2, {
    consecutiveErrors: 1,
    baseEjectionTimeMs: 100,
    maxEjectionTimeMs: 250,
  });
  const asideMs = () => {
    test.fail(0, 1);
    const begin = test.timers.now;
    while (test.standings[0]!.isSetAside) test.timers.advance(1);
    return test.timers.now - begin;
  };
  assertEquals([asideMs(), asideMs(), asideMs(), asideMs()], [100, 200, 250, 250]);
  test.timers.advance(1_000);
  assertEquals(asideMs(), 100);
});

Deno.test("no more servers are set aside than the part that may be, and never the last", () => {
  const cases: [servers: number, percent: number, aside: number][] = [
    [4, 50, 2],
    [3, 50, 1],
    [2, 50, 1],
    [2, 100, 1],
    [4, 100, 3],
    [3, 10, 0],
    [1, 100, 0],
  ];
  for (const [count, maxEjectionPercent, expected] of cases) {
    using test = setUp(count, { consecutiveErrors: 1, maxEjectionPercent });
    for (let n = 0; n < count; n++) test.fail(n, 1);
    assertEquals(test.aside().filter(Boolean).length, expected, `${count} ${maxEjectionPercent}`);
  }
});

Deno.test("only errors count that say something of the server", () => {
  using test = setUp(2, { consecutiveErrors: 1 });
  for (const code of ["invalid_params", "not_found", "permission_denied", "cancelled"] as const) {
    test.fail(0, 1, new RpcError(code, ""));
  }
  test.fail(0, 1, new Error("of the program"));
  assertEquals(test.aside(), [false, false]);
  for (const code of ["internal", "resource_exhausted", "deadline_exceeded"] as const) {
    using other = setUp(2, { consecutiveErrors: 1 });
    other.fail(0, 1, new RpcError(code, ""));
    assertEquals(other.aside(), [true, false], code);
  }
});

Deno.test("a connection that breaks counts as one error, however many calls it took with it", () => {
  using test = setUp(2, { consecutiveErrors: 2 });
  test.fail(1, 100, new TransportError("unavailable", "The connection ended"));
  assertEquals(test.aside(), [false, false]);
  test.outliers.broke(test.standings[1]!);
  test.outliers.broke(test.standings[1]!);
  assertEquals(test.aside(), [false, true]);
});

Deno.test("a server is set aside that is slow beyond the others, and only then", () => {
  using test = setUp(3, { slowRatio: 5, minSlowMs: 100 });
  test.answer(0, 400), test.answer(1, 90), test.answer(2, 90);
  assertEquals(test.aside(), [false, false, false]); // not five times as slow
  test.answer(0, 1_000, 20);
  assertEquals(test.aside(), [true, false, false]);

  using allSlow = setUp(3, { slowRatio: 5, minSlowMs: 100 });
  for (let n = 0; n < 3; n++) allSlow.answer(n, 900, 30);
  assertEquals(allSlow.aside(), [false, false, false]);

  using quick = setUp(3, { slowRatio: 5, minSlowMs: 100 });
  quick.answer(1, 1), quick.answer(2, 1), quick.answer(0, 99);
  assertEquals(quick.aside(), [false, false, false]);

  using usual = setUp(2);
  usual.answer(1, limits.minSlowMs);
  usual.answer(0, limits.minSlowMs * limits.slowServerRatio);
  assertEquals(usual.aside(), [false, false]);
  usual.answer(0, limits.minSlowMs * limits.slowServerRatio + 1, 500);
  assertEquals(usual.aside(), [true, false]);

  using never = setUp(2, { slowRatio: Infinity });
  never.answer(1, 1), never.answer(0, 60_000, 50);
  assertEquals(never.aside(), [false, false]);
});

Deno.test("a few slow calls among others, and streams, set no server aside", () => {
  using test = setUp(2);
  test.answer(1, 1);
  test.answer(0, 10_000, limits.minLatencySamples - 1);
  for (let n = 0; n < 100; n++) test.outliers.succeeded(test.standings[0]!, undefined);
  assertEquals(test.aside(), [false, false]);
});

Deno.test("a server that leaves is not compared any more, and its timer ends", () => {
  using test = setUp(2, { consecutiveErrors: 1 });
  test.fail(0, 1);
  assertEquals(test.timers.count, 1);
  test.outliers.leave(test.standings[0]!);
  assertEquals(test.timers.count, 0);
  test.fail(1, 10);
  assertEquals(test.standings[1]!.isSetAside, false);
});

Deno.test("numbers that cannot be used are refused by their name", () => {
  const make = (options: OutlierOptions) => new Outliers(options, { monotonic: () => 0 }, () => {});
  for (const name of ["consecutiveErrors", "baseEjectionTimeMs", "slowRatio"]) {
    for (const value of [0, -1, NaN]) {
      assertThrows(() => make({ [name]: value }), RangeError, `${name} is ${value}`);
    }
  }
  assertThrows(() => make({ maxEjectionPercent: 101 }), RangeError, "at most 100");
});
