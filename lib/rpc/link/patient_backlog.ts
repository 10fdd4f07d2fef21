/**
 * Calls that wait for a connection: those that are patient wait for a server until their deadline, the
 * others fail with the next attempt to connect.
 *
 * @module
 */

import { after } from "../../base/abort.ts";
import { type Clock, systemClock } from "../../base/clock.ts";
import { limits } from "../../base/limits.ts";
import { Backlog } from "../call/backlog.ts";
import type { CallSender, OutgoingCall } from "../call/outgoing_call.ts";
import { isRefusal } from "../call/waiting_calls.ts";
import { Backoff, type ReconnectOptions } from "./backoff.ts";
import { mayPass } from "./link_errors.ts";

/** What a {@linkcode PatientBacklog} is made with. */
export interface PatientBacklogOptions {
  /** Whether calls are patient that do not say it themselves; only idempotent ones are by default. */
  readonly waitForReady?: boolean | undefined;
  /** How long the pauses between attempts are. */
  readonly reconnect?: ReconnectOptions | undefined;
  /** Gives numbers from 0 to less than 1. */
  readonly random?: (() => number) | undefined;
  /** The clock of the deadlines. */
  readonly clock?: Clock | undefined;
}

/**
 * Keeps calls until there is a connection, and has attempts made as long as patient ones wait.
 *
 * Invariant: the pause before an attempt runs only while calls wait.
 */
export class PatientBacklog {
  readonly #calls: Backlog;
  readonly #monotonic: () => number;
  readonly #waitForReady: boolean | undefined;
  readonly #backoff: Backoff;
  readonly #attempt: () => void;
  /** Ends the pause before the next attempt. */
  #stopPause: (() => void) | undefined;
  /** When that pause ends, on the clock of the deadlines. */
  #pauseEndsAt = 0;

  /**
   * @param options Which calls wait, and how long the pauses are.
   * @param reason Says why there is no connection.
   * @param attempt Begins the next attempt to connect.
   * @throws {RangeError} For times that cannot be used.
   */
  constructor(
    options: PatientBacklogOptions,
    reason: () => Error | undefined,
    attempt: () => void,
  ) {
    const { clock = systemClock } = options;
    const monotonic = () => clock.monotonic();
    this.#monotonic = monotonic;
    this.#calls = new Backlog(this.#monotonic, reason);
    this.#waitForReady = options.waitForReady;
    this.#backoff = new Backoff(options.reconnect, options.random);
    this.#attempt = attempt;
  }

  /** How many calls wait. */
  get size(): number {
    return this.#calls.size;
  }

  /**
   * Takes a call in, behind the others. One that exceeds the bounds fails at once.
   *
   * @param call The call.
   * @returns Whether an attempt is to be made for it now: a patient call waits for the next one, where
   * that comes in time for it.
   */
  add(call: OutgoingCall): boolean {
    this.#calls.add(call);
    if (this.#stopPause === undefined || !this.isPatient(call)) return true;
    const now = this.#monotonic();
    return this.#pauseEndsAt - now > longestPauseMs(call.deadlineAt, now);
  }

  /**
   * Whether a call waits for a server until its deadline.
   *
   * @param call The call.
   */
  isPatient({ options }: OutgoingCall): boolean {
    return options.waitForReady ?? this.#waitForReady ?? options.hedge !== undefined;
  }

  /**
   * An attempt failed. Patient calls wait on, where the reason may pass, and the next attempt follows
   * after a pause; the others fail, or are sent elsewhere where the server said that it is stopping.
   *
   * @param error Why.
   * @param sender Sends calls elsewhere.
   */
  failed(error: unknown, sender: CallSender): void {
    const isPassing = mayPass(error);
    let soonestAt = Infinity;
    for (const call of this.takeAll()) {
      if (isPassing && this.isPatient(call)) {
        this.#calls.add(call);
        soonestAt = Math.min(soonestAt, call.deadlineAt);
      } else if (isRefusal(error)) sender.takeBack(call, error);
      else call.reject(error);
    }
    if (this.#calls.size === 0) return;
    const now = this.#monotonic();
    const pauseMs = Math.min(this.#backoff.next(), longestPauseMs(soonestAt, now));
    this.#pauseEndsAt = now + pauseMs;
    this.#stopPause = after(pauseMs, () => {
      this.#stopPause = undefined;
      if (this.#calls.size > 0) this.#attempt();
    });
  }

  /** There is a connection, or none is wanted: takes all calls out, oldest first. */
  takeAll(): OutgoingCall[] {
    this.#stopPause?.();
    this.#stopPause = undefined;
    return this.#calls.takeAll();
  }

  /** There is a connection: the next pause is a short one. */
  reset(): void {
    this.#backoff.reset();
  }
}

/** Half of what a call has left stays for the next attempt: a call uses its deadline to the end. */
function longestPauseMs(deadlineAt: number, now: number): number {
  return Math.max(limits.minReconnectPauseMs, (deadlineAt - now) / 2);
}
