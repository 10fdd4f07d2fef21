/**
 * Connections to a node:tls listener that have no TLS session yet.
 *
 * @module
 */

import type { TLSSocket } from "node:tls"; // see node_tls_connection.ts
import { reasonOf } from "../../../base/file/reason.ts";
import { HostGroups } from "../../../base/peer/host_groups.ts";
import { peerHost } from "../../../base/peer/peer_host.ts";
import { hostAndPort } from "../../address.ts";

const UNKNOWN = "an unknown address";

// The runtime has one code for all of these.
const UNTRUSTED = "its certificate is refused: it comes from an authority that is not trusted " +
  "here, lacks an intermediate, is not valid now, or is not for clients";
const reasons: Readonly<Record<string, string>> = {
  ECONNRESET: "the client ended the connection before the handshake was done",
  ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE: "it sent no certificate",
  ERR_SSL_NO_APPLICATION_PROTOCOL: "it speaks other protocols than dari/1 (ALPN)",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
};

/** A connection beneath TLS. */
export interface BeneathSocket {
  /** The other side's address, until it is closed. */
  readonly remoteAddress?: string | undefined;
  /** The other side's port, until it is closed. */
  readonly remotePort?: number | undefined;
  /** Calls back when it is closed. */
  once(event: "close", listener: () => void): unknown;
  /** Closes it now. */
  destroy(): unknown;
}

/**
 * The handshakes under way. Each is here from its TCP connection until `end` or until its socket is
 * closed. When there are too many, the address with the most loses its oldest one: a client that
 * does shake hands is done long before that.
 */
export class Handshakes {
  readonly #maxHandshakes: number;
  readonly #onDropped: (address: string, reason: string) => void;
  /** The host of each. */
  readonly #underWay = new Map<BeneathSocket, string>();
  readonly #hosts = new HostGroups<BeneathSocket>();
  /** A socket that is closed no longer knows its address. */
  readonly #addresses = new WeakMap<BeneathSocket, string>();
  /** Those that had to make room; `#onDropped` has heard of them. */
  readonly #dropped = new WeakSet<BeneathSocket>();

  /**
   * @param maxHandshakes The most at once.
   * @param onDropped Hears of each that had to make room.
   */
  constructor(maxHandshakes: number, onDropped: (address: string, reason: string) => void) {
    this.#maxHandshakes = maxHandshakes;
    this.#onDropped = onDropped;
  }

  /** How many are under way. */
  get size(): number {
    return this.#underWay.size;
  }

  /**
   * Begins a handshake.
   *
   * @param socket The TCP connection.
   */
  begin(socket: BeneathSocket): void {
    const { remoteAddress, remotePort = 0 } = socket;
    const address = remoteAddress === undefined ? UNKNOWN : hostAndPort(remoteAddress, remotePort);
    const host = peerHost(address);
    this.#addresses.set(socket, address);
    socket.once("close", () => this.#remove(socket));
    if (this.#underWay.size >= this.#maxHandshakes) this.#dropOne();
    this.#underWay.set(socket, host);
    this.#hosts.add(host, socket);
  }

  /**
   * Ends a handshake.
   *
   * @param beneath The connection that has a session now, or failed to get one.
   * @returns The other side's address; `undefined` where it had to make room.
   */
  end(beneath: BeneathSocket | undefined): string | undefined {
    if (beneath === undefined) return UNKNOWN;
    this.#remove(beneath);
    return this.addressOf(beneath);
  }

  /**
   * Where the other side of a handshake under way is.
   *
   * @param beneath The connection.
   * @returns Its address; `undefined` where it had to make room.
   */
  addressOf(beneath: BeneathSocket): string | undefined {
    return this.#dropped.has(beneath) ? undefined : this.#addresses.get(beneath) ?? UNKNOWN;
  }

  /** Drops all. */
  close(): void {
    for (const socket of this.#underWay.keys()) socket.destroy();
  }

  #dropOne(): void {
    const socket = this.#hosts.oldestOfFullest();
    if (socket === undefined) return;
    this.#remove(socket);
    this.#dropped.add(socket);
    this.#onDropped(
      this.#addresses.get(socket) ?? UNKNOWN,
      `${this.#maxHandshakes} handshakes were under way, and its address had the most`,
    );
    socket.destroy();
  }

  #remove(socket: BeneathSocket): void {
    const host = this.#underWay.get(socket);
    if (host === undefined) return;
    this.#underWay.delete(socket);
    this.#hosts.delete(host, socket);
  }
}

/**
 * Why a handshake failed.
 *
 * @param error What the runtime reported.
 * @param socket The socket that it reported.
 */
export function reasonOfHandshake(error: Error, socket: TLSSocket): string {
  // A refused certificate is reported as a connection that was reset; the socket knows better.
  const code = refusalCodeOf(socket) ?? (error as { code?: string }).code ?? "";
  const reason = reasons[code];
  if (reason === UNTRUSTED) return `${reason} (${code})`;
  return reason ?? `the handshake failed: ${reasonOf(error)}`;
}

function refusalCodeOf({ authorizationError }: TLSSocket): string | undefined {
  const code: unknown = authorizationError;
  if (typeof code === "string") return code;
  return (code as { code?: string } | null | undefined)?.code;
}

/**
 * The TCP connection beneath a server's TLS socket, which has its address and its end.
 *
 * @param socket The socket.
 */
export function beneathOf(socket: TLSSocket): BeneathSocket | undefined {
  return (socket as { _parent?: BeneathSocket })._parent;
}
