/**
 * Calls that wait to be sent, in the order in which they were made: for a connection, or for their
 * turn on one.
 *
 * @module
 */

import { markCallError } from "../../base/call_error.ts";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { Deadlines } from "./deadlines.ts";
import { notSentInTime } from "./call_line.ts";
import type { CallHolder, OutgoingCall } from "./outgoing_call.ts";

/** Keeps calls until they can be sent, inside the deadline and the signal of each. */
export class Backlog implements CallHolder {
  /** Oldest first. */
  readonly #calls = new Set<OutgoingCall>();
  readonly #deadlines: Deadlines<OutgoingCall>;
  #length = 0;

  /**
   * @param monotonic The clock of the deadlines, in milliseconds.
   * @param reason Says why calls wait, for those whose deadline passes meanwhile.
   */
  constructor(monotonic: () => number, reason?: () => Error | undefined) {
    this.#deadlines = new Deadlines(() => this.#calls, (call) => {
      this.withdraw(call);
      call.reject(notSentInTime(call.method, reason?.()));
    }, monotonic);
  }

  /** How many calls wait. */
  get size(): number {
    return this.#calls.size;
  }

  /**
   * Takes a call in, behind the others. One that exceeds the bounds fails at once.
   *
   * @param call The call.
   */
  add(call: OutgoingCall): void {
    if (this.#calls.size >= limits.maxCallsWaiting) {
      return call.reject(full(`${limits.maxCallsWaiting} calls wait`));
    }
    if (this.#length + call.length > limits.maxCharactersWaiting) {
      const message = `the params of the ${this.#calls.size} calls that wait and of this one ` +
        `take more than ${limits.maxCharactersWaiting} characters`;
      return call.reject(full(message));
    }
    call.holder = this;
    call.tellDeadline();
    this.#calls.add(call);
    this.#length += call.length;
    this.#deadlines.watch(call);
  }

  /** The oldest call. */
  get first(): OutgoingCall | undefined {
    if (this.#calls.size === 0) return undefined;
    const [call] = this.#calls;
    return call;
  }

  /** Takes all calls out, oldest first. */
  takeAll(): OutgoingCall[] {
    const calls = [...this.#calls];
    for (const call of calls) this.withdraw(call);
    return calls;
  }

  withdraw(call: OutgoingCall): void {
    if (!this.#calls.delete(call)) return;
    call.holder = undefined;
    this.#length -= call.length;
    if (this.#calls.size === 0) this.#deadlines.stop();
  }

  /** Nothing of a stream that was not called is on its way. */
  grant(): void {}
}

function full(reason: string): DariError {
  const message = `The call cannot wait for its turn: ${reason}`;
  return markCallError(new DariError("resource_exhausted", message));
}
