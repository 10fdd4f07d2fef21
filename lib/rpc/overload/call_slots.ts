/**
 * A bound on the handlers that are at work in a server at once.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { QueueDelay, type QueueDelayTimes } from "./queue_delay.ts";
import { tooBusy } from "./turn_queue.ts";

/** The part of a call that its slot needs. */
export interface SlottedCall {
  /** Whether nobody waits for the call any more. */
  readonly isDone: boolean;
}

/** How long calls may wait. */
export interface SlotTimes extends QueueDelayTimes {
  /** Hears how long calls have waited that begin now, in milliseconds. */
  readonly onWaited?: ((waitedMs: number) => void) | undefined;
}

/** A call that waits for its slot. */
interface WaitingCall {
  readonly call: SlottedCall;
  readonly since: number;
  readonly begin: () => void;
  readonly refuse: (reason: DariError) => void;
}

/**
 * The slots of one server. Calls that find none wait in order; those that have waited for too long
 * while others did too are refused.
 */
export class CallSlots {
  readonly #times: QueueDelayTimes;
  readonly #monotonic: () => number;
  readonly #delay: QueueDelay;
  readonly #onWaited: ((waitedMs: number) => void) | undefined;
  readonly #waiting = new Set<WaitingCall>();
  #free: number;

  /**
   * @param count How many there are, 1 or more.
   * @param times How long calls may wait.
   * @param monotonic The clock, in milliseconds.
   * @throws {RangeError} For a count below 1.
   */
  constructor(
    count: number,
    times: SlotTimes,
    monotonic: () => number,
  ) {
    if (!(count >= 1)) throw new RangeError(`maxConcurrentCalls is ${count}; it must be 1 or more`);
    this.#free = count;
    this.#times = times;
    this.#monotonic = monotonic;
    this.#delay = new QueueDelay(times);
    this.#onWaited = times.onWaited;
  }

  /** How many calls wait for one. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * Runs a handler once it has a slot, which it has until it has returned.
   *
   * @param call The call. It gets no slot, and its handler never runs, once nobody waits for it.
   * @param handler The handler.
   * @returns What it returns; a promise where it had to wait.
   * @throws {DariError} As a rejection: `resource_exhausted` where the call has waited for too long.
   */
  run(call: SlottedCall, handler: () => unknown): unknown {
    if (this.#free > 0) {
      this.#free--;
      return this.#runInSlot(handler);
    }
    const waiting = new Promise<void>((begin, refuse) => {
      this.#waiting.add({ call, since: this.#monotonic(), begin, refuse });
    });
    return waiting.then(() => this.#runInSlot(handler));
  }

  #runInSlot(handler: () => unknown): unknown {
    let returned: unknown;
    try {
      returned = handler();
    } finally {
      if (!(returned instanceof Promise)) this.#leave();
    }
    return returned instanceof Promise ? returned.finally(() => this.#leave()) : returned;
  }

  /** Gives a slot back; the next call in line gets it. */
  #leave(): void {
    const now = this.#monotonic();
    for (const waiting of this.#waiting) {
      this.#waiting.delete(waiting);
      const { call, since, begin, refuse } = waiting;
      if (call.isDone) {
        refuse(nobodyWaits());
        continue;
      }
      this.#onWaited?.(now - since);
      if (!this.#delay.isLate(now - since, now)) return begin();
      refuse(tooBusy(now - since, this.#times));
    }
    this.#free++;
    this.#delay.emptied();
  }
}

function nobodyWaits(): DariError {
  return new DariError("cancelled", "Nobody waits for the call any more, so it was not run");
}
