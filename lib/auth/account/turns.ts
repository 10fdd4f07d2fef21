/**
 * Work that is done one after another for each name.
 *
 * @module
 */

import { abortable } from "../../base/abort.ts";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";

/** The sign-ins of each account that wait for each other. */
export class Turns {
  /** By name; an entry ends with its last sign-in. */
  readonly #turns = new Map<string, { last: Promise<void>; waiting: number }>();

  /**
   * Does work once all work before it under the same name has ended.
   *
   * @param name The name.
   * @param signal Aborts when nobody waits for the work any more: what has not begun is dropped.
   * @param work The work.
   * @returns What the work gives.
   * @throws {DariError} `resource_exhausted` when too much waits already.
   * @throws The reason of the signal.
   */
  async take<T>(
    name: string,
    signal: AbortSignal | undefined,
    work: () => Promise<T>,
  ): Promise<T> {
    const turn = this.#turns.get(name) ?? { last: Promise.resolve(), waiting: 0 };
    if (turn.waiting > limits.maxAttemptsWaiting) {
      throw new DariError("resource_exhausted", "Too many sign-ins are waiting; try again later", {
        retryAfterMs: limits.derivationRetryMs,
      });
    }
    turn.waiting++;
    this.#turns.set(name, turn);
    const before = turn.last;
    const { promise, resolve } = Promise.withResolvers<void>();
    turn.last = promise;
    try {
      await abortable(before, signal);
      return await work();
    } finally {
      // One that left early still lets nobody overtake those before it.
      void before.then(resolve);
      if (--turn.waiting === 0) this.#turns.delete(name);
    }
  }
}
