import { assert, assertEquals } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { processMetrics, watchEventLoop } from "../../../lib/ops/metrics/process_metrics.ts";
import { MetricsRegistry } from "../../../lib/ops/metrics/registry.ts";
import { FakeTimers } from "../../support/fake_timers.ts";

Deno.test("the process tells its memory, its time of the processor and when it began", () => {
  const registry = new MetricsRegistry();
  processMetrics(registry, 5_000);
  const value = (name: string) =>
    registry.collect().find((one) => one.name === name)?.series.map(({ value }) => value) ?? [];
  assertEquals(value("process.start_time"), [5]);
  assert(value("process.resident_memory")[0]! > 1_000_000);
  const [user = 0, system = -1] = value("process.cpu");
  assert(user > 0 && user < 10_000 && system >= 0);
});

Deno.test("how late timers come is recorded ten times a second", () => {
  using timers = new FakeTimers();
  const registry = new MetricsRegistry();
  let now = 0;
  {
    using _ = watchEventLoop(registry, { monotonic: () => now });
    now = limits.eventLoopLookMs;
    timers.advance(limits.eventLoopLookMs);
    now += limits.eventLoopLookMs + 30; // a handler that took 30 ms
    timers.advance(limits.eventLoopLookMs);
  }
  timers.advance(10_000);
  const [{ bounds = [], series = [] } = {}] = registry.collect();
  assertEquals([series[0]?.value, Math.round(series[0]!.sum! * 1_000)], [2, 30]);
  const late = series[0]?.counts?.lastIndexOf(1) ?? -1;
  assertEquals([bounds[late - 1], bounds[late]], [.025, .05]);
});
