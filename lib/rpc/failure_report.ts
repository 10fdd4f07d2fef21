/**
 * The observer of a server that was given none: nobody would hear of what its handlers throw.
 *
 * @module
 */

import { limits } from "../base/limits.ts";
import type { CallRecord, Observer } from "./observer.ts";

const { failureReportIntervalMs: INTERVAL, maxFailureReports: MAX_REPORTS } = limits;

/** Writes what handlers throw, and no more of it than somebody can read. */
export class FailureReport implements Observer {
  readonly #monotonic: () => number;
  readonly #write: (line: string) => void;
  #intervalEndsAt = -Infinity;
  #written = 0;
  #dropped = 0;

  /**
   * @param monotonic The clock, in milliseconds.
   * @param write Takes a line; by default it goes to `console.error`.
   */
  constructor(
    monotonic: () => number,
    write: (line: string) => void = (line) => console.error(line),
  ) {
    this.#monotonic = monotonic;
    this.#write = write;
  }

  handlerFailed({ method }: CallRecord, error: unknown): void {
    const now = this.#monotonic();
    if (now >= this.#intervalEndsAt) {
      const dropped = this.#dropped;
      this.#intervalEndsAt = now + INTERVAL;
      this.#written = this.#dropped = 0;
      if (dropped > 0) this.#write(`${dropped} more calls failed and were not written`);
    }
    if (this.#written >= MAX_REPORTS) {
      this.#dropped++;
      return;
    }
    this.#written++;
    this.#write(`"${method}" failed: ${textOf(error)}`);
  }
}

/** What was thrown may be anything, also something that throws when it is looked at. */
function textOf(error: unknown): string {
  try {
    return error instanceof Error ? error.stack ?? error.message : String(error);
  } catch {
    return "what it threw cannot be written";
  }
}
