/**
 * The way to one address: a connection that is signed in, and made again after it broke.
 *
 * @module
 */

import { runOutside } from "../../base/context/ambient_call.ts";
import { abortable, after, settlesWithin } from "../../base/abort.ts";
import { systemClock } from "../../base/clock.ts";
import { type DariError, TransportError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { Connection, Peer } from "../../transport/connection.ts";
import { Backlog } from "../call/backlog.ts";
import type { Caller } from "../call/caller.ts";
import type { CallerOwner, CallSender, OutgoingCall } from "../call/outgoing_call.ts";
import { isRefusal } from "../call/waiting_calls.ts";
import { goingAway } from "../connection/draining.ts";
import { type LifeSignTimes, lifeSignTimes } from "../connection/life_signs.ts";
import { RpcConnection } from "../connection/rpc_connection.ts";
import { lifeMethods } from "../dispatch/builtin.ts";
import { Health } from "../dispatch/health.ts";
import { type RegisteredMethod, registerMethods } from "../method/registry.ts";
import { guardCallback } from "../observer_guard.ts";
import { Deprecations } from "./deprecations.ts";
import { SERVER } from "./server_principal.ts";
import { createPeerGate } from "../server/peer_gate.ts";
import type { LinkOptions, SignOut } from "./link_options.ts";

/**
 * - `idle`: not connected yet, or the connection broke; the next call connects;
 * - `connecting`: dialling or signing in;
 * - `connected`: calls can be sent;
 * - `closed`: for good.
 */
export type LinkStatus = "idle" | "connecting" | "connected" | "closed";

/** An attempt to connect. Whoever wants the connection meanwhile waits for the same one. */
interface Attempt {
  readonly caller: Promise<Caller>;
  /** Ends it. */
  readonly controller: AbortController;
}

/**
 * The way to one address.
 *
 * Invariant: at most one attempt is under way, and none begins once the link is closed, or while a
 * connection is open that does not seem to be dead. A link that is closed has no connection. While calls wait here an attempt is under way,
 * and what is called later waits behind them.
 */
export class Link implements CallSender {
  readonly #options: LinkOptions;
  readonly #methods: ReadonlyMap<string, RegisteredMethod>;
  readonly #deprecations: Deprecations;
  readonly #lifeSigns: LifeSignTimes;
  /** The newest connection, signed in. An attempt makes it; its end, or `close`, ends it. */
  #connection: RpcConnection | undefined;
  /** Ends the session of that connection. */
  #signOut: SignOut | undefined;
  /** Connections that take no new calls: their last ones are answered there. */
  readonly #leaving = new Set<RpcConnection>();
  /** Made by `connect` and over when it settles, at `connectTimeoutMs`, or with `close`. */
  #attempt: Attempt | undefined;
  /** The calls that wait for the connection. */
  readonly #backlog: Backlog;
  /** Set by `close`, once: first that nothing is begun any more, then when it has ended. */
  #isClosed = false;
  #closing: Promise<void> | undefined;

  /**
   * @param options How to connect and to sign in, and what the server may call.
   * @throws {TypeError} For methods that cannot be offered.
   * @throws {RangeError} For times that cannot be used.
   */
  constructor(options: LinkOptions) {
    this.#options = options;
    this.#deprecations = new Deprecations(options.onDeprecated);
    const methods = new Map(registerMethods(options.methods ?? {}));
    for (const method of lifeMethods(new Health())) methods.set(method.name, method);
    this.#methods = methods;
    this.#lifeSigns = lifeSignTimes(options);
    const { clock = systemClock } = options;
    this.#backlog = new Backlog(() => clock.monotonic());
  }

  /** Where it stands. */
  get status(): LinkStatus {
    if (this.#isClosed) return "closed";
    if (this.caller !== undefined) return "connected";
    return this.#attempt === undefined ? "idle" : "connecting";
  }

  /** The server, while connected. */
  get peer(): Peer | undefined {
    return this.caller === undefined ? undefined : this.#connection?.peer;
  }

  /** What calls the server, while connected. */
  get caller(): Caller | undefined {
    const connection = this.#connection;
    return connection?.isOpen && !connection.caller.isStopped ? connection.caller : undefined;
  }

  /**
   * Connects and signs in, unless that is done; joins the attempt that is under way.
   *
   * @returns What calls the server.
   * @throws {TransportError} `unavailable` when the server cannot be reached in time, or the link is
   * closed.
   * @throws {DariError} `unauthenticated` when the server does not accept the credential.
   */
  connect(): Promise<Caller> {
    if (this.#isClosed) return Promise.reject(closedError());
    const { caller } = this;
    if (caller !== undefined) return Promise.resolve(caller);
    this.#attempt ??= this.#startAttempt();
    return this.#attempt.caller;
  }

  /**
   * Sends a call: at once while connected, otherwise after connecting, in the order of sending.
   *
   * @param call The call. It fails with the error of connecting.
   */
  send(call: OutgoingCall): void {
    call.sender = this;
    const { caller } = this;
    if (caller !== undefined) return caller.send(call);
    if (this.#isClosed) return call.reject(closedError());
    this.#backlog.add(call);
    // The calls in the backlog are told when it fails.
    if (this.#attempt === undefined) this.connect().catch(() => {});
  }

  takeBack(call: OutgoingCall, error: DariError): void {
    if (++call.returns >= limits.maxAttempts) return call.reject(error);
    call.tellDeadline();
    this.send(call);
  }

  /** Ends the connection, and the attempt to make one; calls that wait reject with `unavailable`. */
  close(): Promise<void> {
    this.#isClosed = true;
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#attempt?.controller.abort(closedError());
    for (const call of this.#backlog.takeAll()) call.reject(closedError());
    const current = this.#connection;
    this.#connection = undefined;
    if (current !== undefined) await this.#endSession(current);
    await Promise.all([...this.#leaving, ...[current ?? []].flat()].map((connection) => {
      // Nothing is under way: there is no need to wait until the other side has seen the end.
      if (!connection.isQuiet) return connection.close();
      connection.abort("closed");
    }));
  }

  /** The calls end first: with the session they would fail as calls that were denied. */
  async #endSession({ isOpen, caller }: RpcConnection): Promise<void> {
    if (this.#signOut === undefined || !isOpen || caller.isStopped) return;
    caller.cancelAll(closedError());
    caller.waiting.rejectAll(closedError);
    await settlesWithin(this.#signOut(), limits.signOutTimeoutMs);
  }

  /** The connection outlives the call that happens to need it first. */
  #startAttempt(): Attempt {
    return runOutside(() => this.#beginAttempt());
  }

  #beginAttempt(): Attempt {
    const { connectTimeoutMs = limits.connectTimeoutMs } = this.#options;
    const controller = new AbortController();
    const { signal } = controller;
    const stopTimer = after(
      connectTimeoutMs,
      () => controller.abort(unavailable(`No connection within ${connectTimeoutMs} ms`)),
    );
    const caller = abortable(this.#open(signal), signal).catch((error) => {
      this.#attempt = undefined;
      const calls = this.#backlog.takeAll();
      for (const call of calls) {
        if (isRefusal(error)) this.takeBack(call, error);
        else call.reject(error);
      }
      throw error;
    }).finally(stopTimer);
    return { caller, controller };
  }

  /** Dials and signs in. Once the signal has aborted nobody waits for it, and nothing is kept. */
  async #open(signal: AbortSignal): Promise<Caller> {
    const { dial, signIn } = this.#options;
    const dialled = await dial(signal);
    if (signal.aborted) {
      dialled.abort();
      throw signal.reason;
    }
    const connection = this.#begin(dialled);
    signal.addEventListener("abort", () => connection.abort(signal.reason.message), { once: true });
    connection.run();
    let signOut: SignOut | void;
    try {
      signOut = await signIn?.({
        peer: connection.peer,
        closed: connection.closed,
        call: (method, params) => connection.caller.call(method, params),
      });
    } catch (error) {
      await connection.close();
      throw error;
    }
    const { caller } = connection;
    // Where another connection is silent, this one may be too: it has to say something first.
    if (this.caller !== undefined) await caller.ping();
    signal.throwIfAborted();
    if (!connection.isOpen) throw unavailable("The connection ended before it could be used");
    this.#attempt = undefined;
    const before = this.caller;
    [this.#connection, this.#signOut] = [connection, signOut ?? undefined];
    before?.stop(goingAway());
    caller.own(this.#ownerOf(connection));
    for (const call of this.#backlog.takeAll()) {
      if (caller.isStopped) this.takeBack(call, goingAway());
      else caller.send(call);
    }
    return caller;
  }

  #begin(dialled: Connection): RpcConnection {
    const { clock = systemClock } = this.#options;
    const connection = new RpcConnection(dialled, {
      methods: this.#methods,
      gate: createPeerGate(),
      observer: {},
      clock,
      callTimeoutMs: limits.callTimeoutMs,
      maxCallTimeoutMs: limits.maxCallTimeoutMs,
      maxCallsInFlight: limits.maxCallsInFlight,
      lifeSigns: this.#lifeSigns,
    });
    connection.principal = SERVER;
    if (this.#options.hello ?? true) connection.sayHello();
    return connection;
  }

  #ownerOf(connection: RpcConnection): CallerOwner {
    const { maxCallsInFlight = limits.maxCallsInFlight, onNotice } = this.#options;
    return {
      maxCallsInFlight,
      stopped: () => this.#leave(connection),
      doubted: () => this.#doubt(connection),
      noticed: guardCallback(onNotice ?? ignore, ignore),
      deprecated: (method, advice) => this.#deprecations.tell(method, advice),
    };
  }

  /**
   * The connection is silent, and may be dead or not: calls that may be made twice are made over
   * another one as well. They stay where they are until there is one that answers.
   */
  #doubt(connection: RpcConnection): void {
    const { waiting } = connection.caller;
    if (this.#isClosed || waiting.movable().length === 0) return;
    const move = () => {
      for (const hedge of waiting.movable()) this.send(hedge.again());
    };
    if (this.#connection !== connection) return move();
    if (this.#attempt !== undefined) return;
    this.#attempt = this.#startAttempt();
    this.#attempt.caller.then(move, () => {}); // nothing is lost, and the next look tries again
  }

  /** No more calls are made on this connection: it ends with the last that run. */
  #leave(connection: RpcConnection): void {
    const { waiting } = connection.caller;
    this.#leaving.add(connection);
    connection.closed.then(() => this.#leaving.delete(connection));
    const endIfIdle = () => {
      if (!waiting.isIdle) return;
      waiting.onRoom = undefined;
      connection.close(limits.drainTimeoutMs);
    };
    waiting.onRoom = endIfIdle;
    endIfIdle();
  }
}

const ignore = () => {};

function unavailable(message: string): TransportError {
  return new TransportError("unavailable", message);
}
/** Trying again does not help: a closed client stays closed. */
function closedError(): TransportError {
  return new TransportError("unavailable", "The client is closed", { retryable: false });
}
