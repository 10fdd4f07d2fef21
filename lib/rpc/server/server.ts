/**
 * The serving side: listeners, the connections that come out of them, and an orderly end.
 *
 * @module
 */

import { reasonOf } from "../../base/file/reason.ts";
import type { Gate } from "../../auth/sign_in/gate.ts";
import type { Principal } from "../../auth/policy/principal.ts";
import { systemClock } from "../../base/clock.ts";
import { limits } from "../../base/limits.ts";
import type { Connection, Listener } from "../../transport/connection.ts";
import { SharedBytes } from "../outbox/reply_budget.ts";
import { ownMethods } from "../builtin/own_methods.ts";
import { Health } from "../builtin/health.ts";
import { KeptAnswers } from "../idempotency/kept_answers.ts";
import { interceptMethods } from "../interceptor/intercept_method.ts";
import { lifeSignTimes } from "../connection/life_signs.ts";
import { RpcConnection } from "../connection/rpc_connection.ts";
import { traceMethods } from "../trace/trace_methods.ts";
import { registerMethods } from "../method/registry.ts";
import type { Observer } from "../observer.ts";
import { CallSources, type ServerInside, type Serving } from "./call_source.ts";
import { FailureReport } from "../failure_report.ts";
import { GuardedObservers } from "../observer_guard.ts";
import { CallSlots } from "../overload/call_slots.ts";
import { queueDelayTimes } from "../overload/overload_options.ts";
import { TurnQueue } from "../overload/turn_queue.ts";
import { Admission } from "./admission.ts";
import { ConnectionAge } from "./connection_age.ts";
import type { ServedConnection } from "../served_connection.ts";
import { createPeerGate } from "./peer_gate.ts";
import type { ServerOptions, SharedBounds } from "./server_options.ts";

let insideOfServer: (server: Server) => ServerInside;

/**
 * Opens a server to another transport of dari's own. Programs have no use for it.
 *
 * @param server The server.
 */
export function insideOf(server: Server): ServerInside {
  return insideOfServer(server);
}

/**
 * Serves methods over any number of listeners. `serve` makes one and listens at addresses.
 *
 * @example
 * ```ts
 * import { listenMemory, Server } from "@dari/dari";
 * import { assertEquals } from "@std/assert";
 *
 * await using server = new Server({ methods: { add: () => 3 } });
 * server.listen(listenMemory());
 * assertEquals(server.addresses, ["memory"]);
 * ```
 */
export class Server implements AsyncDisposable {
  /** The status that `rpc.health` answers; `NOT_SERVING` from {@linkcode close} on. */
  readonly health: Health = new Health();
  readonly #gate: Gate;
  /** Those of the options, which stay, and those that come and go; their members never throw. */
  readonly #observers: GuardedObservers;
  readonly #connectionOptions: Omit<Serving, "health">;
  readonly #answers: KeptAnswers | undefined;
  readonly #admission: Admission;
  readonly #age: ConnectionAge;
  /** Given by `listen`, closed by `close`. */
  readonly #listeners: Listener[] = [];
  /** One loop a listener; each ends when its listener and all connections out of it have ended. */
  readonly #accepting: Promise<void>[] = [];
  /** Made by `attach`, which removes each when it has ended. */
  readonly #connections = new Set<RpcConnection>();
  /** What other transports have joined; stopped by `close`. */
  readonly #sources = new CallSources();
  /** Ends the subscription to revocations; called by `close`. */
  readonly #stopWatching: () => void;
  /** The end of the server, once `close` was called. */
  #closing: Promise<void> | undefined;

