/**
 * A socket that listens already, beneath a listener of node:tls that does not open its own.
 *
 * @module
 */

import type { Socket } from "node:net"; // what node:tls runs over

/** What to do with sockets that connect. */
export interface AcceptOptions {
  /** The most connections open at once; further ones are dropped. */
  readonly maxConnections: number;
  /** Takes a connection, which it owns from then on. */
  readonly onSocket: (socket: Socket) => void;
  /** Hears of a connection that was one too many: its address. */
  readonly onDropped: (address: string) => void;
  /** Hears when the socket had stopped accepting for want of descriptors. */
  readonly tell?: ((line: string, level: "warn") => void) | undefined;
}

/** The socket. */
export interface TlsAcceptor {
  /** Where it listens, where the runtime tells that. */
  readonly at: { readonly host: string; readonly port: number } | undefined;
  /** Begins to accept; called once. */
  accept(options: AcceptOptions): void;
  /** Whether a connection is one that the socket made to itself, to see whether it accepts. */
  isOwn(address: string): boolean;
  /** Stops to accept. */
  close(): void;
}
