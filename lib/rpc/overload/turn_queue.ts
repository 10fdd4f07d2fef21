/**
 * The thread of a server, shared between its connections: one with more to do than fits into a turn
 * of the event loop waits for another turn. Meanwhile all connections are read from, so that it is
 * known how long calls wait.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { socketTurn, turn } from "../../base/turn.ts";
import { QueueDelay, type QueueDelayTimes } from "./queue_delay.ts";

/** What a {@linkcode TurnQueue} is made with. */
export interface TurnQueueOptions extends QueueDelayTimes {
  /** Resolves when the event loop has turned. @default {a turn of the machine's} */
  readonly turn?: (() => Promise<void>) | undefined;
  /** Hears how long requests have waited that begin now, in milliseconds. */
  readonly onWaited?: ((waitedMs: number) => void) | undefined;
}

/**
 * The turns of one server's connections. The first of them in a turn do their work at once; once it
 * has taken `limits.maxTurnMs`, the others wait in line.
 *
 * Invariant: while somebody waits, or the turn is over, the next turn is on its way.
 */
export class TurnQueue {
  readonly #times: QueueDelayTimes;
  readonly #turn: () => Promise<void>;
  readonly #onWaited: TurnQueueOptions["onWaited"];
  /** The delay of all calls of the server. */
  readonly #delay: QueueDelay;
  /** Those who wait for a turn; each is called once. */
  readonly #waiting = new Set<() => void>();
  /** How long the work of this turn has taken so far, or of a few turns if they had little. */
  #spentMs = 0;
  #isOver = false;
  #isTurning = false;
  /** When the work in hand was begun, or looked at last. */
  #lookedAt = -Infinity;
  #linesPerLook = 1;

  /** @param options How long calls may wait. */
  constructor(options: TurnQueueOptions) {
    this.#times = options;
    this.#turn = options.turn ?? (() => this.#machineTurn());
    this.#delay = new QueueDelay(options);
    this.#onWaited = options.onWaited;
  }

  /** Whether the time of this turn is used up: work that comes now has to wait. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** How many lines may be served before the clock is read again. */
  get linesPerLook(): number {
    return this.#linesPerLook;
  }

  /** Makes what judges the delay of one connection's calls. */
  newDelay(): QueueDelay {
    return new QueueDelay(this.#times);
  }

  /**
   * Begins to count the time of some work.
   *
   * @param now The time on the monotonic clock, in milliseconds. Where it was read before the last look,
   * as that of a turn of the microtask queue may be, the time since that look counts.
   */
  begin(now: number): void {
    this.#lookedAt = Math.max(this.#lookedAt, now);
  }

  /**
   * Counts the time of the work since it was begun, or since the last look.
   *
   * @param now The time on the monotonic clock, in milliseconds.
   * @param lines How many calls it has run. Refused ones do not count: they take no time, and say
   * nothing of the next ones.
   * @returns Whether the turn is over.
   */
  look(now: number, lines: number): boolean {
    const ms = now - this.#lookedAt;
    this.#lookedAt = now;
    if (lines > 0) {
      // Reading the clock is no small part of a small call.
      const fitting = Math.floor(limits.lookAtClockMs * lines / ms);
      this.#linesPerLook = Math.max(1, Math.min(limits.maxLinesPerLook, fitting || 1));
    }
    this.#spentMs += ms;
    if (this.#spentMs >= limits.maxTurnMs) this.#endTurn();
    return this.#isOver;
  }

  /**
   * Waits for a turn.
   *
   * @param work Called in a later turn; it joins again where there is more to do than fits.
   */
  join(work: () => void): void {
    this.#waiting.add(work);
    this.#endTurn();
  }

  /**
   * Judges a call that is about to begin.
   *
   * @param waitedMs How long it has waited, in milliseconds.
   * @param now The time on the monotonic clock, in milliseconds.
   * @param own The delay of its connection's calls.
   * @returns The error that it is answered with instead; `undefined` where it may begin.
   */
  refusalOf(waitedMs: number, now: number, own: QueueDelay): DariError | undefined {
    this.#onWaited?.(waitedMs);
    const isLate = this.#delay.isLate(waitedMs, now);
    return own.isLate(waitedMs, now) || isLate ? tooBusy(waitedMs, this.#times) : undefined;
  }

  #endTurn(): void {
    this.#isOver = true;
    if (this.#isTurning) return;
    this.#isTurning = true;
    void this.#turn().then(() => this.#beginTurn());
  }

  /** A turn of the machine's; where others wait, nothing else makes it look at the sockets. */
  async #machineTurn(): Promise<void> {
    await turn();
    if (this.#waiting.size > 0) await socketTurn();
  }

  #beginTurn(): void {
    this.#isTurning = this.#isOver = false;
    this.#spentMs = 0;
    for (const work of this.#waiting) {
      if (this.#isOver) break;
      this.#waiting.delete(work);
      work();
    }
    if (this.#waiting.size === 0) this.#delay.emptied();
    else this.#endTurn();
  }
}

/**
 * The error of a call that the server has no time for.
 *
 * @param waitedMs How long it has waited, in milliseconds.
 * @param times How long calls may wait.
 * @returns The error.
 */
export function tooBusy(waitedMs: number, { delayIntervalMs }: QueueDelayTimes): DariError {
  const retryAfterMs = Math.ceil(Math.max(waitedMs, delayIntervalMs));
  return new DariError(
    "resource_exhausted",
    `The server has more calls than it can serve: this one waited ${Math.round(waitedMs)} ms and ` +
      `was not run; call again after ${retryAfterMs} ms`,
    { retryAfterMs },
  );
}
