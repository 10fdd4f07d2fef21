/**
 * From a request to its reply: authorise, check the params, run the handler, check the result. A
 * handler that answers at once is answered at once; nothing waits that need not.
 *
 * @module
 */

import type { Gate } from "../../auth/sign_in/gate.ts";
import type { Principal } from "../../auth/policy/principal.ts";
import { DariError, type ErrorCode, errorTable } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { encodeError, encodeResult } from "../../protocol/encode.ts";
import type { NotificationMessage, RequestMessage } from "../../protocol/message.ts";
import type { Peer } from "../../transport/connection.ts";
import { type CallHost, type Replies, ServedCall } from "../method/context.ts";
import { Deadlines } from "../call/deadlines.ts";
import type { Outbox } from "../call/outbox.ts";
import { conclude, ItemSource, sendItems } from "./item_source.ts";
import type { RegisteredMethod } from "../method/registry.ts";

/** Told what happens, for logs and metrics. Every member is called on the hot path: be quick. */
export interface Observer {
  /**
   * A call ended.
   *
   * @param method Its name, or `_OTHER` where there is no such method.
   * @param durationMs How long it took here.
   * @param error Why it failed, or `undefined`.
   */
  callEnded?(method: string, durationMs: number, error: ErrorCode | undefined): void;
  /** A handler threw something that is hidden from the caller. */
  handlerFailed?(method: string, error: unknown): void;
  /** A connection began. */
  connectionOpened?(peer: Peer): void;
  /** A connection ended; with a reason where it was not in order. */
  connectionClosed?(peer: Peer, reason: string | undefined): void;
}

/** What serving calls needs beside the call. */
export interface ServingOptions {
  /** The methods that are offered. */
  readonly methods: ReadonlyMap<string, RegisteredMethod>;
  /** Who may call what. */
  readonly gate: Pick<Gate, "authenticate" | "authorize">;
  /** Told what happens. */
  readonly observer: Observer;
  /** The deadline of a call that names none, in milliseconds. */
  readonly callTimeoutMs: number;
  /** The longest deadline that a call may ask for, in milliseconds. */
  readonly maxCallTimeoutMs: number;
  /** How many calls may run at once. */
  readonly maxCallsInFlight: number;
}

/** The calls that one connection's other side made and that run here. */
export class Dispatcher {
  /** Who signed this connection in. */
  principal: Principal | null = null;
  /** Called when a call that needs no sign-in, or one by a principal, went through. */
  onAccepted: (() => void) | undefined;
  readonly #host: CallHost;
  readonly #outbox: Outbox;
  readonly #options: ServingOptions;
  readonly #running = new Set<ServedCall>();
  readonly #deadlines: Deadlines<ServedCall>;
  readonly #answered: ServedCall[] = [];
  #isTurn = false;
  #turnAtMs: number | undefined;
  #occupied = 0;
  #idle: PromiseWithResolvers<void> | undefined;

