/**
 * From a request to its reply: authorize, check the params, run the handler, check the result. A call
 * whose handler returns a value is answered at once; only promises and streams are waited for.
 *
 * @module
 */

import type { Principal } from "../../auth/policy/principal.ts";
import { runWithin } from "../../base/ambient_call.ts";
import { DariError, type ErrorCode } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { encodeResult } from "../../protocol/encode.ts";
import type { NotificationMessage, RequestMessage } from "../../protocol/message.ts";
import { withReplyMeta } from "../../protocol/meta.ts";
import type { RegisteredMethod } from "../method/registry.ts";
import { UNKNOWN_METHOD } from "../observer.ts";
import { hearsCalls } from "../observer_guard.ts";
import { Access } from "./access.ts";
import { type CallFailure, declaredFailureOf, failureOf, failureReply } from "./call_failure.ts";
import type { CallHost, Replies, ReplySink } from "./call_host.ts";
import { checkReturned, ItemSource, OutgoingStreams } from "./item_source.ts";
import { RunningCalls } from "./running_calls.ts";
import { ServedCall } from "./served_call.ts";
import type { ServingOptions } from "./serving_options.ts";

const { maxMethodNameShownLength: MAX_NAME_SHOWN } = limits;

/** Serves the calls that arrive over one connection, or by one request of another transport. */
export class Dispatcher {
  /** Who signed the connection in; set by whatever carries the calls. */
  principal: Principal | null = null;
  /** Called when a call may go ahead; set and removed by whoever waits for the first one. */
  onAccepted: (() => void) | undefined;
  readonly #host: CallHost;
  readonly #options: ServingOptions;
  readonly #access: Access;
  readonly #streams: OutgoingStreams;
  readonly #running: RunningCalls;
  /** The calls that ended in this turn; told to the observer at its end. */
  readonly #answered: ServedCall[] = [];
  #isTurn = false;
  /** The time, once a call of this turn has asked for it; forgotten at its end. */
  #turnAtMs: number | undefined;

