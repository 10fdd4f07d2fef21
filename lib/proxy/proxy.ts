/**
 * Puts identity, rights and a record in front of a service that has none of them.
 *
 * @module
 */

import type { Principal } from "../auth/policy/principal.ts";
import type { Gate } from "../auth/sign_in/gate.ts";
import { abortable, after, settlesWithin } from "../base/abort.ts";
import { type Clock, systemClock } from "../base/clock.ts";
import { TransportError } from "../base/errors.ts";
import { reasonOf } from "../base/file/reason.ts";
import { limits } from "../base/limits.ts";
import type { Listener } from "../transport/connection.ts";
import type { PeerStream } from "../transport/peer_stream.ts";
import { relay, type Relayed } from "./relay.ts";

/** What a proxy is made with. */
export interface ProxyOptions {
  /** The service's name: the right to reach it is named `proxy:NAME`. */
  readonly name: string;
  /** Connects to the service. */
  readonly dial: (signal: AbortSignal) => Promise<PeerStream>;
  /**
   * Says who connects, and whether they may; absent, everyone who reaches the listener may.
   */
  readonly gate?: Pick<Gate, "identify" | "authorize" | "onRevoked"> | undefined;
  /** Hears of each connection, at its end. */
  readonly record?: ((record: ProxyRecord) => void) | undefined;
  /** The most connections at once; more are refused. @default {1_000} */
  readonly maxConnections?: number | undefined;
  /** How long nothing may move on a connection, in milliseconds. @default {3_600_000} */
  readonly idleMs?: number | undefined;
  /** Time to connect to the service, in milliseconds. @default {10_000} */
  readonly connectTimeoutMs?: number | undefined;
  /** Where the time comes from. */
  readonly clock?: Clock | undefined;
}

/** One connection, at its end. */
export interface ProxyRecord extends Relayed {
  /** The service's name. */
  readonly name: string;
  /** Where it came from. */
  readonly peer: string;
  /** The principal; `null` for a stranger. */
  readonly principal: string | null;
  /** How it ended: `denied` and `refused` are connections that never reached the service. */
  readonly outcome: "ended" | "cut" | "denied" | "refused" | "unreachable";
  /** How long it took, in milliseconds. */
  readonly durationMs: number;
}

/** A connection that is passed on. */
interface Passed {
  readonly near: PeerStream;
  /** Set once it is known. */
  principal: Principal | null;
}

/**
 * Passes the connections of listeners on to one service.
 *
 * Invariant: `#passed` has the connections between their check and their end.
 */
export class ServiceProxy implements AsyncDisposable {
  readonly #options: ProxyOptions;
  readonly #clock: Clock;
  readonly #listeners: Listener<PeerStream>[] = [];
  readonly #passed = new Set<Passed>();
  /** One promise a connection; each settles with its end. */
  readonly #running = new Set<Promise<void>>();
  readonly #stopWatching: () => void;
  readonly #recheck: ReturnType<typeof setInterval> | undefined;
  #isClosing = false;

