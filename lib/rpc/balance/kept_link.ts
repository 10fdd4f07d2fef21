/**
 * A connection to one of several servers: it is made again by itself, and its health is watched.
 *
 * @module
 */

import { after, delay } from "../../base/abort.ts";
import { type Clock, systemClock } from "../../base/clock.ts";
import { type DariError, TransportError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { Caller } from "../call/caller.ts";
import type { OutgoingCall } from "../call/outgoing_call.ts";
import { goingAway } from "../connection/draining.ts";
import { Backoff } from "../link/backoff.ts";
import { Link } from "../link/link.ts";
import { errorOf, mayPass } from "../link/link_errors.ts";
import type { LinkOptions } from "../link/link_options.ts";
import type { CallRoute, LinkOwner } from "../link/link_owner.ts";
import type { Presence } from "../link/status_board.ts";
import { askHealth, type HealthCheckSettings } from "./health_check.ts";

/** Hears what becomes of a connection. */
export interface KeptLinkEvents {
  /** Whether there is no other server. */
  readonly isAlone: boolean;
  /** Whether the connection is to be made again by itself: otherwise the next call does that. */
  readonly isWanted: boolean;
  /** It may take calls now, or may not any more. */
  changed(kept: KeptLink): void;
  /** There is no connection any more; `isBroken` where it did not end in order. */
  lost(isBroken: boolean): void;
  /** Where calls may go while the other side is silent; `undefined` for nowhere. */
  elsewhere(): CallRoute | undefined;
  /** Sends a call again that was not run. */
  takeBack(call: OutgoingCall, error: DariError): void;
}

/**
 * Keeps one connection to a server.
 *
 * Invariant: until it is ended, and as long as it is wanted, there is a connection, an attempt to make
 * one, a pause before the next attempt, or a credential that was refused.
 */
export class KeptLink implements LinkOwner {
  readonly link: Link;
  /** When it was last given a call, on the monotonic clock. */
  usedAt = 0;
  readonly #events: KeptLinkEvents;
  readonly #health: HealthCheckSettings | undefined;
  readonly #clock: Clock;
  readonly #backoff: Backoff;
  readonly #suspicionMs: number;
  /** Aborted by `close` and `retire`. */
  readonly #ended = new AbortController();
  /** What calls over the connection whose health is watched. */
  #caller: Caller | undefined;
  #connectedAt = 0;
  #isConnecting = false;
  /** What the server said last; `undefined` before its first answer. */
  #isServing: boolean | undefined;
  #isSilent = false;
  #stopPause = () => {};
  #stopSuspicion = () => {};
  #presence: Presence | undefined;
  #error: Error | undefined;

  /**
   * @param options How to connect and to sign in.
   * @param health How the server is asked whether it takes calls; `undefined` for not at all.
   * @param events Told what becomes of it.
   */
  constructor(
    options: LinkOptions,
    health: HealthCheckSettings | undefined,
    events: KeptLinkEvents,
  ) {
    this.#events = events;
    this.#health = health;
    this.#clock = options.clock ?? systemClock;
    this.#backoff = new Backoff(options.reconnect, options.random);
    this.#suspicionMs = limits.suspicionSigns * (options.lifeSignMs ?? limits.lifeSignMs);
    this.link = new Link(options, this);
  }

  /** Whether calls can be sent, and the server takes them. */
  get isReady(): boolean {
    return this.#isServing === true && this.link.caller !== undefined;
  }

  /** Whether the other side has said nothing for a while. */
  get isSilent(): boolean {
    return this.#isSilent;
  }

  /** Whether it will be known soon whether calls can be sent. */
  get isPending(): boolean {
    return this.#isConnecting || this.#caller !== undefined && this.#isServing === undefined;
  }

  /** What the connection has come to. */
  get presence(): Presence | undefined {
    return this.#presence;
  }

  /** Whether the server does not say that it takes no calls. */
  get isServing(): boolean {
    return this.#isServing !== false;
  }

  /** Why there is no connection. */
  get error(): Error | undefined {
    return this.#error;
  }

  /** Connects now, unless that is done or under way. */
  begin(): void {
    const { aborted } = this.#ended.signal;
    if (aborted || this.#isConnecting || this.link.caller !== undefined) return;
    this.#stopPause();
    this.#isConnecting = true;
    // A server may go away while it is being signed in: then there is nothing to call over.
    const usedUp = () => this.#isConnecting && this.#failed(goingAway());
    this.link.connect().then(usedUp, (error) => this.#failed(error));
  }

  /** Ends it; calls that run are rejected. */
  async close(): Promise<void> {
    this.#end();
    await this.link.close();
  }

  /** Takes no more calls. Resolves once those that run have ended, and the connection with them. */
  async retire(): Promise<void> {
    this.#end();
    await this.link.retire();
  }

  changed(presence: Presence, error: Error | undefined): void {
    this.#presence = presence;
    const { caller } = this.link;
    if (presence === "connected") {
      if (caller === this.#caller || caller === undefined) return;
      this.#isConnecting = false;
      this.#connected(caller);
    } else {
      this.#error = error ?? this.#error;
      if (this.#caller !== undefined) this.#lost(presence);
    }
    this.#events.changed(this);
  }

  doubted(): CallRoute | undefined {
    this.#stopSuspicion();
    this.#stopSuspicion = after(this.#suspicionMs, () => {
      this.#isSilent = false;
      this.#events.changed(this);
    }, { persistent: false });
    if (!this.#isSilent) {
      this.#isSilent = true;
      this.#events.changed(this);
    }
    return this.#events.elsewhere();
  }

  takeBack(call: OutgoingCall, error: DariError): void {
    this.#events.takeBack(call, error);
  }

  #connected(caller: Caller): void {
    this.#caller = caller;
    this.#error = undefined;
    this.#isSilent = false;
    this.#stopSuspicion();
    this.#stopPause();
    this.#connectedAt = this.#clock.monotonic();
    this.#isServing = this.#isAsked ? undefined : true;
    if (this.#health !== undefined) this.#watchHealth(caller, this.#health);
  }

  get #isAsked(): boolean {
    return this.#health !== undefined && (this.#health.isAskedAlone || !this.#events.isAlone);
  }

  /** Never rejects. Ends with the connection. */
  async #watchHealth(caller: Caller, settings: HealthCheckSettings): Promise<void> {
    const { signal } = this.#ended;
    do {
      const isServing = !this.#isAsked || await askHealth(caller, settings);
      if (this.#caller !== caller || signal.aborted) return;
      if (isServing === this.#isServing) continue;
      this.#isServing = isServing;
      this.#events.changed(this);
    } while (await passed(settings.intervalMs, signal) && this.#caller === caller);
  }

  #lost(presence: Presence): void {
    this.#caller = undefined;
    this.#isServing = undefined;
    const isOrderly = presence === "draining";
    this.#events.lost(!isOrderly);
    // A server that ends each new connection at once is not asked for the next one at once.
    const lived = this.#clock.monotonic() - this.#connectedAt >= this.#backoff.maxPauseMs;
    if (lived) this.#backoff.reset();
    this.#beginIn(lived && isOrderly ? 0 : this.#backoff.next());
  }

  #failed(error: unknown): void {
    this.#isConnecting = false;
    this.#error = errorOf(error);
    if (this.#ended.signal.aborted) return;
    if (mayPass(error)) this.#beginIn(this.#backoff.next());
    // Certificates are renewed. To sign in again and again by a wrong password would lock the account.
    else if (error instanceof TransportError) this.#beginIn(limits.refusedRetryMs);
    this.#events.changed(this);
  }

  #beginIn(ms: number): void {
    this.#stopPause();
    if (this.#ended.signal.aborted || !this.#events.isWanted) return;
    this.#stopPause = after(ms, () => this.begin(), { persistent: false });
  }

  #end(): void {
    this.#ended.abort();
    this.#stopPause();
    this.#stopSuspicion();
  }
}

function passed(ms: number, signal: AbortSignal): Promise<boolean> {
  return delay(ms, { signal, persistent: false }).then(() => true, () => false);
}
