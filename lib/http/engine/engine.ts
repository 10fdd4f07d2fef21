/**
 * What takes HTTP requests in. There are two: Deno.serve, which is fast, and node:https with an HTTP/2 of
 * our own, which has time-outs for slow requests, bounds on headers, and client certificates.
 *
 * @module
 */

import type { PeerCertificate } from "../../transport/connection.ts";
import type { TlsCredentials } from "../../transport/tls/key_pair.ts";
import type { HttpHandler } from "./http_message.ts";

/** The name of an engine. */
export type EngineName = "fast" | "strict";

/** How client certificates are checked beyond what the handshake verifies. */
export interface ClientCertificates {
  /**
   * Whether a request without one is refused. A TLS session that was resumed counts as one without,
   * and browsers resume nearly all of them.
   */
  readonly required: boolean;
  /**
   * Checks the certificate of a connection whose handshake is over.
   *
   * @param socket The connection, a `TLSSocket` of node:tls.
   * @returns The certificate, or why it is refused; `{}` where the client sent none.
   */
  check(socket: unknown): Promise<{
    readonly certificate?: PeerCertificate;
    readonly fault?: string;
  }>;
  /**
   * Watches the certificate of an open connection.
   *
   * @param certificate The certificate.
   * @param cut Ends the connection.
   * @returns Ends the watch.
   */
  watch(certificate: PeerCertificate, cut: () => void): () => void;
}

/** What an engine is opened with. */
export interface EngineOptions {
  /** A name or an IP address to listen on; node's sockets need the permission for its address. */
  readonly host: string;
  /** The port; 0 lets the system choose. */
  readonly port: number;
  /** The server's certificate, and the authorities of its clients. */
  readonly credentials: TlsCredentials;
  /** Checks client certificates; the strict engine alone can. */
  readonly clients?: ClientCertificates | undefined;
  /** The oldest version of TLS that is spoken; the strict engine alone can refuse 1.2. */
  readonly tlsMin?: "1.2" | "1.3" | undefined;
  /** The most connections open at once (strict engine). */
  readonly maxConnections: number;
  /** The most connections of one address (strict engine). */
  readonly maxConnectionsPerPeer: number;
  /** Time for headers to come whole, in milliseconds (strict engine). */
  readonly headersTimeoutMs: number;
  /** Time for a request to come whole, in milliseconds (strict engine). */
  readonly requestTimeoutMs: number;
  /** Time for a TLS handshake, in milliseconds (strict engine). */
  readonly handshakeTimeoutMs: number;
  /** Time after which a connection without a request is closed, in milliseconds (strict engine). */
  readonly keepAliveMs: number;
  /** Time after which a client that takes nothing of its reply is cut, in milliseconds. */
  readonly stalledPeerMs: number;
  /** Hears of each refused connection: its address, and why. */
  readonly onRefused: (address: string, reason: string) => void;
  /** Answers the requests. */
  readonly handler: HttpHandler;
}

/** An engine that listens. */
export interface Engine {
  /** The real port. */
  readonly port: number;
  /**
   * Takes a new certificate into use for new connections.
   *
   * @param credentials The new ones.
   * @throws {DariError} `configuration` when they cannot be used; the old ones stay then.
   */
  reload(credentials: TlsCredentials): Promise<void>;
  /** Accepts no more connections, and closes those without a request. */
  stop(): void;
  /** Drops all connections. Resolves once they are gone. */
  close(): Promise<void>;
}
