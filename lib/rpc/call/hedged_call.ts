/**
 * A call that does no harm when it is made twice, and may be under way over two connections.
 *
 * @module
 */

import { RpcError } from "../../base/errors.ts";
import type { WrittenValue } from "../../protocol/values/written.ts";
import type { CallOptions } from "./call_options.ts";
import { type Hedge, OutgoingCall } from "./outgoing_call.ts";

/** What is called, and who is told of the answer. */
export interface HedgedCallParts {
  /** The method's name. */
  readonly method: string;
  /** Its params as they were written. */
  readonly params: string | WrittenValue | undefined;
  /** Deadline, cancellation, credentials. */
  readonly options: CallOptions;
  /** Told of the result. */
  readonly resolve: (result: unknown) => void;
  /** Told of the error, where there is no result. */
  readonly reject: (error: unknown) => void;
}

/**
 * One call that is made over one connection, and over another as well when the first has fallen silent.
 * The first answer counts, and the other call is cancelled. An error that may pass counts only when no
 * other call is under way.
 */
export class HedgedCall implements Hedge {
  readonly #parts: HedgedCallParts;
  /** The calls under way. */
  readonly #calls = new Set<OutgoingCall>();
  #isSettled = false;

  /** @param parts What is called, and who is told. */
  constructor(parts: HedgedCallParts) {
    this.#parts = parts;
  }

  /** Whether it may be made over another connection too: what streams can be read only once. */
  get canMove(): boolean {
    const [call] = this.#calls;
    return !this.#isSettled && this.#calls.size === 1 && call?.streams === undefined;
  }

  /**
   * Makes the first call.
   *
   * @returns The call; it has no deadline and heeds no signal yet.
   */
  first(): OutgoingCall {
    const { method, params, options } = this.#parts;
    const call: OutgoingCall = new OutgoingCall(
      "call",
      method,
      params,
      { ...options, hedge: this },
      (result) => this.#settle(call, () => this.#parts.resolve(result)),
      (error) => this.#failed(call, error),
    );
    this.#calls.add(call);
    return call;
  }

  again(): OutgoingCall {
    const [before] = this.#calls;
    const call = this.first();
    call.deadlineAt = before?.deadlineAt ?? Infinity;
    call.tellDeadline();
    const { signal } = call.options;
    if (signal !== undefined) call.heedSignal(signal);
    return call;
  }

  #failed(call: OutgoingCall, error: unknown): void {
    const isAnswer = error instanceof RpcError && !error.retryable;
    if (isAnswer || this.#calls.size <= 1) {
      return this.#settle(call, () => this.#parts.reject(error));
    }
    this.#calls.delete(call);
  }

  #settle(call: OutgoingCall, tell: () => void): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#calls.delete(call);
    for (const other of this.#calls) {
      other.holder?.withdraw(other);
      other.resolve(undefined); // this takes its listener off the signal
    }
    tell();
  }
}
