/**
 * How calls end: their replies leave, and observers hear of them.
 *
 * @module
 */

import type { ErrorCode } from "../../base/errors.ts";
import type { Line } from "../../protocol/line.ts";
import type { RegisteredMethod } from "../method/registry.ts";
import type { Observer } from "../observer.ts";
import { KeptError } from "../idempotency/answer_record.ts";
import {
  type CallFailure,
  declaredFailureOf,
  failureOf,
  failureReply,
  keptReply,
} from "./call_failure.ts";
import type { CallHost } from "./call_host.ts";
import { resultLine } from "./reply.ts";
import type { ServedCall } from "./served_call.ts";
import type { ServingOptions } from "./serving_options.ts";

/** Ends the calls of one dispatcher. */
export class CallEndings {
  /** Whether a chunk of messages is being served; set by `beginTurn` and `endTurn` alone. */
  isTurn = false;
  readonly #host: CallHost;
  readonly #methods: ReadonlyMap<string, RegisteredMethod>;
  readonly #wait: (call: ServedCall, until: Promise<void>) => void;
  readonly #observer: Observer;
  /** The calls that ended in this turn; told to the observer at its end. */
  readonly #answered: ServedCall[] = [];

  /**
   * @param host What carries the calls.
   * @param options The methods, and who hears of their calls.
   * @param wait Keeps a call among those that run until a schema has decided on its error.
   */
  constructor(
    host: CallHost,
    { methods, observer }: Pick<ServingOptions, "methods" | "observer">,
    wait: (call: ServedCall, until: Promise<void>) => void,
  ) {
    this.#host = host;
    this.#methods = methods;
    this.#wait = wait;
    this.#observer = observer;
  }

  /** Begins a chunk of messages: the replies that are ready at once leave together. */
  beginTurn(): void {
    this.isTurn = true;
  }

  /**
   * Ends the chunk: its replies have left, so one reading of the clock ends all its calls.
   *
   * @returns That time on the host's monotonic clock; `undefined` where no observer hears of a call.
   */
  endTurn(): number | undefined {
    this.isTurn = false;
    if (this.#answered.length === 0) return undefined;
    const now = this.#host.monotonic();
    for (const call of this.#answered) this.#tellEnded(call, now);
    this.#answered.length = 0;
    return now;
  }

  /**
   * Answers a call with its result; where that cannot be sent, with the error that says so.
   *
   * @param call The call.
   * @param result What its handler returned.
   */
  succeed(call: ServedCall, result: unknown): void {
    if (call.isDone) return;
    let reply: Line | undefined;
    try {
      if (call.id !== undefined) reply = resultLine(call, call.id, result);
    } catch (error) {
      return this.fail(call, error);
    }
    this.end(call, reply, undefined, undefined);
  }

  /**
   * Answers a call with an error.
   *
   * @param call The call.
   * @param error What was thrown; its caller may be told less.
   */
  fail(call: ServedCall, error: unknown): void {
    if (call.isDone) return;
    if (KeptError.is(error)) {
      return this.end(call, keptReply(call, error), error.code, error);
    }
    const failure = declaredFailureOf(this.#methods.get(call.method), error) ??
      failureOf(call.method, error);
    if (!(failure instanceof Promise)) return this.#failAs(call, failure, error);
    this.#wait(call, failure.then((ready) => this.#failAs(call, ready, error)));
  }

  #failAs(call: ServedCall, failure: CallFailure, thrown: unknown): void {
    if (call.isDone) return;
    const error = failure.reason ?? thrown;
    if (failure.isHidden && !this.#endsWith(call, failure)) {
      this.#observer.handlerFailed?.(call, error);
    }
    this.end(call, failureReply(call, failure), failure.code, error);
  }

  /** Whether a call of the handler's own ended at the deadline that it has from the call it serves. */
  #endsWith(call: ServedCall, { code }: CallFailure): boolean {
    return code === "deadline_exceeded" && call.deadlineAt <= this.#host.monotonic();
  }

  /**
   * Ends a call.
   *
   * @param call The call.
   * @param reply Its reply, where it gets one.
   * @param code The code of the error that ended it.
   * @param error The error itself.
   */
  end(
    call: ServedCall,
    reply: Line | undefined,
    code: ErrorCode | undefined,
    error: unknown,
  ): void {
    call.end();
    if (code !== undefined) call.failedWith(code, error);
    call.reply = reply;
    try {
      if (reply !== undefined) call.replies.push(reply);
    } catch (failure) {
      // Where replies go is another's, and its failure must not end the program.
      this.#observer.handlerFailed?.(call, failure);
    }
    if (this.#observer.callEnded === undefined) return;
    if (this.isTurn) this.#answered.push(call);
    else this.#tellEnded(call, this.#host.monotonic());
  }

  #tellEnded(call: ServedCall, endedAt: number): void {
    call.endedAt = endedAt;
    this.#observer.callEnded?.(call);
  }
}
