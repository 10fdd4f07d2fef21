import { assertEquals, assertRejects } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { History } from "../../../lib/ops/history/history.ts";
import { CallMetrics } from "../../../lib/ops/metrics/call_metrics.ts";
import { MetricsRegistry } from "../../../lib/ops/metrics/registry.ts";

const call = { method: "add", durationMs: 2, errorCode: undefined, bytesIn: 10, bytesOut: 5 };

function testHistory(steps?: number) {
  const registry = new MetricsRegistry();
  const calls = new CallMetrics(registry);
  let nowMs = 1_000;
  const history = new History(registry, { now: () => nowMs, ...(steps && { steps }) });
  return {
    history,
    /** Lets two seconds pass with so many calls. */
    step(count: number, method = "add") {
      for (let n = 0; n < count; n++) calls.callEnded({ ...call, method });
      nowMs += 2_000;
      history.look();
    },
  };
}

Deno.test("watch() gives what is kept, and then each sample as it comes", async () => {
  const { history, step } = testHistory();
  assertEquals(history.latest, undefined);
  history.look();
  step(4);
  step(8);
  assertEquals(history.latest?.callsPerSecond, 4);
  const { signal } = new AbortController();
  const watching = history.watch(signal);
  const first = (await watching.next()).value!;
  assertEquals(first.samples.map((each) => each.callsPerSecond), [2, 4]);
  assertEquals(first.methods.map(({ method, perSecond }) => [method, perSecond]), [["add", 4]]);
  const next = watching.next();
  step(2);
  assertEquals((await next).value!.samples.map((each) => each.callsPerSecond), [1]);
  step(6);
  step(10); // a slow reader gets both together
  const both = (await watching.next()).value!;
  assertEquals(both.samples.map((each) => each.callsPerSecond), [3, 5]);
  await watching.return();
});

Deno.test("watch() of a server that has just begun says so at once", async () => {
  const { history } = testHistory();
  const abort = new AbortController();
  const watching = history.watch(abort.signal);
  assertEquals((await watching.next()).value!.samples, []);
  const next = watching.next();
  abort.abort(new Error("enough"));
  await assertRejects(() => next, Error, "enough");
});

Deno.test("a history keeps so many samples and methods, and no more", async () => {
  const { history, step } = testHistory(3);
  history.look();
  for (let n = 0; n < 5; n++) step(n * 2);
  for (let n = 0; n <= limits.maxHistoryMethods; n++) step(1, `m${n}`);
  const { value } = await history.watch(new AbortController().signal).next();
  assertEquals(value!.samples.length, 3);
  const other = new MetricsRegistry();
  const calls = new CallMetrics(other);
  let now = 0;
  const many = new History(other, { now: () => now += 1_000 });
  many.look();
  for (let n = 0; n <= limits.maxHistoryMethods; n++) calls.callEnded({ ...call, method: `m${n}` });
  many.look();
  const { value: newest } = await many.watch(new AbortController().signal).next();
  assertEquals(newest!.methods.length, limits.maxHistoryMethods);
});

Deno.test("a history keeps a quarter of an hour", () => {
  assertEquals(limits.historySteps * limits.historyStepMs, 15 * 60_000);
});
