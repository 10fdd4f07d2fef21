/**
 * The clock of a server that follows the log.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import { type MessageClock, SteadyClock } from "../embedded/steady_clock.ts";
import type { BatchTime, OperationBatch } from "../operation/operation.ts";
import type { LogTime } from "./log_time.ts";

/**
 * The time of the log, and what has passed since a batch had it. All servers keep nearly the same time by
 * that, whatever their wall clocks say: those count where the log has stood still, and in each batch as one
 * of three.
 */
export class LogClock implements MessageClock {
  readonly #clock: Clock;
  readonly #own: SteadyClock;
  /** The time of leases at the zero of the machine's steady time: the most that a batch has shown. */
  #zeroMs: number;
  /** How far the wall time is ahead of that of leases. */
  #wallMs: number;
  /** Whether this server has written since it was started. The log may have stood still before. */
  #hasWritten = false;

  /**
   * @param clock The machine's time.
   * @param last The time at the last batch that was applied.
   */
  constructor(clock: Clock, last: LogTime) {
    this.#clock = clock;
    this.#own = new SteadyClock(clock);
    this.#zeroMs = last.now - clock.monotonic();
    this.#wallMs = last.today - last.now;
  }

  now(): number {
    const flowed = Math.round(this.#zeroMs + this.#clock.monotonic());
    return this.#hasWritten ? flowed : Math.max(flowed, this.#own.now());
  }

  today(): number {
    return this.#hasWritten ? this.now() + this.#wallMs : this.#own.today();
  }

  /**
   * Goes on from another file.
   *
   * @param last The time at the last batch that was applied to it.
   */
  reload(last: LogTime): void {
    this.#zeroMs = Math.max(this.#zeroMs, last.now - this.#clock.monotonic());
    this.#wallMs = last.today - last.now;
  }

  /** What is written into a batch. */
  time(): BatchTime {
    return { now: this.now(), today: Math.round(this.#clock.now()) };
  }

  /**
   * Follows a batch that was applied.
   *
   * @param batch The batch.
   * @param time The time that it got.
   * @param isOwn Whether this server wrote it.
   */
  follow(batch: Pick<OperationBatch, "now">, time: LogTime, isOwn: boolean): void {
    const zeroMs = time.now - this.#clock.monotonic();
    // A batch shows the time at which it was written, so its time is later here by its way; but where
    // the log did not believe this clock, it is wrong.
    const isRefused = isOwn && time.now < batch.now;
    this.#zeroMs = isRefused ? zeroMs : Math.max(this.#zeroMs, zeroMs);
    this.#wallMs = time.today - time.now;
    this.#hasWritten ||= isOwn;
  }
}
