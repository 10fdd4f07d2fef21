/**
 * From a request to its reply: authorize, check the params, run the handler, check the result. A call
 * whose handler returns a value is answered at once; only promises and streams are waited for.
 *
 * @module
 */

import type { Principal } from "../../auth/policy/principal.ts";
import type { Clock } from "../../base/clock.ts";
import { DariError } from "../../base/errors.ts";
import type { NotificationMessage, RequestMessage } from "../../protocol/message.ts";
import { TurnClock } from "../call/turn_clock.ts";
import { LateCalls, tooLate } from "../overload/late_calls.ts";
import type { RegisteredMethod } from "../method/registry.ts";
import { credentialRevoked } from "../idempotency/running_on.ts";
import { UNKNOWN_METHOD } from "../observer.ts";
import { isGrant } from "../stream/item_pump.ts";
import { hearsCalls } from "../observer_guard.ts";
import { Access } from "./access.ts";
import { CallEndings } from "./call_endings.ts";
import { noSuchMethod } from "./call_failure.ts";
import type { CallHost, Replies, ReplySink } from "./call_host.ts";
import { CallRunner } from "./call_runner.ts";
import { CallStreams, ItemSource } from "./call_streams.ts";
import { RunningCalls } from "./running_calls.ts";
import { ServedCall } from "./served_call.ts";
import type { ServingOptions } from "./serving_options.ts";

/** Serves the calls that arrive over one connection, or by one request of another transport. */
export class Dispatcher {
  /** The principal that signed the connection in; the connection sets it. */
  principal: Principal | null = null;
  /** Called when a call may go ahead; set and removed by admission, which waits for the first. */
  onAccepted: (() => void) | undefined;
  /** Called in this turn before handlers that call something: they may take long or end the program. */
  beforeCode: (() => void) | undefined;
  readonly #host: CallHost;
  readonly #turn: Pick<Clock, "now">;
  readonly #options: ServingOptions;
  readonly #access: Access;
  readonly #streams: CallStreams;
  readonly #running: RunningCalls;
  readonly #endings: CallEndings;
  readonly #runner: CallRunner;
  readonly #late: LateCalls;

  /**
   * @param host What carries the calls.
   * @param sink Takes the items of streams.
   * @param options Methods, gate and bounds.
   */
  constructor(host: CallHost, sink: ReplySink, options: ServingOptions) {
    this.#host = host;
    this.#turn = options.clock === undefined ? host : TurnClock.of(options.clock);
    this.#options = options;
    this.#runner = new CallRunner(options, () => host.now());
    this.#access = new Access(options.gate, options.observer);
    const wait = (call: ServedCall, until: Promise<void>) => this.#finishLater(call, until);
    this.#endings = new CallEndings(host, options, wait);
    this.#streams = new CallStreams(sink, hearsCalls(options.observer));
    this.#late = new LateCalls(() => host.monotonic());
    this.#running = new RunningCalls((call) => {
      this.#abort(call, tooLate(call));
    }, () => host.monotonic());
  }

  /**
   * Serves a call. Where the handler returns a value, its reply is pushed before this returns.
   *
   * @param message The request or notification.
   * @param replies Takes the reply.
   * @param receivedAt When it arrived, on the host's monotonic clock; `undefined` to read it when asked.
   * @param bytesIn The length of the message in bytes, for observers.
   */
  dispatch(
    message: RequestMessage | NotificationMessage,
    replies: Replies,
    receivedAt: number | undefined,
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
   * @param receivedAt When it arrived, on the host's monotonic clock; `undefined` to read it when asked.
   * @param bytesIn The length of the message in bytes, for observers.
   * @param reason Why.
   */
  refuse(
    message: RequestMessage,
    replies: Replies,
    receivedAt: number | undefined,
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
    this.#late.beginTurn(isLate);
  }

  /**
   * Says how long the calls that follow in this turn have waited, as {@linkcode LateCalls.judge}.
   *
   * @param now The time on the host's monotonic clock.
   * @param refusal What they are answered with instead of being run.
   */
  judge(now: number, refusal: DariError | undefined): void {
    this.#late.judge(now, refusal);
  }

  /** Ends the chunk, as {@linkcode CallEndings.endTurn}. */
  endTurn(): number | undefined {
    this.#late.endTurn();
    this.beforeCode = undefined;
    return this.#endings.endTurn();
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
    const reason = credentialRevoked();
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
      const runsOn = isLost && this.#runner.runOn(call);
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

  /** The calls that have not ended. */
  get calls(): ServedCall[] {
    return [...this.#running];
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
    if (this.#late.haveWaited) this.#late.check(call, method.isBuiltIn);
    // A connection that is busy still answers whether its server is there, and well.
    if (this.#running.handlers >= maxCallsInFlight && !method.isBuiltIn) {
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
    if (observer.callBegan !== undefined) observer.callBegan(call, message.params);
    return method;
  }

  #run(
    method: RegisteredMethod,
    message: RequestMessage | NotificationMessage,
    call: ServedCall,
  ): unknown {
    const right = method.right === undefined ? method : method.right(message.params);
    const wait = method.isPublic
      ? undefined
      : this.#access.check(method, right, call, this.#turn.now());
    if (wait === undefined) return this.#runAllowed(method, right, message, call);
    return wait.then(() =>
      call.isDone ? undefined : this.#runAllowed(method, right, message, call)
    );
  }

  #runAllowed(
    method: RegisteredMethod,
    right: Pick<RegisteredMethod, "name" | "isAdmin">,
    message: RequestMessage | NotificationMessage,
    call: ServedCall,
  ): unknown {
    const { callLimiter } = this.#options.gate;
    if (callLimiter !== undefined) {
      callLimiter.take(call.principal, right.name, call.peer.address, right.isAdmin);
    }
    if (this.onAccepted !== undefined) this.onAccepted();
    if (this.beforeCode !== undefined && method.mayMakeCalls) this.beforeCode();
    return this.#runner.run(method, message, call);
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
