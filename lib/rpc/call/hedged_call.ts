/**
 * A call that does no harm when it is made twice, and may be under way over two connections.
 *
 * @module
 */

import { RpcError } from "../../base/errors.ts";
import type { WrittenValue } from "../../protocol/values/written.ts";
import type { CallOptions } from "./call_options.ts";
import { type Hedge, OutgoingCall, type OutgoingCallOptions } from "./outgoing_call.ts";

/** What is called, and who is told of the answer. */
export interface HedgedCallParts {
  /** The method's name. */
  readonly method: string;
  /** Its params as they were written. */
  readonly params: string | WrittenValue | undefined;
  /** Deadline, cancellation, credentials. */
  readonly options: CallOptions;
  /** Told of the result, and of the call that brought it. */
  readonly resolve: (result: unknown, by: OutgoingCall) => void;
  /** Told of the error, where there is no result. */
  readonly reject: (error: unknown) => void;
  /** Bounds how often calls are made over another connection; absent where nothing does. */
  readonly budget?: HedgeBudget | undefined;
}

/** Bounds how often calls are made over another connection, and counts it. */
export interface HedgeBudget {
  /** Whether there is room for one more. */
  readonly allowsHedge: boolean;
  /** A call is made over another connection. */
  hedged(): void;
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
  /** Whether it is not known yet that it does no harm when it is made twice. */
  isHeld = false;
  #isSettled = false;

  /** @param parts What is called, and who is told. */
  constructor(parts: HedgedCallParts) {
    this.#parts = parts;
  }

  /**
   * Makes one of a call that is under way.
   *
   * @param call The call; it stays where it is.
   * @param budget Bounds how often that is done.
   */
  static of(call: OutgoingCall, budget: HedgeBudget): HedgedCall {
    const { method, params, options, resolve, rejected } = call;
    const { recovery, hedging: _, ...rest } = options;
    const hedge = new HedgedCall({
      method,
      params,
      options: rest,
      budget,
      resolve,
      reject: (error) => {
        Object.assign(call, { options, resolve, rejected });
        if (!recovery?.recover(call, error)) rejected(error);
      },
    });
    hedge.#adopt(call, { ...rest, hedge });
    return hedge;
  }

  /** Whether it may be made over another connection too: what streams can be read only once. */
  get canMove(): boolean {
    const [call] = this.#calls;
    return !this.#isSettled && !this.isHeld && this.#calls.size === 1 &&
      call?.streams === undefined && this.#parts.budget?.allowsHedge !== false;
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
      (result) => this.#settle(call, () => this.#parts.resolve(result, call)),
      (error) => this.#failed(call, error),
    );
    this.#calls.add(call);
    return call;
  }

  again(): OutgoingCall {
    this.#parts.budget?.hedged();
    const [before] = this.#calls;
    const call = this.first();
    call.deadlineAt = before?.deadlineAt ?? Infinity;
    call.tellDeadline();
    const { signal } = call.options;
    if (signal !== undefined) call.heedSignal(signal);
    return call;
  }

  #adopt(call: OutgoingCall, options: OutgoingCallOptions): void {
    call.options = options;
    const succeed = (result: unknown) =>
      this.#settle(call, () => this.#parts.resolve(result, call));
    const fail = (error: unknown) => this.#failed(call, error);
    [call.resolve, call.rejected] = [succeed, fail];
    this.#calls.add(call);
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
