/**
 * The way to one address: a connection that is signed in, and made again after it broke.
 *
 * @module
 */

import type { Principal } from "../../auth/policy/principal.ts";
import { abortable, after } from "../../base/abort.ts";
import { type Clock, systemClock } from "../../base/clock.ts";
import { TransportError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { Connection, Peer } from "../../transport/connection.ts";
import type { Caller } from "../call/caller.ts";
import { RpcConnection } from "../connection/rpc_connection.ts";
import type { Methods } from "../method/method.ts";
import { type RegisteredMethod, registerMethods } from "../method/registry.ts";
import { createPeerGate } from "../server/peer_gate.ts";

/** A connection that is open and about to be signed in. */
export interface OpenConnection {
  /** The server, and what a sign-in can be bound to. */
  readonly peer: Peer;
  /** Resolves when the connection has ended. */
  readonly closed: Promise<unknown>;
  /** Calls a method on it. */
  call(method: string, params: unknown): Promise<unknown>;
}

/** What a link is made with. */
export interface LinkOptions {
  /** Opens a connection. The signal ends the attempt; a connection that comes later is dropped. */
  readonly dial: (signal: AbortSignal) => Promise<Connection>;
  /** Signs a new connection in before anything else is sent on it. */
  readonly signIn?: ((connection: OpenConnection) => Promise<void>) | undefined;
  /** Methods that the server may call on this side. */
  readonly methods?: Methods | undefined;
  /**
   * Time for connecting and signing in, in milliseconds; `Infinity` for no limit.
   *
   * @default {10_000}
   */
  readonly connectTimeoutMs?: number | undefined;
  /** Where the time comes from. */
  readonly clock?: Clock | undefined;
}

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
 * Invariant: at most one attempt is under way, and none begins while a connection is open or once the
 * link is closed. A link that is closed has no connection.
 */
export class Link {
  readonly #options: LinkOptions;
  readonly #methods: ReadonlyMap<string, RegisteredMethod>;
  /** The newest connection, signed in. An attempt makes it; its end, or `close`, ends it. */
  #connection: RpcConnection | undefined;
  /** Made by `connect` and over when it settles, at `connectTimeoutMs`, or with `close`. */
  #attempt: Attempt | undefined;
  /** Set by `close`, once. */
  #closing: Promise<void> | undefined;

  /**
   * @param options How to connect and to sign in, and what the server may call.
   */
  constructor(options: LinkOptions) {
    this.#options = options;
    this.#methods = registerMethods(options.methods ?? {});
  }

  /** Where it stands. */
  get status(): LinkStatus {
    if (this.#closing !== undefined) return "closed";
    if (this.#connection?.isOpen) return "connected";
    return this.#attempt === undefined ? "idle" : "connecting";
  }

  /** The server, while connected. */
  get peer(): Peer | undefined {
    return this.#connection?.isOpen ? this.#connection.peer : undefined;
  }

  /** What calls the server, while connected. */
  get caller(): Caller | undefined {
    const connection = this.#connection;
    return connection?.isOpen ? connection.caller : undefined;
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
    if (this.#closing !== undefined) return Promise.reject(closedError());
    const { caller } = this;
    if (caller !== undefined) return Promise.resolve(caller);
    this.#attempt ??= this.#startAttempt();
    return this.#attempt.caller;
  }

  /** Ends the connection, and the attempt to make one; calls that wait reject with `unavailable`. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#attempt?.controller.abort(closedError());
    const connection = this.#connection;
    this.#connection = undefined;
    // Nothing is under way: there is no need to wait until the other side has seen the end.
    if (connection?.isQuiet) connection.abort("closed");
    else await connection?.close();
  }

  #startAttempt(): Attempt {
    const { connectTimeoutMs = limits.connectTimeoutMs } = this.#options;
    const controller = new AbortController();
    const { signal } = controller;
    const stopTimer = after(
      connectTimeoutMs,
      () => controller.abort(unavailable(`No connection within ${connectTimeoutMs} ms`)),
    );
    const caller = abortable(this.#open(signal), signal).finally(() => {
      stopTimer();
      this.#attempt = undefined;
    });
    return { caller, controller };
  }

  /** Dials and signs in. Once the signal has aborted nobody waits for it, and nothing is kept. */
  async #open(signal: AbortSignal): Promise<Caller> {
    const { dial, signIn, clock = systemClock } = this.#options;
    const dialled = await dial(signal);
    if (signal.aborted) {
      dialled.abort();
      throw signal.reason;
    }
    const connection = new RpcConnection(dialled, {
      methods: this.#methods,
      gate: createPeerGate(),
      observer: {},
      clock,
      callTimeoutMs: limits.callTimeoutMs,
      maxCallTimeoutMs: limits.maxCallTimeoutMs,
      maxCallsInFlight: limits.maxCallsInFlight,
    });
    connection.principal = SERVER;
    signal.addEventListener("abort", () => connection.abort(signal.reason.message), { once: true });
    connection.run();
    try {
      await signIn?.({
        peer: connection.peer,
        closed: connection.closed,
        call: (method, params) => connection.caller.call(method, params),
      });
    } catch (error) {
      await connection.close();
      throw error;
    }
    signal.throwIfAborted();
    this.#connection = connection;
    return connection.caller;
  }
}

/** The server, as the methods that a client offers see it: a client trusts its server. */
const SERVER: Principal = Object.freeze({
  name: "server",
  kind: "local",
  roles: [],
  credentialId: "server",
});

function unavailable(message: string): TransportError {
  return new TransportError("unavailable", message);
}

/** Trying again does not help: a closed client stays closed. */
function closedError(): TransportError {
  return new TransportError("unavailable", "The client is closed", { retryable: false });
}
