/**
 * Whether a reader sleeps so often without a look that it should be sent to over its socket.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";

/** Counts waits, and says when the other end should know of a change. */
export class SleepCount {
  readonly #tell: (isAsleep: boolean) => void;
  #sleeps = 0;
  #isAsleep = false;

  /** @param tell Called with each change. */
  constructor(tell: (isAsleep: boolean) => void) {
    this.#tell = tell;
  }

  /** A wait begins, with a look or without one. */
  waits(looks: boolean): void {
    this.#sleeps = looks ? 0 : this.#sleeps + 1;
    const isAsleep = this.#sleeps >= limits.sleepsBeforeSocket;
    if (isAsleep === this.#isAsleep) return;
    this.#isAsleep = isAsleep;
    this.#tell(isAsleep);
  }
}