  /**
   * Makes a server that listens nowhere yet.
   *
   * @param options Methods, identity and bounds.
   * @param shared What it shares with other servers.
   * @throws {TypeError} For a name that cannot be a method's, or a member that is no method.
   * @throws {RangeError} For times and numbers that cannot be used.
   */
  constructor(options: ServerOptions, shared: SharedBounds = {}) {
    const gate = options.gate ?? createPeerGate();
    const methods = registerMethods(options.methods, options.public, options.pool);
    interceptMethods(methods.values(), options.interceptors);
    traceMethods(methods.values(), options.tracer);
    const clock = options.clock ?? systemClock;
    const monotonic = () => clock.monotonic();
    const info = options.info ?? { title: "dari", version: "0.0.0" };
    const all = new Map(methods);
    const answers = options.idempotency === false
      ? undefined
      : new KeptAnswers(options.idempotency ?? {}, () => clock.now());
    this.#gate = gate;
    this.#observers = new GuardedObservers(options.observer ?? new FailureReport(monotonic));
    const { operations = {}, extensions, maxConcurrentCalls = Infinity } = options;
    const observer = this.#observers.all;
    const about = { methods, gate, health: this.health, info, monotonic, operations, observer };
    const own = ownMethods({ ...about, extensions, keepsAnswers: answers !== undefined });
    for (const method of own) all.set(method.name, method);
    this.#admission = new Admission(options, shared.connections);
    this.#age = new ConnectionAge(options);
    const times = { ...queueDelayTimes(options), onWaited: observer.requestsWaited };
    const slots = maxConcurrentCalls === Infinity
      ? undefined
      : new CallSlots(maxConcurrentCalls, times, monotonic);
    this.#connectionOptions = {
      turns: new TurnQueue(times),
      slots,
      methods: all,
      gate,
      observer,
      clock,
      callTimeoutMs: options.callTimeoutMs ?? limits.callTimeoutMs,
      maxCallTimeoutMs: limits.maxCallTimeoutMs,
      maxCallsInFlight: options.maxCallsInFlight ?? limits.maxCallsInFlight,
      answers,
      publishing: options.publishing,
      shared: shared.replyBytes ?? new SharedBytes(limits.maxServerReplyBytes),
      stalledPeerMs: options.stalledPeerMs ?? limits.stalledPeerMs,
      halfOpenProbeMs: options.halfOpenProbeMs,
      lifeSigns: lifeSignTimes(options),
      httpsAt: () => this.#sources.addresses[0] ?? shared.httpsAt,
    };
    this.#answers = answers;
    this.#stopWatching = gate.onRevoked((principal) => {
      answers?.runningOn.revoke(principal);
      for (const connection of this.#connections) connection.revoke(principal);
      this.#sources.revoke(principal);
    });
  }

  /** Where the server listens, with real ports. */
  get addresses(): string[] {
    return [...this.#listeners.map(({ address }) => address), ...this.#sources.addresses];
  }

  /** How many connections are open. */
  get connections(): number {
    return this.#connections.size;
  }

  /**
   * The connections that are open now, with the calls that run on each. A request of an HTTPS gateway
   * counts as a connection while it is at work.
   */
  get openConnections(): ServedConnection[] {
    return [...this.#connections, ...this.#sources.openConnections];
  }

  /** How many handlers are at work. */
  get running(): number {
    const { running: others } = this.#sources;
    return this.#connections.values().reduce((sum, { running }) => sum + running, others);
  }

  /** How many calls wait for the slot of a handler, where `maxConcurrentCalls` bounds them. */
  get waiting(): number {
    return this.#connectionOptions.slots?.waiting ?? 0;
  }

  /**
   * Adds an observer while the server runs. It may hear how a call ends that began before.
   *
   * @param observer The observer; its members are read now, once.
   * @returns Takes it away again when disposed of; while nobody hears of calls, they cost nothing.
   *
   * @example
   * ```ts
   * import { connect, listenMemory, serve } from "@dari/dari";
   * import { assertEquals } from "@std/assert";
   *
   * const memory = listenMemory();
   * await using server = await serve({ listen: memory, methods: { add: () => 3 }, observer: [] });
   * await using client = await connect(memory);
   * const ended: string[] = [];
   * using _watch = server.observe({ callEnded: ({ method }) => void ended.push(method) });
   * await client.call("add");
   * assertEquals(ended, ["add"]);
   * ```
   */
  observe(observer: Observer): Disposable {
    return this.#observers.add(observer);
  }

  /**
   * Takes up certificates whose files have changed, at once instead of with the next look at them.
   * A server that has none does nothing.
   */
  reload(): Promise<void> {
    return Promise.resolve();
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

  static {
    insideOfServer = (server) => ({
      serving: { ...server.#connectionOptions, health: server.health },
      join: (source) => server.#sources.join(source),
      attach: (connection, principal) => server.#attach(connection, principal),
    });
  }

  /**
   * Serves a connection that is open already.
   *
   * @param transport The connection; the server owns and closes it.
   * @returns Once the connection has ended.
   */
  async attach(transport: Connection): Promise<void> {
    await this.#attach(transport, null);
  }

  async #attach(transport: Connection, known: Principal | null): Promise<void> {
    const connection = new RpcConnection(transport, this.#connectionOptions);
    if (this.#closing) return this.#refuse(connection, "the server is stopping");
    const fault = this.#admission.enter(connection);
    if (fault !== undefined) return this.#refuse(connection, fault);
    this.#connections.add(connection);
    const forgetAge = this.#age.watch(connection);
    try {
      const principal = known ?? await this.#gate.identify(connection.peer);
      if (principal !== null) connection.principal = principal;
      this.#observers.all.connectionOpened?.(connection, transport);
      await connection.run();
      this.#observers.all.connectionClosed?.(connection, await connection.closed);
    } catch (error) {
      this.#refuse(connection, reasonOf(error));
    } finally {
      forgetAge();
      this.#admission.leave(connection);
      this.#connections.delete(connection);
    }
  }

  /**
   * Stops in order: no new connections, no new calls, running calls finish, replies leave. Clients
   * that know `rpc.drain` are told first, so that no call is lost on its way.
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
    for (const listener of this.#listeners) listener.close();
    const connections = [...this.#connections];
    const calls = this.running;
    this.#observers.all.serverStopping?.({ connections: connections.length, calls });
    const ranOn = this.#answers?.end(drainTimeoutMs);
    const cut = await Promise.all([
      ...connections.map((each) => each.close(drainTimeoutMs)),
      this.#sources.stop(drainTimeoutMs),
    ]);
    await Promise.all([...this.#accepting, ranOn]);
    await this.#answers?.end(0); // those whose connections broke meanwhile
    this.#stopWatching(); // until now calls ran, which a revocation ends
    const cutCalls = cut.reduce((sum, count) => sum + count, 0);
    this.#observers.all.serverStopped?.({ drained: Math.max(0, calls - cutCalls), cut: cutCalls });
  }

  #refuse(connection: RpcConnection, reason: string): void {
    this.#observers.all.connectionRefused?.(connection, reason);
    connection.abort("refused");
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
