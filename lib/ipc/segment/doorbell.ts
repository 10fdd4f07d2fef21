/**
 * A socket as a doorbell: a byte wakes the process at its other end.
 *
 * @module
 */

import { after } from "../../base/abort.ts";
import { limits } from "../../base/limits.ts";
import type { Spin, Waking } from "../wait/event.ts";
import { SpinHistory } from "../wait/spin.ts";
import { Crowd } from "./crowd.ts";
import { Answer, Lookout, type Sleeper } from "./lookout.ts";

/** Those of this thread. */
const lookout = new Lookout();
const crowd = new Crowd();

/** Whether looking does not pay for this thread now: then its connections gain nothing by memory. */
export function isAtRest(): boolean {
  return crowd.isThere || lookout.isResting;
}

/** Wakes the other process, and whoever sleeps in this one. */
export class Doorbell implements Waking, Sleeper {
  readonly spinsForLate = true;
  /** What this side has read, and may answer before it waits. */
  readonly answer: Answer = new Answer(lookout);
  readonly #ring: () => void;
  readonly #leaves: boolean;
  /** Resolved by the next ring; there while somebody sleeps. */
  #next: PromiseWithResolvers<void> | undefined;
  /** Where the reader sleeps, and the value of that word then. */
  #words: Int32Array | undefined;
  #index = 0;
  #seen = 0;
  /** The place of its last read among those of all connections. */
  #lastRead = 0;

  /**
   * @param ring Writes a byte to the socket.
   * @param leaves Whether it is this side that leaves a core which both share.
   */
  constructor(ring: () => void, leaves: boolean) {
    this.#ring = ring;
    this.#leaves = leaves;
  }

  spin(): Spin {
    const history = new SpinHistory(limits.segmentSpinSkips);
    return {
      isDue: () => !isAtRest() && (lookout.isLooking || history.isDue()),
      spin: (ready) => {
        if (isAtRest()) return false;
        if (lookout.isLooking) return lookout.look(ready, this.#leaves);
        return history.isDue() && lookout.look(ready, this.#leaves, history);
      },
      spinSync: () => false, // bytes of a connection are waited for by promises alone
    };
  }

  sleep(words: Int32Array, index: number, seen: number, ms: number): Promise<void> | undefined {
    if (Atomics.load(words, index) !== seen) return undefined;
    this.#next ??= Promise.withResolvers<void>();
    const { promise } = this.#next;
    if (ms === Infinity) {
      this.#words = words;
      this.#index = index;
      this.#seen = seen;
      lookout.sleeps(this);
      return promise;
    }
    const late = Promise.withResolvers<void>();
    const forget = after(ms, late.resolve, { persistent: false });
    return Promise.race([promise, late.promise]).finally(forget);
  }

  /** This side has read something, from the socket or the memory. */
  hasRead(): void {
    this.#lastRead = crowd.read(this.#lastRead);
  }

  wake(): void {
    this.#ring();
  }

  get isCalled(): boolean {
    // Memory that was released reads as empty.
    return this.#words !== undefined && this.#words[this.#index] !== this.#seen;
  }

  /** The other process has rung, or is gone: everyone who sleeps looks again. */
  rang(): void {
    this.#words = undefined;
    lookout.wakes(this);
    this.#next?.resolve();
    this.#next = undefined;
  }
}
