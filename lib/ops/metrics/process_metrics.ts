/**
 * What the process and its threads take: memory, time of the processor, and how late timers come.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import { VERSION } from "../../base/version.ts";
import type { MetricsRegistry } from "./registry.ts";

/** Upper bounds for how late a timer comes, in seconds. */
const LATENESS_BUCKETS: readonly number[] = [
  .001,
  .0025,
  .005,
  .01,
  .025,
  .05,
  .1,
  .25,
  .5,
  1,
  5,
];

/** The name of how late the event loop is. */
export const EVENT_LOOP_DELAY = "dari.event_loop.delay";

/**
 * Registers what the whole process takes: once for all its threads.
 *
 * @param registry Where it is registered.
 * @param startedAtMs When the process began to serve, in milliseconds since the epoch.
 */
export function processMetrics(registry: MetricsRegistry, startedAtMs: number): void {
  registry.gauge({
    name: "dari.info",
    help: "The version of dari; always 1.",
    labels: ["version"],
  }).of(VERSION).set(1);
  registry.gauge({
    name: "process.start_time",
    help: "When the server began, in seconds since the epoch.",
    unit: "s",
  }).of().set(startedAtMs / 1_000);
  registry.observe("gauge", {
    name: "process.resident_memory",
    help: "Memory that the process has in use (RSS).",
    unit: "By",
  }, () => Deno.memoryUsage().rss);
  registry.observe("counter", {
    name: "process.cpu",
    help: "Time of the processor that the process has used.",
    unit: "s",
    labels: ["mode"],
  }, () => {
    const { user, system } = cpuTimes();
    return [[["user"], user / US], [["system"], system / US]] as const;
  });
}

/** Microseconds of a second. */
const US = 1e6;

/** In microseconds. Deno has it and does not declare it yet. */
function cpuTimes(): { readonly user: number; readonly system: number } {
  const { cpuUsage } = Deno as unknown as { cpuUsage(): { user: number; system: number } };
  return cpuUsage();
}

/** What {@linkcode watchEventLoop} works with. */
export interface EventLoopWatchOptions {
  /** How often it looks, in milliseconds. @default {100} */
  readonly periodMs?: number | undefined;
  /** Where the time comes from, in milliseconds. @default {performance.now} */
  readonly monotonic?: (() => number) | undefined;
}

/**
 * Measures how late timers of this thread come: so long does everything wait that comes meanwhile.
 *
 * @param registry Where it is registered.
 * @param options How often.
 * @returns Ends it.
 */
export function watchEventLoop(
  registry: MetricsRegistry,
  { periodMs = limits.eventLoopLookMs, monotonic = () => performance.now() }:
    EventLoopWatchOptions = {},
): Disposable {
  const delay = registry.histogram({
    name: EVENT_LOOP_DELAY,
    help: "How late timers came, looked at ten times a second in each thread.",
    unit: "s",
    bounds: LATENESS_BUCKETS,
  }).of();
  let dueAt = monotonic() + periodMs;
  const timer = setInterval(() => {
    const now = monotonic();
    delay.record(Math.max(0, now - dueAt) / 1_000);
    dueAt = now + periodMs;
  }, periodMs);
  Deno.unrefTimer(timer);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