  /**
   * @param host What carries the calls.
   * @param sink Takes the items of streams.
   * @param options Methods, gate and bounds.
   */
  constructor(host: CallHost, sink: ReplySink, options: ServingOptions) {
    this.#host = host;
    this.#options = options;
    this.#access = new Access(options.gate, options.observer);
    this.#streams = new OutgoingStreams(sink, hearsCalls(options.observer));
    this.#running = new RunningCalls((call) => {
      const reason = `"${call.method}" took longer than its deadline`;
      this.#abort(call, new DariError("deadline_exceeded", reason));
    }, () => host.monotonic());
  }

  /**
   * Serves a call. Where the handler returns a value, its reply is pushed before this returns.
   *
   * @param message The request or notification.
   * @param replies Takes the reply.
   * @param receivedAt When the message arrived, on the host's monotonic clock.
   * @param bytesIn The length of the message in bytes, for observers.
   */
  dispatch(
    message: RequestMessage | NotificationMessage,
    replies: Replies,
    receivedAt: number,
    bytesIn = 0,
  ): void {
    const timeoutMs = this.#timeoutOf(message);
    const call = new ServedCall(this.#host, message, replies, receivedAt, timeoutMs);
    call.bytesIn = bytesIn;
    try {
      const outcome = this.#begin(message, call);
      if (outcome instanceof Promise) this.#finishLater(call, outcome);
      else if (outcome instanceof ItemSource) {
        this.#finishLater(call, this.#stream(call, outcome));
      } else this.#succeed(call, outcome);
    } catch (error) {
      this.#fail(call, error);
    }
  }

  /** Begins a chunk of messages: the replies that are ready at once leave together. */
  beginTurn(): void {
    this.#isTurn = true;
  }

  /** Ends the chunk: its replies have left, so one reading of the clock ends all its calls. */
  endTurn(): void {
    this.#isTurn = false;
    this.#turnAtMs = undefined;
    if (this.#answered.length === 0) return;
    const now = this.#host.monotonic();
    for (const call of this.#answered) this.#tellEnded(call, now);
    this.#answered.length = 0;
  }

  /** Cancels the call with this id, as its caller asked. */
  cancel(id: unknown): void {
    if (id === undefined) return;
    for (const call of this.#running) {
      if (call.id !== id) continue;
      const reason = `"${call.method}" was cancelled by its caller`;
      this.#abort(call, new DariError("cancelled", reason));
    }
  }

  /** Ends the calls of a principal whose credential was revoked. */
  revoke(principal: Principal): void {
    const reason = new DariError("unauthenticated", "The credential was revoked; sign in again");
    for (const call of this.#running) if (call.principal === principal) this.#abort(call, reason);
  }

  /** Lets the stream with this id send more items. */
  grant(id: unknown, items: unknown): void {
    if (typeof items !== "number" || !(items > 0)) return;
    for (const call of this.#running) if (call.id === id) call.stream?.grant(items);
  }

  /** The caller has ended its input: it still reads, and can grant streams no more items. */
  endInput(): void {
    this.#streams.endInput();
    for (const call of this.#running) call.stream?.inputEnded();
  }

  /** Ends all calls without replies: the caller is gone. */
  abortAll(reason: DariError): void {
    this.endTurn();
    for (const call of this.#running.takeAll()) {
      call.giveUp(reason);
      this.#end(call, undefined, reason.code, reason);
      call.abort(reason);
    }
  }

  /** How many handlers are at work. */
  get running(): number {
    return this.#running.handlers;
  }

  /** Resolves once no handler is at work. */
  idle(): Promise<void> {
    return this.#running.idle();
  }

  /** Resolves once every call has ended, whatever its handler still does. */
  callsEnded(): Promise<void> {
    return this.#running.ended();
  }

  #timeoutOf({ meta }: RequestMessage | NotificationMessage): number {
    const { callTimeoutMs, maxCallTimeoutMs } = this.#options;
    return Math.min(meta?.timeoutMs ?? callTimeoutMs, maxCallTimeoutMs);
  }

  #begin(message: RequestMessage | NotificationMessage, call: ServedCall): unknown {
    const { methods, observer, maxCallsInFlight } = this.#options;
    const method = methods.get(message.method);
    if (method === undefined) call.method = UNKNOWN_METHOD;
    if (message.auth === undefined) call.principal = this.principal;
    if (observer.callBegan !== undefined) observer.callBegan(call);
    if (method === undefined) {
      const name = JSON.stringify(message.method.slice(0, MAX_NAME_SHOWN));
      throw new DariError("method_not_found", `There is no method ${name}`);
    }
    if (this.#running.handlers >= maxCallsInFlight) {
      throw new DariError(
        "resource_exhausted",
        `More than ${maxCallsInFlight} calls are under way on this connection`,
      );
    }
    const { auth, params, meta } = message;
    if (auth === undefined && meta?.chain === undefined) return this.#run(method, params, call);
    const settled = this.#access.settle(message, call);
    return settled === undefined
      ? this.#run(method, params, call)
      : settled.then(() => this.#run(method, params, call));
  }

  #run(method: RegisteredMethod, params: unknown, call: ServedCall): unknown {
    if (!method.isPublic) this.#access.check(method, call, this.#now());
    if (this.onAccepted !== undefined) this.onAccepted();
    const checked = method.checkParams(params);
    return checked instanceof Promise
      ? checked.then((ready) => this.#handle(method, ready, call))
      : this.#handle(method, checked, call);
  }

  /** The calls of one chunk arrived at one time, so the clock is read for the first of them alone. */
  #now(): number {
    if (!this.#isTurn) return this.#host.now();
    return this.#turnAtMs ??= this.#host.now();
  }

  #handle(method: RegisteredMethod, params: unknown, call: ServedCall): unknown {
    const returned = method.mayMakeCalls
      ? runWithin(call, method.handler, params)
      : method.handler(params, call);
    if (returned instanceof Promise) return returned.then((value) => checkReturned(method, value));
    return checkReturned(method, returned);
  }

  /** A generator works in the turns of its sender, so the sender runs as the work of the call. */
  #stream(call: ServedCall, source: ItemSource): Promise<unknown> {
    return runWithin(call, () => this.#streams.send(call, source), undefined) as Promise<unknown>;
  }

  #finishLater(call: ServedCall, outcome: Promise<unknown>): void {
    const finished = outcome
      .then((result) => result instanceof ItemSource ? this.#stream(call, result) : result)
      .then((result) => this.#succeed(call, result), (error) => this.#fail(call, error));
    this.#running.add(call);
    finished.finally(() => this.#running.handlerReturned(call));
  }

  #succeed(call: ServedCall, result: unknown): void {
    if (call.isDone) return;
    let reply: string | undefined;
    try {
      if (call.id !== undefined) {
        reply = encodeResult(call.id, result);
        if (call.replyMeta !== undefined) reply = withReplyMeta(reply, call.replyMeta);
        const refusal = call.replies.refusal(reply);
        if (refusal !== undefined) return this.#fail(call, refusal);
      }
    } catch (error) {
      return this.#fail(call, error);
    }
    this.#end(call, reply, undefined, undefined);
  }

  #fail(call: ServedCall, error: unknown): void {
    if (call.isDone) return;
    const failure = declaredFailureOf(this.#options.methods.get(call.method), error) ??
      failureOf(call.method, error);
    if (!(failure instanceof Promise)) return this.#failAs(call, failure, error);
    this.#finishLater(call, failure.then((ready) => this.#failAs(call, ready, error)));
  }

  #failAs(call: ServedCall, failure: CallFailure, thrown: unknown): void {
    if (call.isDone) return;
    const error = failure.reason ?? thrown;
    if (failure.isHidden) this.#options.observer.handlerFailed?.(call, error);
    this.#end(call, failureReply(call, failure), failure.code, error);
  }

  #abort(call: ServedCall, reason: DariError): void {
    this.#running.remove(call);
    call.giveUp(reason);
    this.#fail(call, reason);
    call.abort(reason);
  }

  #end(
    call: ServedCall,
    reply: string | undefined,
    code: ErrorCode | undefined,
    error: unknown,
  ): void {
    call.end();
    call.errorCode = code;
    call.error = error;
    call.reply = reply;
    try {
      if (reply !== undefined) call.replies.push(reply);
    } catch (failure) {
      // Where replies go is another's, and its failure must not end the program.
      this.#options.observer.handlerFailed?.(call, failure);
    }
    if (this.#options.observer.callEnded === undefined) return;
    if (this.#isTurn) this.#answered.push(call);
    else this.#tellEnded(call, this.#host.monotonic());
  }

  #tellEnded(call: ServedCall, endedAt: number): void {
    call.endedAt = endedAt;
    this.#options.observer.callEnded?.(call);
  }
}
