/**
 * Which connections a server takes, and how long it keeps those that nobody has signed in.
 *
 * @module
 */

import type { Principal } from "../../auth/policy/principal.ts";
import { HostGroups } from "../../base/peer/host_groups.ts";
import { limits } from "../../base/limits.ts";
import { LOCAL_TRANSPORTS } from "../../base/peer/local_transports.ts";
import { peerHost } from "../../base/peer/peer_host.ts";
import { sharedAfter } from "../../base/shared_after.ts";
import type { Peer, TransportName } from "../../transport/connection.ts";

/** The bounds of a server's connections. */
export interface AdmissionOptions {
  /**
   * The most connections open at once; more are closed as they come. A tenth of them, at most 64, is
   * kept for peers of this machine, peers with a certificate, and peers that have signed in.
   *
   * @default {10_000}
   */
  readonly maxConnections?: number | undefined;
  /**
   * The most connections of one address (of IPv6: of one /64 network) that have not signed in.
   *
   * @default {1_000}
   */
  readonly maxConnectionsPerPeer?: number | undefined;
  /**
   * Time for a new connection to shake hands and to sign in or call a public method, in
   * milliseconds.
   *
   * @default {10_000}
   */
  readonly handshakeTimeoutMs?: number | undefined;
  /**
   * Time without a call after which a connection that has not signed in is closed, in milliseconds;
   * at most twice as long.
   *
   * @default {300_000}
   */
  readonly anonymousIdleMs?: number | undefined;
}

/** Counts by name that servers share, which have one set of places together. */
export interface SharedCounts {
  /** Adds to a count, and gives what it is then, of all servers. */
  change(name: string, by: number): number;
  /** Reads a count, of all servers. */
  of(name: string): number;
}

/** Connections that are open, and those of them that are strangers: names of shared counts. */
const OPEN = "open";
const STRANGERS = "strangers";

/** The part of a connection that admission needs. */
export interface AdmittedConnection {
  /** The other end. */
  readonly peer: Peer;
  /** The principal that signed the connection in; `null` where none did. */
  readonly principal: Principal | null;
  /** Whether no call is under way. */
  readonly isQuiet: boolean;
  /** Called when somebody signs in or a call may go ahead, until it is removed. */
  onAccepted: (() => void) | undefined;
  /** Called when the connection was signed in or out. */
  onPrincipal: (() => void) | undefined;
  /** Drops the connection. */
  abort(reason: string): void;
  /** Drops the connection once sign-ins that are under way have been refused. */
  expire(reason: string): void;
}

const localTransports: ReadonlySet<TransportName> = new Set(LOCAL_TRANSPORTS);

/**
 * The places of one server.
 *
 * A stranger is a connection that nobody has signed in, and that comes neither from this machine's
 * owner nor with a verified certificate. Strangers never take the last places, and where they have
 * taken all of theirs, the address with the most gives one up to an address that has fewer.
 *
 * Servers that share their counts keep one set of bounds together; each of them makes room among its
 * own connections alone.
 */
export class Admission {
  readonly #maxConnections: number;
  readonly #maxStrangers: number;
  readonly #maxPerPeer: number;
  readonly #handshakeTimeoutMs: number;
  readonly #idleMs: number;
  readonly #shared: SharedCounts | undefined;
  /** Every connection that entered and has not left. */
  readonly #open = new Set<AdmittedConnection>();
  /** Those of `#open` that are strangers, by their host. */
  readonly #strangers = new HostGroups<AdmittedConnection>();
  /** The next look at each connection, made by `#lookAfter` and forgotten by `leave`. */
  readonly #timers = new Map<AdmittedConnection, () => void>();

  /**
   * @param options The bounds.
   * @param shared Counts for several servers together; without them this one counts alone.
   */
  constructor(options: AdmissionOptions, shared?: SharedCounts) {
    const { maxConnections = limits.maxConnections } = options;
    const reserved = Math.min(
      Math.ceil(maxConnections * limits.reservedConnectionShare),
      limits.maxReservedConnections,
    );
    this.#maxConnections = maxConnections;
    this.#maxStrangers = Math.max(1, maxConnections - reserved);
    this.#maxPerPeer = options.maxConnectionsPerPeer ?? limits.maxConnectionsPerPeer;
    this.#handshakeTimeoutMs = options.handshakeTimeoutMs ?? limits.handshakeTimeoutMs;
    this.#idleMs = options.anonymousIdleMs ?? limits.anonymousIdleMs;
    this.#shared = shared;
  }

