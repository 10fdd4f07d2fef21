/**
 * Puts the jobs of schedules when their times come.
 *
 * @module
 */

import { after, delay } from "../../../base/abort.ts";
import { limits } from "../../../base/limits.ts";
import { turn } from "../../../base/turn.ts";
import type { EmbeddedParts } from "../parts.ts";
import type { Spread } from "../../operation/spread.ts";
import {
  aheadSchedules,
  type DueSchedule,
  dueSchedules,
  nextScheduleAt,
  type ScheduleRow,
  type WrittenSchedule,
} from "../tables/schedules.ts";
import { type CronTimes, loadCronTimes, noCronTimes } from "../../schedule/cron_times.ts";
import { dueTimes } from "../../schedule/due_times.ts";
import type { Timing } from "../../schedule/timing.ts";
import { type JobMethod, queueSettingsOf } from "../../job/job_settings.ts";

/** What a {@linkcode Scheduler} works with. */
export interface SchedulerParts
  extends Pick<EmbeddedParts, "store" | "writer" | "name" | "clock" | "pollMs" | "newSpread"> {
  /** The methods that are jobs. */
  readonly methods: ReadonlyMap<string, JobMethod>;
  /** The schedules that they declare. */
  readonly declared: readonly WrittenSchedule[];
  /** Hears of jobs that could not be put. */
  readonly tell: (line: string) => void;
}

/**
 * Puts the jobs of schedules whose times have come by the wall clock. What is due is written with its
 * next time in one transaction, so of all threads and processes of a store one runs it.
 */
export class Scheduler implements AsyncDisposable {
  readonly #parts: SchedulerParts;
  readonly #names: readonly string[];
  readonly #stop = new AbortController();
  readonly #spread: Spread;
  #cronTimes = noCronTimes;
  /** Wall time at the zero of the steady time, when this looked last. */
  #zeroMs = Infinity;
  #wake = () => {};
  #isDeclared = false;
  /** Why schedules cannot be run, which is told once. */
  #toldReason: string | undefined;
  #running: Promise<void> | undefined;

  /** @param parts The store and the methods. */
  constructor(parts: SchedulerParts) {
    this.#parts = parts;
    this.#names = [...parts.methods.keys()];
    this.#spread = parts.newSpread();
  }

  /** Puts jobs until this is disposed. */
  start(): void {
    this.#running ??= this.#runAll();
  }

  /** Looks again: schedules have changed. */
  look(): void {
    this.#wake();
  }

  /** Puts the jobs of all times that have come. */
  async runDue(): Promise<void> {
    const { store, clock } = this.#parts;
    await this.#declare();
    const zeroMs = clock.now() - clock.monotonic();
    if (zeroMs < this.#zeroMs - limits.clockStepMs) {
      const nowMs = clock.now();
      await this.#carryOut(await store.query((sql) => aheadSchedules(sql, this.#names, nowMs)));
    }
    this.#zeroMs = zeroMs;
    for (;;) {
      const nowMs = clock.now();
      const rows = await store.query((sql) => dueSchedules(sql, this.#names, nowMs));
      await this.#carryOut(rows);
      if (rows.length < limits.maxSchedulesAtOnce) return;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    this.#wake();
    await this.#running;
  }

  /** A full disk or a busy store is over some time. */
  async #runAll(): Promise<void> {
    const { signal } = this.#stop;
    const { clock, store, methods, tell, pollMs } = this.#parts;
    const longestMs = pollMs * limits.pollsPerScheduleLook;
    while (!signal.aborted) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      try {
        await this.runDue();
        const nextAt = await store.query((sql) =>
          nextScheduleAt(sql, (method) => methods.has(method))
        );
        const dueInMs = Math.max(0, nextAt - clock.now()) + this.#spread.pauseMs();
        const pauseMs = Math.min(longestMs, dueInMs);
        const forget = after(pauseMs, resolve);
        this.#toldReason = undefined;
        if (!signal.aborted) await promise;
        forget();
      } catch (error) {
        if (signal.aborted) return;
        const reason = error instanceof Error ? error.message : String(error);
        if (reason !== this.#toldReason) tell(`Schedules cannot be run: ${reason}`);
        this.#toldReason = reason;
        await delay(limits.workerRetryMs, { signal }).catch(() => {});
      }
    }
  }

  async #declare(): Promise<void> {
    if (this.#isDeclared) return;
    const { writer, name, declared } = this.#parts;
    await writer.write("schedule.declare", name, { methods: this.#names, declared });
    this.#isDeclared = true;
  }

  async #carryOut(rows: readonly ScheduleRow[]): Promise<void> {
    const cronTimes = rows.length === 0 ? noCronTimes : await this.#cron(rows);
    const { clock, writer, name, methods, tell } = this.#parts;
    const due: DueSchedule[] = [];
    for (const { id, method, timing, from_at: fromAt } of rows) {
      const times = dueTimes(JSON.parse(timing) as Timing, cronTimes, fromAt, clock.now());
      const settings = queueSettingsOf(methods.get(method)?.job);
      due.push({ schedule: id, fromAt, timing, times, settings });
      await turn(); // reading a pattern takes a while, and others are served
    }
    for (let at = 0; at < due.length; at += limits.maxSchedulesAtOnce) {
      const some = due.slice(at, at + limits.maxSchedulesAtOnce);
      const { count, failures } = await writer.write("schedule.run", name, { due: some });
      this.#spread.note(count > 0);
      failures.forEach(tell);
    }
  }

  /** Loaded for the first schedule that has a pattern. */
  async #cron(rows: readonly ScheduleRow[]): Promise<CronTimes> {
    if (
      this.#cronTimes === noCronTimes && rows.some(({ timing }) => "cron" in JSON.parse(timing))
    ) {
      this.#cronTimes = await loadCronTimes();
    }
    return this.#cronTimes;
  }
}
