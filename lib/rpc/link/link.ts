/**
 * The way to one address: a connection that is signed in, and made again after it broke.
 *
 * @module
 */

import { runOutside } from "../../base/context/ambient_call.ts";
import { settlesWithin } from "../../base/abort.ts";
import type { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { Peer } from "../../transport/connection.ts";
import type { Caller } from "../call/caller.ts";
import type { CallerOwner, CallSender, OutgoingCall } from "../call/outgoing_call.ts";
import { goingAway } from "../connection/draining.ts";
import type { RpcConnection } from "../connection/rpc_connection.ts";
import { guardCallback } from "../observer_guard.ts";
import { type Attempt, beginAttempt } from "./attempt.ts";
import { Deprecations } from "./deprecations.ts";
import { closedError, errorOf, unavailable } from "./link_errors.ts";
import type { LinkOptions, SignOut } from "./link_options.ts";
import type { LinkOwner } from "./link_owner.ts";
import { Opener } from "./opener.ts";
import { PatientBacklog } from "./patient_backlog.ts";

/**
 * - `idle`: not connected yet, or the connection broke; the next call connects;
 * - `connecting`: dialling or signing in;
 * - `connected`: calls can be sent;
 * - `closed`: for good.
 */
export type LinkStatus = "idle" | "connecting" | "connected" | "closed";

/**
 * The way to one address.
 *
 * Invariant: at most one attempt is under way, and none begins once the link is closed, or while a
 * connection is open that does not seem to be dead. A link that is closed has no connection. While
 * calls wait here an attempt is under way, or a pause before the next one, and what is called later
 * waits behind them.
 */
export class Link implements CallSender {
  readonly #options: LinkOptions;
  readonly #owner: LinkOwner | undefined;
  /** Takes the calls back that were not run. */
  readonly #sender: CallSender;
  readonly #opener: Opener;
  readonly #deprecations: Deprecations;
  /** The newest connection, signed in. An attempt makes it; its end, or `close`, ends it. */
  #connection: RpcConnection | undefined;
  /** Ends the session of that connection. */
  #signOut: SignOut | undefined;
  /** Connections that take no new calls, and when their last ones have been answered. */
  readonly #leaving = new Map<RpcConnection, Promise<void>>();
  /** Made by `connect` and over when it settles, at `connectTimeoutMs`, or with `close`. */
  #attempt: Attempt | undefined;
  /** The calls that wait for the connection. */
  readonly #backlog: PatientBacklog;
  /** Why there is no connection; `undefined` while there is one. */
  #error: Error | undefined;
  /** Whether its last calls are answered before it is closed. */
  #isRetired = false;
  /** Set by `close`, once: first that nothing is begun any more, then when it has ended. */
  #isClosed = false;
  #closing: Promise<void> | undefined;

  /**
   * @param options How to connect and to sign in, and what the server may call.
   * @param owner The balancer or picker that has this link; told of changes, and given calls back.
   * @throws {TypeError} For methods that cannot be offered.
   * @throws {RangeError} For times that cannot be used.
   */
  constructor(options: LinkOptions, owner?: LinkOwner) {
    this.#options = options;
    this.#owner = owner;
    this.#sender = owner ?? this;
    this.#deprecations = new Deprecations(options.onDeprecated);
    this.#opener = new Opener(options);
    this.#backlog = new PatientBacklog(options, () => this.#error, () => {
      this.connect().catch(ignore);
    });
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

  /** Why there is no connection; `undefined` where there is one or none was needed. */
  get error(): Error | undefined {
    return this.#error;
  }

  /** How many calls wait for replies, for their turn, or for the connection. */
  get outstanding(): number {
    const { caller } = this;
    return caller === undefined ? this.#backlog.size : caller.waiting.size + caller.queued;
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
    call.sender = this.#sender;
    const { caller } = this;
    if (caller !== undefined) return caller.send(call);
    if (this.#isClosed) return call.reject(closedError());
    const isInTime = this.#backlog.add(call);
    // The calls in the backlog are told when it fails.
    if (this.#attempt === undefined && isInTime) this.connect().catch(ignore);
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

  /**
   * Takes no more calls, and is closed once those that run are answered.
   *
   * @returns Once it is closed, and its session ended.
   */
  async retire(): Promise<void> {
    if (!this.#isClosed) {
      this.#isClosed = this.#isRetired = true;
      this.#attempt?.abort(closedError());
      this.#connection?.caller.stop(goingAway());
      await Promise.all(this.#leaving.values());
    }
    await this.close();
  }

  async #close(): Promise<void> {
    this.#attempt?.abort(closedError());
    for (const call of this.#backlog.takeAll()) call.reject(closedError());
    const current = this.#connection;
    this.#connection = undefined;
    if (current !== undefined) await this.#endSession(current);
    const connections = [...this.#leaving.keys()];
    if (current !== undefined) connections.push(current);
    await Promise.all(connections.map((connection) => {
      // Nothing is under way: there is no need to wait until the other side has seen the end.
      if (!connection.isQuiet) return connection.close();
      connection.abort("closed");
    }));
  }

  /** The calls end first: with the session they would fail as calls that were denied. */
  async #endSession({ isOpen, caller }: RpcConnection): Promise<void> {
    const isLeft = caller.isStopped && !this.#isRetired;
    if (this.#signOut === undefined || !isOpen || isLeft) return;
    caller.cancelAll(closedError());
    caller.waiting.rejectAll(closedError);
    await settlesWithin(this.#signOut(), limits.signOutTimeoutMs);
  }

  /** The connection outlives the call that happens to need it first. */
  #startAttempt(): Attempt {
    const { connectTimeoutMs = limits.connectTimeoutMs } = this.#options;
    const open = (signal: AbortSignal) => this.#open(signal);
    return runOutside(() => beginAttempt(open, connectTimeoutMs, (error) => this.#failed(error)));
  }

  /** No connection could be made: calls that wait for a server go on waiting, the others fail. */
  #failed(error: unknown): void {
    this.#attempt = undefined;
    if (this.caller === undefined) this.#error = errorOf(error);
    this.#backlog.failed(error, this.#sender);
    this.#tell();
  }

  /** Tells the owner where the link stands. */
  #tell(): void {
    if (this.#owner === undefined || this.#isClosed) return;
    const presence = this.caller !== undefined
      ? "connected"
      : this.#leaving.size > 0
      ? "draining"
      : "away";
    this.#owner.changed(presence, this.#error);
  }

  /** Dials and signs in. Once the signal has aborted nobody waits for it, and nothing is kept. */
  async #open(signal: AbortSignal): Promise<Caller> {
    // Where another connection is silent, this one may be too: it has to say something first.
    const mustAnswer = () => this.caller !== undefined;
    const { connection, signOut } = await this.#opener.open(signal, mustAnswer);
    const { caller } = connection;
    if (signal.aborted) connection.abort(signal.reason.message);
    signal.throwIfAborted();
    if (!connection.isOpen) throw unavailable("The connection ended before it could be used");
    this.#attempt = undefined;
    const before = this.caller;
    [this.#connection, this.#signOut, this.#error] = [connection, signOut, undefined];
    before?.stop(goingAway());
    connection.closed.then((reason) => this.#ended(connection, reason));
    caller.own(this.#ownerOf(connection));
    for (const call of this.#backlog.takeAll()) {
      if (caller.isStopped) this.#sender.takeBack(call, goingAway());
      else caller.send(call);
    }
    this.#tell();
    return caller;
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
    if (this.#isClosed && !this.#isRetired) return;
    const others = this.#owner?.doubted();
    if (waiting.movable().length === 0) return;
    const move = () => {
      for (const hedge of waiting.movable()) (others ?? this).send(hedge.again());
    };
    if (others !== undefined || this.#connection !== connection) return move();
    if (this.#attempt !== undefined) return;
    this.#attempt = this.#startAttempt();
    this.#attempt.caller.then(move, ignore); // nothing is lost, and the next look tries again
  }

  /** No more calls are made on this connection: it ends with the last that run. */
  #leave(connection: RpcConnection): void {
    const { waiting } = connection.caller;
    const idle = Promise.withResolvers<void>();
    this.#leaving.set(connection, idle.promise);
    connection.closed.then(() => idle.resolve());
    const endIfIdle = () => {
      if (!waiting.isIdle) return;
      waiting.onRoom = undefined;
      idle.resolve();
      if (!this.#isRetired) connection.close(limits.drainTimeoutMs);
    };
    waiting.onRoom = endIfIdle;
    endIfIdle();
    if (this.#connection === connection) this.#tell();
  }

  #ended(connection: RpcConnection, reason: string | undefined): void {
    this.#leaving.delete(connection);
    if (this.caller !== undefined || this.#closing !== undefined) return;
    const why = reason === undefined ? "" : `: ${reason}`;
    this.#error ??= unavailable(`The connection to ${connection.peer.address} ended${why}`);
    this.#tell();
  }
}

const ignore = () => {};
