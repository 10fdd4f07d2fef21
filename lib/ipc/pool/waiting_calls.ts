/**
 * The calls of a pool that no worker can take yet.
 *
 * Invariant: settled calls are not among them.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import type { Call } from "./call.ts";

/** The calls in the order in which they were made. */
export class WaitingCalls implements Iterable<Call> {
  readonly #maxLength: number;
  readonly #calls = new Set<Call>();
  /** Resolvers of `drained()` that wait; called by `announceRoom`. */
  readonly #drained: (() => void)[] = [];

  /** @param maxLength How many calls may wait. */
  constructor(maxLength: number) {
    this.#maxLength = maxLength;
  }

  /** How many calls wait. */
  get size(): number {
    return this.#calls.size;
  }

  /** @throws {DariError} `resource_exhausted` where no more calls may wait. */
  checkRoom(): void {
    if (this.#calls.size < this.#maxLength) return;
    throw new DariError(
      "resource_exhausted",
      `${this.#calls.size} calls are already waiting for a worker; wait for drained()`,
    );
  }

  /** Adds a call behind the others. */
  add(call: Call): void {
    this.#calls.add(call);
  }

  /** Removes a call that is dispatched or settled. */
  delete(call: Call): void {
    this.#calls.delete(call);
  }

  /** Resolves once at most half of the calls that may wait do. */
  drained(): Promise<void> {
    if (this.#isDrained) return Promise.resolve();
    return new Promise((resolve) => this.#drained.push(resolve));
  }

  /** Resolves `drained()` where there is room now. */
  announceRoom(): void {
    if (this.#isDrained) { for (const resolve of this.#drained.splice(0)) resolve(); }
  }

  /** The calls, also while some are deleted. */
  [Symbol.iterator](): Iterator<Call> {
    return this.#calls.values();
  }

  get #isDrained(): boolean {
    return this.#calls.size <= this.#maxLength / 2;
  }
}