  /**
   * Gives a connection a place, which may cost a stranger its own.
   *
   * @param connection The connection; nothing was read from it yet.
   * @returns Why there is no place for it; `undefined` where it has one. It gives it back with
   * {@linkcode leave}.
   */
  enter(connection: AdmittedConnection): string | undefined {
    const fault = isKnown(connection) ? this.#makeRoom() : this.#makeRoomForStranger(connection);
    if (fault !== undefined) return fault;
    // Another server may have taken the last place in this moment.
    if (this.#shared !== undefined && this.#shared.change(OPEN, 1) > this.#maxConnections) {
      this.#shared.change(OPEN, -1);
      return this.#full();
    }
    this.#open.add(connection);
    this.#place(connection);
    const place = () => this.#place(connection);
    connection.onPrincipal = place;
    this.#watch(connection);
    return undefined;
  }

  /**
   * Takes a connection's place back.
   *
   * @param connection A connection that has ended.
   */
  leave(connection: AdmittedConnection): void {
    connection.onPrincipal = undefined;
    connection.onAccepted = undefined;
    if (this.#open.delete(connection)) this.#shared?.change(OPEN, -1);
    this.#removeStranger(peerHost(connection.peer.address), connection);
    this.#timers.get(connection)?.();
    this.#timers.delete(connection);
  }

  #place(connection: AdmittedConnection): void {
    const host = peerHost(connection.peer.address);
    if (isKnown(connection)) this.#removeStranger(host, connection);
    else if (this.#open.has(connection) && this.#strangers.add(host, connection)) {
      this.#shared?.change(STRANGERS, 1);
      this.#shared?.change(strangersOf(host), 1);
    }
  }

  #removeStranger(host: string, connection: AdmittedConnection): void {
    if (!this.#strangers.delete(host, connection)) return;
    this.#shared?.change(STRANGERS, -1);
    this.#shared?.change(strangersOf(host), -1);
  }

  get #openCount(): number {
    return this.#shared?.of(OPEN) ?? this.#open.size;
  }

  get #strangerCount(): number {
    return this.#shared?.of(STRANGERS) ?? this.#strangers.size;
  }

  #makeRoom(): string | undefined {
    if (this.#openCount < this.#maxConnections) return undefined;
    return this.#evict() ? undefined : this.#full();
  }

  #full(): string {
    return `${this.#maxConnections} connections are open`;
  }

  #makeRoomForStranger({ peer }: AdmittedConnection): string | undefined {
    const host = peerHost(peer.address);
    const own = this.#strangers.countOf(host);
    const has = this.#shared?.of(strangersOf(host)) ?? own;
    if (has >= this.#maxPerPeer) {
      return `${has} connections of its address are open that have not signed in`;
    }
    const open = this.#openCount;
    const strangers = this.#strangerCount;
    const isFull = strangers >= this.#maxStrangers || open >= this.#maxConnections;
    if (!isFull) return undefined;
    // An address that would have as many as the fullest afterwards has no better right to the place.
    if (this.#strangers.most > own + 1 && this.#evict()) return undefined;
    return `${open} connections are open, ${strangers} of which have not signed in`;
  }

  #evict(): boolean {
    const stranger = this.#strangers.oldestOfFullest();
    if (stranger === undefined) return false;
    this.leave(stranger);
    stranger.abort("it made room for another peer, and its address had the most connections");
    return true;
  }

  /** Drops the connection when it proves nothing in time, and later when it stays idle. */
  #watch(connection: AdmittedConnection): void {
    this.#lookAfter(connection, this.#handshakeTimeoutMs, (wasActive) => {
      if (wasActive) return this.#watchIdle(connection);
      connection.expire("it neither signed in nor called a public method in time");
    });
  }

  #watchIdle(connection: AdmittedConnection): void {
    this.#lookAfter(connection, this.#idleMs, (wasActive) => {
      if (wasActive || !connection.isQuiet) return this.#watchIdle(connection);
      connection.abort(`it had not signed in and made no call for ${this.#idleMs} ms`);
    });
  }

  #lookAfter(
    connection: AdmittedConnection,
    ms: number,
    look: (wasActive: boolean) => void,
  ): void {
    let wasActive = false;
    const accepted = () => {
      wasActive = true;
      connection.onAccepted = undefined; // the next calls pay nothing for it
    };
    connection.onAccepted = accepted;
    this.#timers.set(
      connection,
      sharedAfter(ms, () => look(wasActive || connection.principal !== null)),
    );
  }
}

function strangersOf(host: string): string {
  return `${STRANGERS} ${host}`;
}

function isKnown({ peer, principal }: AdmittedConnection): boolean {
  return principal !== null || peer.certificate !== undefined ||
    localTransports.has(peer.transport);
}