  /**
   * @param host The session that carries the calls.
   * @param outbox Where items of streams go.
   * @param options Methods, identity and bounds.
   */
  constructor(host: CallHost, outbox: Outbox, options: ServingOptions) {
    this.#host = host;
    this.#outbox = outbox;
    this.#options = options;
    this.#deadlines = new Deadlines(() => this.#running, (call) => {
      this.#abort(
        call,
        new DariError("deadline_exceeded", `"${call.method}" took longer than its deadline`),
      );
    }, () => host.monotonic());
  }

  /**
   * Serves a call. Its reply is pushed before this returns where the handler answers at once.
   *
   * @param message The request or notification.
   * @param replies Where the reply goes.
   * @param receivedAt When it came, on the session's clock.
   */
  dispatch(
    message: RequestMessage | NotificationMessage,
    replies: Replies,
    receivedAt: number,
  ): void {
    const id = message.kind === "request" ? message.id : undefined;
    const call = new ServedCall(
      this.#host,
      message,
      id,
      replies,
      receivedAt,
      this.#timeoutOf(message),
    );
    let outcome: unknown;
    try {
      outcome = this.#begin(message, call);
    } catch (error) {
      return this.#fail(call, error);
    }
    if (outcome instanceof Promise) this.#finishLater(call, outcome);
    else if (outcome instanceof ItemSource) {
      this.#finishLater(call, sendItems(call, outcome, this.#outbox));
    } else this.#succeed(call, outcome);
  }

  /** A chunk of messages begins: the replies that it gets at once leave together. */
  beginTurn(): void {
    this.#isTurn = true;
  }

  /** The chunk's replies have left, and with them its calls have ended: the clock is read once. */
  endTurn(): void {
    this.#isTurn = false;
    this.#turnAtMs = undefined;
    if (this.#answered.length === 0) return;
    const now = this.#host.monotonic();
    for (const call of this.#answered) this.#record(call, now);
    this.#answered.length = 0;
  }

  /** Ends the call with this id at its caller's wish. */
  cancel(id: unknown): void {
    for (const call of this.#running) {
      if (call.id === id && id !== undefined) {
        this.#abort(
          call,
          new DariError("cancelled", `"${call.method}" was cancelled by its caller`),
        );
      }
    }
  }

  /** The calls that came with a credential end with it. */
  revoke(principal: Principal): void {
    const reason = new DariError("unauthenticated", "The credential was revoked; sign in again");
    for (const call of this.#running) if (call.principal === principal) this.#abort(call, reason);
  }

  /** The caller takes more items of a stream. */
  grant(id: unknown, items: unknown): void {
    if (typeof items !== "number" || !(items > 0)) return;
    for (const call of this.#running) if (call.id === id) call.onCredit?.(items);
  }

  /** The connection is gone: nobody waits for any of it. */
  abortAll(reason: DariError): void {
    this.#deadlines.stop();
    for (const call of [...this.#running]) {
      call.isDone = true;
      this.#running.delete(call);
      call.abort(reason);
    }
  }

  /** How many handlers are at work. */
  get running(): number {
    return this.#occupied;
  }

  /** Resolves once nothing runs. */
  idle(): Promise<void> {
    if (this.#occupied === 0) return Promise.resolve();
    this.#idle ??= Promise.withResolvers<void>();
    return this.#idle.promise;
  }

  #timeoutOf({ meta }: RequestMessage | NotificationMessage): number {
    const { callTimeoutMs, maxCallTimeoutMs } = this.#options;
    return Math.min(meta?.timeoutMs ?? callTimeoutMs, maxCallTimeoutMs);
  }

  #begin(message: RequestMessage | NotificationMessage, call: ServedCall): unknown {
    const { methods, gate, maxCallsInFlight } = this.#options;
    const method = methods.get(message.method);
    if (method === undefined) {
      throw new DariError(
        "method_not_found",
        `There is no method ${
          JSON.stringify(message.method.slice(0, limits.maxMethodNameShownLength))
        }`,
      );
    }
    if (this.#occupied >= maxCallsInFlight) {
      throw new DariError(
        "resource_exhausted",
        `More than ${maxCallsInFlight} calls are under way on this connection`,
      );
    }
    if (message.auth === undefined) return this.#run(method, this.principal, message.params, call);
    const principal = gate.authenticate(message.auth, message.method, message.params, call.peer);
    return principal instanceof Promise
      ? principal.then((known) => this.#run(method, known, message.params, call))
      : this.#run(method, principal, message.params, call);
  }

  #run(
    method: RegisteredMethod,
    principal: Principal | null,
    params: unknown,
    call: ServedCall,
  ): unknown {
    call.principal = principal;
    if (!method.isPublic) this.#options.gate.authorize(principal, method.name, this.#now());
    if (this.onAccepted !== undefined) this.onAccepted();
    const prepared = method.prepare(params);
    return prepared instanceof Promise
      ? prepared.then((ready) => this.#handle(method, ready, call))
      : this.#handle(method, prepared, call);
  }

  /** The calls of one chunk came at one time: the clock is read with the first of them. */
  #now(): number {
    if (!this.#isTurn) return this.#host.now();
    return this.#turnAtMs ??= this.#host.now();
  }

  #handle(method: RegisteredMethod, params: unknown, call: ServedCall): unknown {
    const result = method.handler(params, call);
    if (result instanceof Promise) return result.then((settled) => conclude(method, settled));
    return conclude(method, result);
  }

  #finishLater(call: ServedCall, outcome: Promise<unknown>): void {
    this.#running.add(call);
    this.#deadlines.watch(call);
    this.#occupied++;
    outcome
      .then((result) =>
        result instanceof ItemSource ? sendItems(call, result, this.#outbox) : result
      )
      .then((result) => this.#succeed(call, result), (error) => this.#fail(call, error))
      .finally(() => {
        this.#running.delete(call);
        if (--this.#occupied === 0) this.#idle?.resolve();
      });
  }

  #succeed(call: ServedCall, result: unknown): void {
    if (call.isDone) return;
    let reply: string | undefined;
    try {
      if (call.id !== undefined) reply = encodeResult(call.id, result);
    } catch (error) {
      return this.#fail(call, error);
    }
    this.#end(call, reply, undefined);
  }

  #fail(call: ServedCall, error: unknown): void {
    if (call.isDone) return;
    const code = error instanceof DariError ? error.code : "internal";
    if (!errorTable[code].public) this.#options.observer.handlerFailed?.(call.method, error);
    this.#end(call, call.id === undefined ? undefined : encodeError(call.id, error), code);
  }

  #abort(call: ServedCall, reason: DariError): void {
    this.#running.delete(call);
    this.#fail(call, reason);
    call.abort(reason);
  }

  #end(call: ServedCall, reply: string | undefined, code: ErrorCode | undefined): void {
    call.isDone = true;
    call.error = code;
    if (reply !== undefined) call.replies.push(reply);
    if (this.#isTurn) this.#answered.push(call);
    else this.#record(call, this.#host.monotonic());
  }

  #record(call: ServedCall, endedAt: number): void {
    const { observer, methods } = this.#options;
    const name = methods.has(call.method) ? call.method : "_OTHER";
    observer.callEnded?.(name, endedAt - call.startedAt, call.error);
  }
}
