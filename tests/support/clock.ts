import type { Clock } from "../../lib/base/clock.ts";

/** A clock that a test moves. */
export class TestClock implements Clock {
  #now: number;
  #monotonic = 0;

  constructor(now = Date.parse("2026-01-01T00:00:00Z")) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#monotonic;
  }

  /** Lets time pass. */
  advance(milliseconds: number): void {
    this.#now += milliseconds;
    this.#monotonic += milliseconds;
  }

  /** Sets the wall clock, as an administrator or NTP may; no time passes. */
  step(milliseconds: number): void {
    this.#now += milliseconds;
  }
}
