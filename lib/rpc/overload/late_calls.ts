/**
 * Calls that come too late to be run: their deadline has passed while they waited, or they have waited
 * for too long.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";

/** The part of a call that is looked at. */
export interface JudgedCall {
  /** Its method, as its caller wrote it. */
  readonly method: string;
  /** When it is too late, on the monotonic clock. */
  readonly deadlineAt: number;
}

/** Judges the calls of one turn. */
export class LateCalls {
  readonly #monotonic: () => number;
  /** Whether the calls of this turn have waited, so that their callers may have given up. */
  #haveWaited = false;
  /** The time, where whoever kept them has read the clock. */
  #now: number | undefined;
  #refusal: DariError | undefined;

  /** @param monotonic The clock, in milliseconds. */
  constructor(monotonic: () => number) {
    this.#monotonic = monotonic;
  }

  /** Whether calls have to be checked. */
  get haveWaited(): boolean {
    return this.#haveWaited;
  }

  /**
   * Begins a turn.
   *
   * @param haveWaited Whether its calls have waited.
   */
  beginTurn(haveWaited: boolean): void {
    this.#haveWaited = haveWaited;
  }

  /**
   * Says how long the calls that follow in this turn have waited.
   *
   * @param now The time on the monotonic clock.
   * @param refusal What they are answered with instead of being run, where that was too long.
   */
  judge(now: number, refusal: DariError | undefined): void {
    this.#haveWaited = true;
    this.#now = now;
    this.#refusal = refusal;
  }

  /** Ends the turn. */
  endTurn(): void {
    this.#haveWaited = false;
    this.#now = this.#refusal = undefined;
  }

  /**
   * Refuses a call that should not be run.
   *
   * @param call The call.
   * @param isBuiltIn Whether its method is one of dari's own, which wait as long as they have to.
   * @throws {DariError} `deadline_exceeded` or `resource_exhausted`.
   */
  check(call: JudgedCall, isBuiltIn: boolean): void {
    if (call.deadlineAt <= (this.#now ?? this.#monotonic())) throw tooLate(call);
    if (this.#refusal !== undefined && !isBuiltIn) throw this.#refusal;
  }
}

/**
 * The error of a call whose deadline has passed.
 *
 * @param call The call.
 * @returns The error.
 */
export function tooLate({ method }: Pick<JudgedCall, "method">): DariError {
  return new DariError("deadline_exceeded", `"${method}" took longer than its deadline`);
}
