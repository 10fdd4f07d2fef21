/**
 * From a request to its reply: authorize, check the params, run the handler, check the result. A call
 * whose handler returns a value is answered at once; only promises and streams are waited for.
 *
 * @module
 */

import type { Principal } from "../../auth/policy/principal.ts";
import { runWithin } from "../../base/context/ambient_call.ts";
import { DariError } from "../../base/errors.ts";
import type { NotificationMessage, RequestMessage } from "../../protocol/message.ts";
import { KeyedCalls } from "../idempotency/keyed_calls.ts";
import type { RegisteredMethod } from "../method/registry.ts";
import { UNKNOWN_METHOD } from "../observer.ts";
import { isGrant } from "../stream/item_pump.ts";
import { hearsCalls } from "../observer_guard.ts";
import { Access } from "./access.ts";
import { CallEndings } from "./call_endings.ts";
import { keyedRun, noSuchMethod, tooLate } from "./call_failure.ts";
import type { CallHost, Replies, ReplySink } from "./call_host.ts";
import { CallStreams, checkReturned, ItemSource } from "./call_streams.ts";
import { RunningCalls } from "./running_calls.ts";
import { ServedCall } from "./served_call.ts";
import type { ServingOptions } from "./serving_options.ts";

/** Serves the calls that arrive over one connection, or by one request of another transport. */
export class Dispatcher {
  /** Who signed the connection in; set by whatever carries the calls. */
  principal: Principal | null = null;
  /** Called when a call may go ahead; set and removed by whoever waits for the first one. */
  onAccepted: (() => void) | undefined;
  readonly #host: CallHost;
  readonly #options: ServingOptions;
  readonly #access: Access;
  readonly #streams: CallStreams;
  readonly #running: RunningCalls;
  readonly #endings: CallEndings;
  readonly #keyed: KeyedCalls | undefined;
  /** Whether the messages of this turn have waited, so that their callers may have given up. */
  #isLate = false;
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
    this.#keyed = options.answers && new KeyedCalls(options.answers, () => host.now());
    this.#access = new Access(options.gate, options.observer);
    this.#endings = new CallEndings(
      host,
      options,
      (call, until) => this.#finishLater(call, until),
    );
    this.#streams = new CallStreams(sink, hearsCalls(options.observer));
    this.#running = new RunningCalls((call) => {
      this.#abort(call, tooLate(call));
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
        this.#finishLater(call, this.#streams.send(call, outcome));
      } else this.#endings.succeed(call, outcome);
    } catch (error) {
      this.#endings.fail(call, error);
    }
  }

  /**
   * Ends a call without running it; observers hear of it as of any other call that failed.
   *
   * @param message The request.
   * @param replies Takes the reply.
   * @param receivedAt When the message arrived, on the host's monotonic clock.
   * @param bytesIn The length of the message in bytes, for observers.
   * @param reason Why.
   */
  refuse(
    message: RequestMessage,
    replies: Replies,
    receivedAt: number,
    bytesIn: number,
    reason: DariError,
  ): void {
    const call = new ServedCall(this.#host, message, replies, receivedAt, this.#timeoutOf(message));
    call.bytesIn = bytesIn;
    this.#tellBegan(message, call);
    this.#endings.fail(call, reason);
  }

  /**
   * Begins a chunk of messages: the replies that are ready at once leave together.
   *
   * @param isLate Whether the messages have waited: a call whose deadline has passed is not run.
   */
  beginTurn(isLate = false): void {
    this.#endings.beginTurn();
    this.#isLate = isLate;
  }

  /** Ends the chunk: its replies have left, so one reading of the clock ends all its calls. */
  endTurn(): void {
    this.#isLate = false;
    this.#turnAtMs = undefined;
    this.#endings.endTurn();
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

  /** Lets the stream of a call send more. A grant that is no number above 0 is ignored. */
  grant(id: unknown, items: unknown, bytes: unknown = Infinity): void {
    if (!isGrant(items) || !isGrant(bytes)) return;
    for (const call of this.#running) if (call.id === id) call.stream?.grant(items, bytes);
  }

  /** The caller has ended its input: it still reads, and can grant streams no more items. */
  endInput(): void {
    this.#streams.endInput();
    for (const call of this.#running) call.stream?.inputEnded();
  }

  /**
   * Ends all calls without replies: the caller is gone. The reason is made where there are calls.
   *
   * @param reasonOf Makes the reason.
   * @param isLost Whether the connection broke: calls with a key run on, for callers who come back.
   * @returns The calls.
   */
  abortAll(reasonOf: () => DariError, isLost = false): readonly ServedCall[] {
    this.endTurn();
    let reason: DariError | undefined;
    const calls = this.#running.takeAll();
    for (const call of calls) {
      reason ??= reasonOf();
      const runsOn = isLost && this.#keyed?.runOn(call, () => tooLate(call));
      if (!runsOn) call.giveUp(reason);
      this.#endings.end(call, undefined, reason.code, reason);
      if (!runsOn) call.abort(reason);
    }
    return calls;
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
    const { maxCallsInFlight } = this.#options;
    const method = this.#tellBegan(message, call);
    if (method === undefined) throw noSuchMethod(message.method);
    if (this.#isLate && call.deadlineAt <= this.#host.monotonic()) throw tooLate(call);
    // A connection that is busy still answers whether its server is there, and well.
    if (this.#running.handlers >= maxCallsInFlight && !isBuiltin(message.method)) {
      throw new DariError(
        "resource_exhausted",
        `More than ${maxCallsInFlight} calls are under way on this connection`,
      );
    }
    const isOwn = message.auth === undefined && message.meta?.chain === undefined;
    if (isOwn) return this.#run(method, message, call);
    const settled = this.#access.settle(message, call);
    return settled === undefined
      ? this.#run(method, message, call)
      : settled.then(() => this.#run(method, message, call));
  }

  /** Tells the observer of a new call; gives its method. */
  #tellBegan(
    message: RequestMessage | NotificationMessage,
    call: ServedCall,
  ): RegisteredMethod | undefined {
    const { methods, observer } = this.#options;
    const method = methods.get(message.method);
    if (method === undefined) call.method = UNKNOWN_METHOD;
    if (message.auth === undefined) call.principal = this.principal;
    if (observer.callBegan !== undefined) observer.callBegan(call);
    return method;
  }

  #run(
    method: RegisteredMethod,
    message: RequestMessage | NotificationMessage,
    call: ServedCall,
  ): unknown {
    if (!method.isPublic) this.#access.check(method, call, this.#now());
    if (this.onAccepted !== undefined) this.onAccepted();
    const checked = method.checkParams(
      message.types === undefined ? message.params : call.revived(message),
    );
    return checked instanceof Promise
      ? checked.then((ready) => this.#handle(method, ready, call, message))
      : this.#handle(method, checked, call, message);
  }

  /** The calls of one chunk arrived at one time, so the clock is read for the first of them alone. */
  #now(): number {
    if (!this.#endings.isTurn) return this.#host.now();
    return this.#turnAtMs ??= this.#host.now();
  }

  #handle(
    method: RegisteredMethod,
    params: unknown,
    call: ServedCall,
    message: RequestMessage | NotificationMessage,
  ): unknown {
    if (this.#keyed === undefined || message.meta?.idempotencyKey === undefined) {
      return this.#runHandler(method, params, call);
    }
    const run = () => this.#runHandler(method, params, call);
    return this.#keyed.run(call, method, message, keyedRun(method, call, run));
  }

  #runHandler(method: RegisteredMethod, params: unknown, call: ServedCall): unknown {
    const returned = method.mayMakeCalls
      ? runWithin(call, method.handler, params)
      : method.handler(params, call);
    if (returned instanceof Promise) return returned.then((value) => checkReturned(method, value));
    return checkReturned(method, returned);
  }

  #finishLater(call: ServedCall, outcome: Promise<unknown>): void {
    const finished = outcome
      .then((result) => result instanceof ItemSource ? this.#streams.send(call, result) : result)
      .then(
        (result) => this.#endings.succeed(call, result),
        (error) => this.#endings.fail(call, error),
      );
    this.#running.add(call);
    finished.finally(() => this.#running.handlerReturned(call));
  }

  #abort(call: ServedCall, reason: DariError): void {
    this.#running.remove(call);
    call.giveUp(reason);
    this.#endings.fail(call, reason);
    call.abort(reason);
  }
}

function isBuiltin(method: string): boolean {
  return method.startsWith("rpc.");
}
