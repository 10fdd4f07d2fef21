import { assertEquals } from "@std/assert";
import { effectsOf } from "../../../scripts/faults/effects.ts";
import { judge } from "../../../scripts/faults/judge.ts";
import { columns, rowOf, shortfalls } from "../../../scripts/faults/table.ts";

/** A call each 10 ms from 0; the fault lasts from 100 to 200. */
const times = { faultAt: 100, healedAt: 200 };
const record = {
  begunAt: 0,
  rate: 100,
  tookMs: Array.from({ length: 30 }, (_, n) => n === 12 ? 400 : 1),
  failed: [[14, "unavailable"], [15, "unavailable"], [16, "late"]] as const,
};
const lines = (numbers: number[]) => numbers.map((n) => `${n}\n`).join("");
const once = Array.from({ length: 30 }, (_, n) => n);

Deno.test("effectsOf() counts what ran on all servers together", () => {
  const { runs, retried } = effectsOf(["1\n2\n", "", "2r\n3r\n"]);
  assertEquals([...runs], [[1, 1], [2, 2], [3, 1]]);
  assertEquals(retried, 2);
});

Deno.test("judge() tells lost calls from others, and finds those that ran twice or not at all", () => {
  const ran = once.filter((n) => n !== 15 && n !== 20);
  const verdict = judge(record, effectsOf([lines(ran), lines([12, 13])]), times);
  const { calls, lost, failed, ranTwice, untrue } = verdict;
  assertEquals({ calls, lost, failed, ranTwice, untrue }, {
    calls: 30,
    lost: 2,
    failed: 1,
    ranTwice: 1, // 12 may run twice
    untrue: 1, // 20 was answered
  });
  assertEquals(verdict.reasons, [
    "1 × put: unavailable",
    "1 × add: unavailable",
    "1 × put: late",
  ]);
});

Deno.test("judge() measures recovery up to the last idempotent call that failed or took long", () => {
  const effects = effectsOf([lines(once)]);
  assertEquals(judge(record, effects, times).recoveryMs, 420); // call 12: due at 120, took 400
  const none = { ...record, failed: [], tookMs: record.tookMs.map(() => 1) };
  assertEquals(judge(none, effects, times).recoveryMs, 0);
  // What is slow before the fault, or behind it, is not the fault's.
  const elsewhere = { ...none, tookMs: none.tookMs.map((_, n) => n === 20 ? 900 : 1) };
  assertEquals(judge(elsewhere, effects, times).recoveryMs, 0);
  const failing = { ...none, failed: [[16, "late"]] as const };
  assertEquals(judge(failing, effects, times).recoveryMs, 61);
});

Deno.test("judge() takes the share of retries from the client, or else from the servers", () => {
  const effects = effectsOf([lines(once), "3r\n"]);
  assertEquals(judge(record, effects, times).retries, 1 / 30);
  assertEquals(judge({ ...record, retries: 6 }, effects, times).retries, 0.2);
});

Deno.test("shortfalls() names what a round falls short of, and why calls failed", () => {
  const verdict = judge(record, effectsOf([lines(once)]), times);
  assertEquals(rowOf({ name: "killed" }, { name: "dari" }, verdict).length, columns.length);
  assertEquals(
    shortfalls({ name: "killed" }, verdict)[0],
    "killed: lost is 2, at most 0 is wanted",
  );
  assertEquals(shortfalls({ name: "killed" }, verdict).length, 4);
  const well = judge(
    { ...record, failed: record.failed.slice(1, 2) },
    effectsOf([lines(once)]),
    times,
  );
  assertEquals(shortfalls({ name: "killed" }, well), []);
  assertEquals(shortfalls({ name: "rolling restart", isOrderly: true }, well), [
    "rolling restart: failed is 1, at most 0 is wanted",
    "  1 × add: unavailable",
  ]);
});
