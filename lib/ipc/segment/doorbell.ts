/**
 * A socket as a doorbell: a byte wakes the process at its other end.
 *
 * @module
 */

import { after } from "../../base/abort.ts";
import { limits } from "../../base/limits.ts";
import type { Spin, Waking } from "../wait/event.ts";
import { SpinHistory } from "../wait/spin.ts";
import { Lookout } from "./lookout.ts";

/** That of this thread. */
const lookout = new Lookout();

/** Wakes the other process, and whoever sleeps in this one. */
export class Doorbell implements Waking {
  readonly spinsForLate = true;
  readonly #ring: () => void;
  readonly #settle: () => Promise<void>;
  readonly #leaves: boolean;
  /** Resolved by the next ring; there while somebody sleeps. */
  #next: PromiseWithResolvers<void> | undefined;

  /**
   * @param ring Writes a byte to the socket.
   * @param settle Lets this side do what the other one waits for, before this side waits.
   * @param leaves Whether it is this side that leaves a core which both share.
   */
  constructor(ring: () => void, settle: () => Promise<void>, leaves: boolean) {
    this.#ring = ring;
    this.#settle = settle;
    this.#leaves = leaves;
  }

  spin(): Spin {
    const history = new SpinHistory(limits.segmentSpinSkips);
    return {
      spin: (ready) => {
        if (lookout.isResting) return false;
        if (lookout.isLooking) return this.#look(ready);
        return history.isDue() && this.#look(ready).then((isFound) => history.learn(isFound));
      },
      spinSync: () => false, // bytes of a connection are waited for by promises alone
    };
  }

  async #look(ready: () => boolean): Promise<boolean> {
    await this.#settle();
    return ready() || await lookout.look(ready, this.#leaves);
  }

  sleep(words: Int32Array, index: number, seen: number, ms: number): Promise<void> | undefined {
    if (Atomics.load(words, index) !== seen) return undefined;
    this.#next ??= Promise.withResolvers<void>();
    const { promise } = this.#next;
    if (ms === Infinity) return promise;
    const late = Promise.withResolvers<void>();
    const forget = after(ms, late.resolve, { persistent: false });
    return Promise.race([promise, late.promise]).finally(forget);
  }

  wake(): void {
    this.#ring();
  }

  /** The other process has rung, or is gone: everyone who sleeps looks again. */
  rang(): void {
    this.#next?.resolve();
    this.#next = undefined;
  }
}
