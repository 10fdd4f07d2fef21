/**
 * One of several servers, and the connections to it.
 *
 * @module
 */

import { after } from "../../base/abort.ts";
import { type Clock, systemClock } from "../../base/clock.ts";
import type { DariError } from "../../base/errors.ts";
import type { OutgoingCall } from "../call/outgoing_call.ts";
import { type CallOutcome, tellEnd } from "../call/stream_call.ts";
import type { ConnectionState, ServerStatus } from "../link/client_status.ts";
import { unavailable } from "../link/link_errors.ts";
import type { LinkOptions } from "../link/link_options.ts";
import type { CallRoute } from "../link/link_owner.ts";
import type { Presence } from "../link/status_board.ts";
import type { ConnectionsOptions } from "./balance_options.ts";
import type { HealthCheckSettings } from "./health_check.ts";
import { KeptLink, type KeptLinkEvents } from "./kept_link.ts";
import type { Outliers, Standing } from "./outliers.ts";

/** The set that a server is in. */
export interface ServerSet {
  /** Compares the servers; `undefined` where none is set aside. */
  readonly outliers: Outliers | undefined;
  /** Whether there is one server alone. */
  readonly isAlone: boolean;
  /** Whether connections are to be made again by themselves. */
  readonly isWanted: boolean;
  /** A server may take calls now, or may not any more. */
  changed(server: BalancedServer): void;
  /** A connection ended. */
  lost(): void;
  /** Where calls may go instead of one server; `undefined` for nowhere. */
  elsewhere(server: BalancedServer): CallRoute | undefined;
  /** Keeps a call until there is a server. */
  wait(call: OutgoingCall): void;
  /** Sends a call again that was not run. */
  takeBack(call: OutgoingCall, error: DariError): void;
}

/** How a {@linkcode BalancedServer} is connected to. */
export interface BalancedServerOptions {
  /** How to connect and to sign in. */
  readonly link: LinkOptions;
  /** How many connections there may be. */
  readonly connections: Required<{ [K in keyof ConnectionsOptions]: number }>;
  /** How it is asked whether it takes calls; `undefined` for not at all. */
  readonly health: HealthCheckSettings | undefined;
}

/** One of several servers. It is `set`'s, which closes it. */
export class BalancedServer implements CallRoute, KeptLinkEvents {
  readonly address: string;
  readonly #options: BalancedServerOptions;
  readonly #set: ServerSet;
  readonly #clock: Clock;
  /** What its calls say of it. */
  readonly #standing: Standing | undefined;
  /** Its connections, one at least; the first is kept, the others come and go. */
  readonly #links: KeptLink[] = [];
  /** The connection that is being added. */
  #added: KeptLink | undefined;
  /** Ends the wait until the next look for connections without calls. */
  #stopSweep: (() => void) | undefined;
  #isEnded = false;

  /**
   * @param address Its address.
   * @param options How to connect.
   * @param set The set that it is in.
   */
  constructor(address: string, options: BalancedServerOptions, set: ServerSet) {
    this.address = address;
    this.#options = options;
    this.#set = set;
    this.#clock = options.link.clock ?? systemClock;
    this.#standing = set.outliers?.join();
    this.#links.push(this.#newLink());
  }

  get isAlone(): boolean {
    return this.#set.isAlone;
  }

  get isWanted(): boolean {
    return this.#set.isWanted;
  }

  /** Whether it takes calls. */
  get isReady(): boolean {
    return this.#links.some(({ isReady }) => isReady);
  }

  /** Whether others take calls rather than it, as long as there are others. */
  get isAvoided(): boolean {
    return this.#standing?.isSetAside === true || this.#links.every(({ isSilent }) => isSilent);
  }

  /** Whether it will be known soon whether it takes calls. */
  get isPending(): boolean {
    return this.#links.some(({ isPending }) => isPending);
  }

  /** What its connections have come to; `undefined` before the first. */
  get presence(): Presence | undefined {
    const presences = this.#links.map(({ presence }) => presence);
    return (["connected", "draining", "away"] as const).find((one) => presences.includes(one));
  }