  /** @param options The service, and who may reach it. */
  constructor(options: ProxyOptions) {
    const { gate, clock = systemClock } = options;
    this.#options = options;
    this.#clock = clock;
    this.#stopWatching = gate?.onRevoked((principal) => {
      this.#cut((passed) => passed.principal === principal, "the credential was revoked");
    }) ?? (() => {});
    if (gate !== undefined) {
      this.#recheck = setInterval(() => this.recheck(), limits.proxyRecheckMs);
    }
  }

  /** How many connections are passed on. */
  get connections(): number {
    return this.#passed.size;
  }

  /**
   * Passes on what comes out of a listener.
   *
   * @param listener The listener; the proxy owns and closes it.
   */
  listen(listener: Listener<PeerStream>): void {
    this.#listeners.push(listener);
    this.#accept(listener);
  }

  /** Cuts the connections of those who have lost the right, for instance by a new policy. */
  recheck(): void {
    this.#cut(({ principal }) => this.#faultOf(principal) !== undefined, "the right has ended");
  }

  /**
   * Accepts nothing more, and ends once all connections have.
   *
   * @param drainMs How long they may take, in milliseconds; then they are cut.
   * @returns How many were cut.
   */
  async close(drainMs: number = limits.drainTimeoutMs): Promise<number> {
    this.#isClosing = true;
    for (const listener of this.#listeners) listener.close();
    const ended = Promise.all(this.#running);
    const isDrained = await settlesWithin(ended, drainMs);
    const cut = isDrained ? 0 : this.#passed.size;
    if (!isDrained) this.#cut(() => true, "the proxy has stopped");
    await ended;
    this.#stopWatching();
    clearInterval(this.#recheck);
    return cut;
  }

  /** Ends as {@linkcode close} does. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #accept(listener: Listener<PeerStream>): Promise<void> {
    for await (const near of listener) {
      const running = this.#serve(near);
      this.#running.add(running);
      running.finally(() => this.#running.delete(running));
    }
  }

  /** Never rejects. */
  async #serve(near: PeerStream): Promise<void> {
    const startedAt = this.#clock.monotonic();
    const { name, gate, record, maxConnections = limits.maxProxyConnections } = this.#options;
    let principal: Principal | null = null;
    const end = (outcome: ProxyRecord["outcome"], relayed: Partial<Relayed>) => {
      near.close();
      record?.({
        ...{ name, peer: near.peer.address, principal: principal?.name ?? null, outcome },
        durationMs: this.#clock.monotonic() - startedAt,
        bytesIn: relayed.bytesIn ?? 0,
        bytesOut: relayed.bytesOut ?? 0,
        fault: relayed.fault,
      });
    };
    if (this.#isClosing) return end("refused", { fault: "the proxy is stopping" });
    if (this.#passed.size >= maxConnections) {
      return end("refused", { fault: `${maxConnections} connections are open` });
    }
    // It counts from here on, so that many at once cannot pass the bound together.
    const passed: Passed = { near, principal };
    this.#passed.add(passed);
    try {
      principal = await gate?.identify(near.peer) ?? null;
      passed.principal = principal;
      const denial = this.#faultOf(principal);
      if (denial !== undefined) return end("denied", { fault: denial });
      const far = await this.#dial().catch((error) =>
        end("unreachable", { fault: reasonOf(error) })
      );
      if (far === undefined) return;
      const relayed = await relay(near, far, this.#options.idleMs);
      end(relayed.fault === undefined ? "ended" : "cut", relayed);
    } catch (error) {
      end("refused", { fault: reasonOf(error) }); // it is not known who it is
    } finally {
      this.#passed.delete(passed);
    }
  }

  async #dial(): Promise<PeerStream> {
    const { dial, connectTimeoutMs = limits.connectTimeoutMs } = this.#options;
    const controller = new AbortController();
    const stopTimer = after(connectTimeoutMs, () =>
      controller.abort(
        new TransportError("unavailable", `No connection within ${connectTimeoutMs} ms`),
      ));
    const dialling = dial(controller.signal);
    try {
      return await abortable(dialling, controller.signal);
    } catch (error) {
      dialling.then((late) => late.close(), () => {});
      throw error;
    } finally {
      stopTimer();
    }
  }

  #faultOf(principal: Principal | null): string | undefined {
    const { gate, name } = this.#options;
    try {
      // As an administrative method: a pattern such as "*" gives nobody but admins this right.
      gate?.authorize(principal, `proxy:${name}`, this.#clock.now(), true);
      return undefined;
    } catch (error) {
      return reasonOf(error);
    }
  }

  #cut(isMeant: (passed: Passed) => boolean, reason: string): void {
    for (const passed of this.#passed) if (isMeant(passed)) passed.near.cut(reason);
  }
}
