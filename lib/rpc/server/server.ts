/**
 * The serving side: listeners, the sessions that came out of them, and an orderly end.
 *
 * @module
 */

import type { Gate } from "../../auth/sign_in/gate.ts";
import { type Clock, systemClock } from "../../base/clock.ts";
import { limits } from "../../base/limits.ts";
import type { Connection, Listener } from "../../transport/connection.ts";
import { builtinMethods } from "../dispatch/builtin.ts";
import type { Observer } from "../dispatch/dispatcher.ts";
import { Health } from "../dispatch/health.ts";
import type { MethodPool, Methods } from "../method/method.ts";
import { createOpenGate } from "./open_gate.ts";
import { registerMethods } from "../method/registry.ts";
import { Session, type SessionOptions } from "../connection/session.ts";

/** What a server is made with. */
export interface ServerOptions {
  /** The methods by name. */
  readonly methods: Methods;
  /** Names of methods that need no sign-in, beside those that say so themselves. */
  readonly public?: readonly string[] | undefined;
  /** What runs methods with `worker: true`, for instance a `WorkerPool`; its maker closes it. */
  readonly pool?: MethodPool | undefined;
  /**
   * Who is calling and what they may call.
   *
   * @default A gate that knows local connections and verified client certificates alone.
   */
  readonly gate?: Gate | undefined;
  /** Told what happens. */
  readonly observer?: Observer | undefined;
  /** Title and version for `rpc.discover`. */
  readonly info?: { readonly title: string; readonly version: string } | undefined;
  /**
   * The most connections open at once; more are closed as they come.
   *
   * @default {10_000}
   */
  readonly maxConnections?: number | undefined;
  /**
   * The most calls that one connection may have under way.
   *
   * @default {1_024}
   */
  readonly maxCallsInFlight?: number | undefined;
  /**
   * The deadline of a call that names none, in milliseconds.
   *
   * @default {30_000}
   */
  readonly callTimeoutMs?: number | undefined;
  /**
   * Time for a new connection to shake hands and to sign in or call a public method, in
   * milliseconds.
   *
   * @default {10_000}
   */
  readonly handshakeTimeoutMs?: number | undefined;
  /** Where the time comes from. */
  readonly clock?: Clock | undefined;
}

/** Serves methods over any number of listeners. */
export class Server implements AsyncDisposable {
  /** What `rpc.health` answers. */
  readonly health: Health = new Health();
  readonly #gate: Gate;
  readonly #observer: Observer;
  readonly #sessionOptions: SessionOptions;
  readonly #maxConnections: number;
  readonly #handshakeTimeoutMs: number;
  readonly #listeners: Listener[] = [];
  readonly #accepting: Promise<void>[] = [];
  readonly #sessions = new Set<Session>();
  readonly #stopWatching: () => void;
  #closing: Promise<void> | undefined;

  /**
   * Makes a server that listens nowhere yet.
   *
   * @param options Methods, identity and bounds.
   * @throws {TypeError} For a name that cannot be a method's, or a member that is no method.
   */
  constructor(options: ServerOptions) {
    const gate = options.gate ?? createOpenGate();
    const methods = registerMethods(options.methods, options.public, options.pool);
    const info = options.info ?? { title: "dari", version: "0.0.0" };
    const all = new Map(methods);
    for (const builtin of builtinMethods({ methods, gate, health: this.health, info })) {
      all.set(builtin.name, builtin);
    }
    this.#gate = gate;
    this.#observer = options.observer ?? {};
    this.#maxConnections = options.maxConnections ?? limits.maxConnections;
    this.#handshakeTimeoutMs = options.handshakeTimeoutMs ?? limits.handshakeTimeoutMs;
    this.#sessionOptions = {
      methods: all,
      gate,
      observer: this.#observer,
      clock: options.clock ?? systemClock,
      callTimeoutMs: options.callTimeoutMs ?? limits.callTimeoutMs,
      maxCallTimeoutMs: limits.maxCallTimeoutMs,
      maxCallsInFlight: options.maxCallsInFlight ?? limits.maxCallsInFlight,
    };
    this.#stopWatching = gate.onRevoked((principal) => {
      for (const session of this.#sessions) session.revoke(principal);
    });
  }

  /** Where the server listens, with real ports. */
  get addresses(): string[] {
    return this.#listeners.map(({ address }) => address);
  }

  /** How many connections are open. */
  get connections(): number {
    return this.#sessions.size;
  }

  /**
   * Serves what comes out of a listener.
   *
   * @param listener The listener; the server owns and closes it.
   */
  listen(listener: Listener): void {
    this.#listeners.push(listener);
    this.#accepting.push(this.#accept(listener));
  }

  /**
   * Serves a connection that is open already.
   *
   * @param connection The connection; the server owns and closes it.
   * @returns Once the connection has ended.
   */
  async attach(connection: Connection): Promise<void> {
    const session = new Session(connection, this.#sessionOptions);
    if (this.#closing || this.#sessions.size >= this.#maxConnections) {
      this.#observer.connectionClosed?.(
        connection.peer,
        this.#closing ? "the server is stopping" : `${this.#maxConnections} connections are open`,
      );
      session.abort("refused");
      return;
    }
    this.#sessions.add(session);
    const timer = setTimeout(
      () => session.abort("it neither signed in nor called a public method in time"),
      this.#handshakeTimeoutMs,
    );
    session.onAccepted = () => {
      clearTimeout(timer);
      session.onAccepted = undefined;
    };
    try {
      const principal = await this.#gate.identify(connection.peer);
      if (principal !== null) session.principal = principal;
      this.#observer.connectionOpened?.(connection.peer);
      await session.run();
      this.#observer.connectionClosed?.(connection.peer, await session.closed);
    } catch (error) {
      session.abort("identity");
      this.#observer.connectionClosed?.(
        connection.peer,
        error instanceof Error ? error.message : "refused",
      );
    } finally {
      clearTimeout(timer);
      this.#sessions.delete(session);
    }
  }

  /**
   * Stops in order: no new connections, no new calls, running calls finish, replies leave.
   *
   * @param drainTimeoutMs How long running calls may take, in milliseconds.
   */
  close(drainTimeoutMs: number = limits.drainTimeoutMs): Promise<void> {
    this.#closing ??= this.#stop(drainTimeoutMs);
    return this.#closing;
  }

  /** Stops as {@linkcode close} does. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #stop(drainTimeoutMs: number): Promise<void> {
    this.health.set("NOT_SERVING");
    this.#stopWatching();
    for (const listener of this.#listeners) listener.close();
    await Promise.all([...this.#sessions].map((session) => session.close(drainTimeoutMs)));
    await Promise.all(this.#accepting);
  }

  async #accept(listener: Listener): Promise<void> {
    const attached = new Set<Promise<void>>();
    for await (const connection of listener) {
      const running = this.attach(connection);
      attached.add(running);
      running.finally(() => attached.delete(running));
    }
    await Promise.all(attached);
  }
}