  /** How many calls are under way there. */
  get outstanding(): number {
    const [first] = this.#links;
    if (this.#links.length === 1 && first !== undefined) return first.link.outstanding;
    return this.#links.reduce((sum, { link }) => sum + link.outstanding, 0);
  }

  /** A connection to it. */
  get peer() {
    return this.#links.find(({ link }) => link.peer !== undefined)?.link.peer;
  }

  /** Why it takes no calls. */
  get error(): Error | undefined {
    if (this.isReady) return undefined;
    if (this.#links.every(({ isServing }) => isServing)) {
      return this.#links.find(({ error }) => error !== undefined)?.error;
    }
    return unavailable(`${this.address} says that it takes no calls (rpc.health)`);
  }

  /** What it is like now. */
  get status(): ServerStatus {
    return {
      address: this.address,
      state: this.#state(),
      connections: this.#links.filter(({ link }) => link.caller !== undefined).length,
      calls: this.outstanding,
      isServing: this.#links.some(({ isServing }) => isServing),
      isSetAside: this.#standing?.isSetAside === true,
      error: this.error,
    };
  }

  /** Connects, unless that is done or under way. */
  begin(): void {
    for (const kept of this.#links) kept.begin();
  }

  send(call: OutgoingCall): void {
    const kept = this.#leastBusy();
    if (kept === undefined) return this.#set.wait(call);
    if (this.#options.connections.max > 1) this.#grow(kept);
    if (this.#standing !== undefined && !this.#set.isAlone) this.#track(call, kept);
    kept.link.send(call);
  }

  /** Ends its connections; calls that run are rejected. */
  async close(): Promise<void> {
    await this.#end((kept) => kept.close());
  }

  /** Takes no more calls. Resolves once those that run have ended. */
  async retire(): Promise<void> {
    await this.#end((kept) => kept.retire());
  }

  changed(kept: KeptLink): void {
    if (kept === this.#added) return this.#addedChanged(kept);
    const index = this.#links.indexOf(kept);
    if (index < 0) return;
    if (kept.presence === "away" && this.#links.some((other) => other.isReady)) {
      this.#links.splice(index, 1);
      kept.close();
    }
    this.#set.changed(this);
  }

  lost(isBroken: boolean): void {
    if (isBroken && this.#standing !== undefined) this.#set.outliers?.broke(this.#standing);
    this.#set.lost();
  }

  elsewhere(): CallRoute | undefined {
    return this.#set.elsewhere(this);
  }

  takeBack(call: OutgoingCall, error: DariError): void {
    this.#set.takeBack(call, error);
  }

  #leastBusy(): KeptLink | undefined {
    const [first] = this.#links;
    if (this.#links.length === 1) return first?.isReady ? first : undefined;
    return this.#leastBusyOf(({ isSilent }) => !isSilent) ?? this.#leastBusyOf(() => true);
  }

  #leastBusyOf(isEligible: (kept: KeptLink) => boolean): KeptLink | undefined {
    let best: KeptLink | undefined;
    let fewest = Infinity;
    for (const kept of this.#links) {
      if (!kept.isReady || !isEligible(kept)) continue;
      const { outstanding } = kept.link;
      if (outstanding >= fewest) continue;
      best = kept;
      fewest = outstanding;
    }
    return best;
  }

  /** Has a call tell how the server does, wherever else it is sent before. */
  #track(call: OutgoingCall, kept: KeptLink): void {
    const resolve = call.resolve.bind(call), reject = call.reject.bind(call);
    const begunAt = this.#clock.monotonic();
    const tookMs = () => call.kind === "call" ? this.#clock.monotonic() - begunAt : undefined;
    const standing = this.#standing as Standing;
    const outcome: CallOutcome = {
      succeeded: () => this.#set.outliers?.succeeded(standing, tookMs()),
      failed: (error) => this.#set.outliers?.failed(standing, error, tookMs()),
    };
    const { stream } = call;
    const succeed = (result: unknown) => {
      if (call.sender === kept) tellEnd(stream, outcome);
      resolve(result);
    };
    const fail = (error: unknown) => {
      if (call.sender === kept) tellEnd(stream, outcome, error);
      reject(error);
    };
    [call.resolve, call.reject] = [succeed, fail];
  }

  /** Opens one more connection where all are busy. */
  #grow(busiest: KeptLink): void {
    const { max, callsEach } = this.#options.connections;
    busiest.usedAt = this.#clock.monotonic();
    if (this.#added !== undefined || this.#links.length >= max) return;
    if (busiest.link.outstanding < callsEach) return;
    this.#added = this.#newLink();
    this.#added.usedAt = busiest.usedAt;
    this.#added.begin();
  }

  #addedChanged(kept: KeptLink): void {
    if (kept.isPending) return;
    this.#added = undefined;
    if (!kept.isReady) return void kept.close(); // a call that finds all busy tries again
    this.#links.push(kept);
    this.#sweepIn(this.#options.connections.idleMs);
  }

  #newLink(): KeptLink {
    return new KeptLink(this.#options.link, this.#options.health, this);
  }

  #sweepIn(ms: number): void {
    this.#stopSweep ??= after(ms, () => {
      this.#stopSweep = undefined;
      this.#sweep();
    }, { persistent: false });
  }

  /** Closes connections that had no call for a while. */
  #sweep(): void {
    const { idleMs } = this.#options.connections;
    const idleSince = this.#clock.monotonic() - idleMs;
    for (const kept of this.#links.slice(1)) {
      if (kept.link.outstanding > 0 || kept.usedAt > idleSince) continue;
      this.#links.splice(this.#links.indexOf(kept), 1);
      kept.close();
    }
    if (this.#links.length > 1) this.#sweepIn(idleMs / 2);
  }

  #state(): ConnectionState {
    if (this.#isEnded) return "closed";
    return this.presence ?? (this.isPending ? "connecting" : "idle");
  }

  async #end(end: (kept: KeptLink) => Promise<void>): Promise<void> {
    this.#isEnded = true;
    this.#stopSweep?.();
    this.#added?.close();
    if (this.#standing !== undefined) this.#set.outliers?.leave(this.#standing);
    await Promise.all(this.#links.map(end));
  }
}
