/**
 * Finds clients that take nothing of what waits for them.
 *
 * @module
 */

import { sharedAfter } from "../../base/shared_after.ts";

/** The part of a connection that is looked at. */
export interface WrittenConnection {
  /** How many bytes wait for the client. */
  readonly writableLength: number;
  /** How many bytes the system has taken. */
  readonly bytesWritten: number;
  /** Cuts the connection. */
  destroy(): void;
}

const NOTHING_WAITS = -1;

/**
 * Looks at all connections of an engine from time to time, and cuts those whose clients have taken
 * nothing between two looks. A timer for each reply would cost a small call a twelfth of its time.
 */
export class StalledClients {
  readonly #everyMs: number;
  readonly #schedule: typeof sharedAfter;
  /** What had been taken of each at the last look, while something waited. */
  readonly #taken = new Map<WrittenConnection, number>();
  /** Ends the timer, which runs while there are connections. */
  #forgetTimer: (() => void) | undefined;

  /**
   * @param everyMs The time between two looks, in milliseconds.
   * @param schedule Calls back once after a time.
   */
  constructor(everyMs: number, schedule: typeof sharedAfter = sharedAfter) {
    this.#everyMs = everyMs;
    this.#schedule = schedule;
  }

  /** Looks at a connection from now on. */
  add(connection: WrittenConnection): void {
    this.#taken.set(connection, NOTHING_WAITS);
    this.#forgetTimer ??= this.#schedule(this.#everyMs, () => this.#again());
  }

  /** Looks at a connection no more. */
  delete(connection: WrittenConnection): void {
    this.#taken.delete(connection);
    if (this.#taken.size > 0) return;
    this.#forgetTimer?.();
    this.#forgetTimer = undefined;
  }

  #again(): void {
    for (const [connection, taken] of this.#taken) {
      const { writableLength, bytesWritten } = connection;
      const now = writableLength > 0 ? bytesWritten : NOTHING_WAITS;
      this.#taken.set(connection, now);
      if (now === taken && now !== NOTHING_WAITS) connection.destroy();
    }
    this.#forgetTimer = this.#taken.size > 0
      ? this.#schedule(this.#everyMs, () => this.#again())
      : undefined;
  }
}
