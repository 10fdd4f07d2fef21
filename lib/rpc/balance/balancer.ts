/**
 * Spreads the calls of one client over several servers.
 *
 * @module
 */

import { abortable } from "../../base/abort.ts";
import { systemClock } from "../../base/clock.ts";
import { runOutside } from "../../base/context/ambient_call.ts";
import type { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { Peer } from "../../transport/connection.ts";
import type { OutgoingCall } from "../call/outgoing_call.ts";
import { Backoff } from "../link/backoff.ts";
import { BoardStatus } from "../link/board_status.ts";
import type { ClientStatus, ConnectionState } from "../link/client_status.ts";
import { Deprecations } from "../link/deprecations.ts";
import { closedError, mayPass } from "../link/link_errors.ts";
import type { LinkOptions } from "../link/link_options.ts";
import type { CallRoute } from "../link/link_owner.ts";
import { PatientBacklog } from "../link/patient_backlog.ts";
import type { Picker } from "../link/picker.ts";
import { StatusBoard } from "../link/status_board.ts";
import type { BalanceOptions } from "./balance_options.ts";
import { type BalanceSettings, settingsOf } from "./balance_settings.ts";
import { choose } from "./choose.ts";
import { noServer } from "./no_server.ts";
import { Outliers } from "./outliers.ts";
import { BalancedServer, type ServerSet } from "./server.ts";
import type { Target, TargetSource } from "./target.ts";
import { TargetWatch } from "./target_watch.ts";

/** What a {@linkcode Balancer} is made with. */
export interface BalancerOptions extends BalanceOptions, Omit<LinkOptions, "dial"> {}

/** Somebody who waits for a server. */
interface Waiter extends PromiseWithResolvers<void> {
  /** Whether it waits on where no server can be reached. */
  readonly isPatient: boolean;
}

/**
 * Chooses the server of each call: of two that are picked at random the one that has fewer calls under
 * way. Calls that find no server wait here.
 *
 * Invariant: `#ready` are the servers that take calls; it is set anew with every change. While it is
 * empty and something can still change it by itself, calls wait.
 */
export class Balancer implements Picker, ServerSet, CallRoute {
  readonly outliers: Outliers | undefined;
  readonly status: ClientStatus;
  readonly #options: BalancerOptions;
  readonly #settings: BalanceSettings;
  readonly #random: () => number;
  readonly #board = new StatusBoard();
  readonly #watch: TargetWatch;
  readonly #backlog: PatientBacklog;
  readonly #waiters = new Set<Waiter>();
  /** By address. The watch adds and removes them. */
  readonly #servers = new Map<string, BalancedServer>();
  /** Servers whose last calls run. */
  readonly #leaving = new Set<BalancedServer>();
  #ready: readonly BalancedServer[] = [];
  /** Why it is not known which servers there are. */
  #error: Error | undefined;
  #wasReady = false;
  #isBegun = false;
  #closing: Promise<void> | undefined;

  /**
   * @param source Knows which servers there are.
   * @param options How calls are spread, and how servers are connected to.
   * @throws {RangeError} For numbers that cannot be used.
   */
  constructor(source: TargetSource, options: BalancerOptions) {
    const { clock = systemClock, random = Math.random, reconnect } = options;
    // A method that is deprecated is told of once, however many servers say so.
    const deprecations = new Deprecations(options.onDeprecated);
    const onDeprecated = (method: string, advice: string) => deprecations.tell(method, advice);
    this.#options = { ...options, onDeprecated };
    this.#settings = settingsOf(options);
    this.#random = random;
    this.outliers = options.outliers === false
      ? undefined
      : new Outliers(options.outliers ?? {}, clock, () => this.#update());
    this.#backlog = new PatientBacklog(options, () => this.#reason(), () => this.#beginAll());
    this.#watch = new TargetWatch(source, {
      found: (targets) => runOutside(() => this.#found(targets)),
      failed: (error) => {
        this.#error = error;
        this.#update();
      },
    }, {
      timeoutMs: options.connectTimeoutMs ?? limits.connectTimeoutMs,
      backoff: new Backoff(reconnect, random),
      clock,
    });
    this.status = new BoardStatus(this.#board, {
      state: () => this.#state(),
      servers: () => [...this.#servers.values()].map(({ status }) => status),
    });
  }

  get peer(): Peer | undefined {
    return this.#ready[0]?.peer;
  }

  get isAlone(): boolean {
    return this.#servers.size < 2;
  }

  /** As with one address: a connection that nobody needs is made with the next call. */
  get isWanted(): boolean {
    return !this.isAlone || this.#backlog.size > 0 || this.#waiters.size > 0;
  }

  pick(): CallRoute {
    return choose(this.#ready, this.#random) ?? this;
  }

  async connect(): Promise<void> {
    await this.#untilReady(false);
  }

  async ready(signal?: AbortSignal): Promise<void> {
    await this.#untilReady(true, signal);
  }

  /** There is no server: the call waits for one. */
  send(call: OutgoingCall): void {
    this.wait(call);
  }

  wait(call: OutgoingCall): void {
    call.sender = this;
    if (this.#closing !== undefined) return call.reject(closedError());
    if (this.#backlog.add(call)) this.#beginAll();
  }

  takeBack(call: OutgoingCall, error: DariError): void {
    if (++call.returns >= limits.maxAttempts) return call.reject(error);
    call.tellDeadline();
    if (this.#closing !== undefined) return call.reject(closedError());
    this.pick().send(call);
  }

  changed(server: BalancedServer): void {
    const { presence, error } = server;
    if (presence !== undefined) this.#board.server(server, server.address, presence, error);
    this.#update();
  }

  lost(): void {
    this.#watch.refresh();
  }

  elsewhere(server: BalancedServer): CallRoute | undefined {
    return this.#ready.some((other) => other !== server)
      ? { send: (call) => this.pick().send(call) }
      : undefined;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#watch.close();
    this.#ready = [];
    for (const waiter of this.#waiters) waiter.reject(closedError());
    this.#waiters.clear();
    for (const call of this.#backlog.takeAll()) call.reject(closedError());
    const servers = [...this.#servers.values(), ...this.#leaving];
    await Promise.all(servers.map((server) => server.close()));
    this.#board.close();
  }

  #beginAll(): void {
    runOutside(() => {
      if (!this.#isBegun || this.#servers.size === 0) this.#watch.refresh();
      this.#isBegun = true;
      for (const server of this.#servers.values()) server.begin();
    });
    this.#update();
  }

  async #untilReady(isPatient: boolean, signal?: AbortSignal): Promise<void> {
    if (this.#closing !== undefined) throw closedError();
    if (this.#ready.length > 0) return;
    const waiter: Waiter = { ...Promise.withResolvers<void>(), isPatient };
    this.#waiters.add(waiter);
    waiter.promise.catch(() => {}); // the signal may end the wait first
    this.#beginAll();
    // What is under way keeps no program running; somebody who waits for it does.
    const awake = setInterval(() => {}, limits.maxTimerMs);
    try {
      await abortable(waiter.promise, signal);
    } finally {
      clearInterval(awake);
      this.#waiters.delete(waiter);
    }
  }

  #found(targets: readonly Target[]): void {
    this.#error = undefined;
    const addresses = new Set(targets.map(({ address }) => address));
    for (const [address, server] of this.#servers) {
      if (!addresses.has(address)) this.#remove(server);
    }
    for (const target of targets) {
      if (!this.#servers.has(target.address)) this.#add(target);
    }
    // One that was alone may have waited for a call.
    for (const server of this.#servers.values()) server.begin();
    this.#update();
  }

  #add({ address, dial, signIn = this.#options.signIn }: Target): void {
    const { connections, health } = this.#settings;
    const link = { ...this.#options, dial, signIn };
    const server = new BalancedServer(address, { link, connections, health }, this);
    this.#servers.set(address, server);
  }

  #remove(server: BalancedServer): void {
    this.#servers.delete(server.address);
    this.#board.forget(server);
    this.#leaving.add(server);
    server.retire().then(() => this.#leaving.delete(server));
  }

  /** Something has changed: takes up what waits, or fails what cannot go on waiting. */
  #update(): void {
    if (this.#closing !== undefined) return;
    const able = [...this.#servers.values()].filter(({ isReady }) => isReady);
    const preferred = able.filter(({ isAvoided }) => !isAvoided);
    this.#ready = preferred.length > 0 ? preferred : able;
    this.#tellWhole();
    if (this.#ready.length > 0) return this.#takeUp();
    if (this.#isPending()) return;
    if (this.#isBegun) this.#watch.refresh();
    this.#failAll();
  }

  #takeUp(): void {
    this.#wasReady = true;
    this.#backlog.reset();
    for (const waiter of this.#waiters) waiter.resolve();
    if (this.#backlog.size === 0) return;
    for (const call of this.#backlog.takeAll()) this.pick().send(call);
  }

  #failAll(): void {
    if (this.#backlog.size === 0 && this.#waiters.size === 0) return;
    const error = this.#reason();
    for (const waiter of this.#waiters) {
      if (!waiter.isPatient || !mayPass(error)) waiter.reject(error);
    }
    if (this.#backlog.size > 0) this.#backlog.failed(error, this);
  }

  #isPending(): boolean {
    if (this.#servers.size === 0) return this.#watch.isAsking;
    return [...this.#servers.values()].some(({ isPending }) => isPending);
  }

  #reason(): Error {
    return noServer([...this.#servers.values()], this.#error);
  }

  #tellWhole(): void {
    const state = this.#state();
    if (state === "connected" || state === "draining" || state === "away") {
      this.#board.whole(state, this.#reason());
    }
  }

  #state(): ConnectionState {
    if (this.#closing !== undefined) return "closed";
    if (this.#ready.length > 0) return "connected";
    const servers = [...this.#servers.values()];
    if (servers.some(({ presence }) => presence === "draining")) return "draining";
    if (!this.#isBegun) return "idle";
    return this.#wasReady || !this.#isPending() ? "away" : "connecting";
  }
}
