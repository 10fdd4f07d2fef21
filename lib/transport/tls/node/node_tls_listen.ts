/**
 * TLS that asks for more than Deno's own listener has: client certificates, TLS 1.3 alone, a new
 * certificate without dropping a connection.
 *
 * @module
 */

import type { Socket } from "node:net";
import { createServer, type Server, type TLSSocket } from "node:tls"; // see node_tls_connection.ts
import type { Clock } from "../../../base/clock.ts";
import { DariError, TransportError } from "../../../base/errors.ts";
import { reasonOf } from "../../../base/files.ts";
import { limits } from "../../../base/limits.ts";
import { hostAndPort } from "../../address.ts";
import { CertificateWatch } from "./certificate_watch.ts";
import type { ChannelBinding, Connection, Listener, PeerCertificate } from "../../connection.ts";
import { checkKeyPair, splitAuthorities } from "../key_pair.ts";
import type { TlsCredentials } from "../key_pair.ts";
import { nodeTlsConnection } from "./node_tls_connection.ts";
import { type PeerChain, readPeerChain } from "./peer_chain.ts";
import { ALPN } from "../tls_connect.ts";

/** How client certificates are checked beyond what the handshake verifies. */
export interface ClientChecks {
  /**
   * Verifies what the handshake does not, and reads the client's certificate.
   *
   * @throws {Error} When the certificate is refused; the connection is refused for that reason.
   */
  readonly verifyClient: (chain: PeerChain) => Promise<PeerCertificate>;
  /** Whether a serial number (lower-case hexadecimal) was revoked. */
  readonly isRevoked: (serial: string) => boolean;
}

/** What {@linkcode listenNodeTls} needs. */
export interface NodeTlsListenOptions extends TlsCredentials, ClientChecks {
  /** A name or an IP address to listen on. */
  readonly host: string;
  /** The port; 0 lets the system choose. */
  readonly port: number;
  /**
   * The oldest version of TLS that is spoken.
   *
   * @default {"1.2"}
   */
  readonly tlsMin?: "1.2" | "1.3" | undefined;
  /** The application protocol that is negotiated. @default {"dari/1"} */
  readonly alpn?: string | undefined;
  /** Time to finish a handshake, in milliseconds. @default {10_000} */
  readonly handshakeTimeoutMs?: number | undefined;
  /** The most connections open at once, unfinished handshakes counted. @default {10_000} */
  readonly maxConnections?: number | undefined;
  /** Hears of each refused connection: its address, and why. */
  readonly onRefused?: ((address: string, reason: string) => void) | undefined;
  /** Where the time comes from. */
  readonly clock?: Clock | undefined;
}

/**
 * A listener over node:tls.
 *
 * A socket is in `#handshaking` from its TCP connection until it is admitted, refused or closed; an
 * admitted one is in `#waiting` until the loop over the listener takes it. `close` ends both kinds
 * and leaves the connections that were taken alone.
 */
export class NodeTlsListener implements Listener {
  /** Where it listens. */
  readonly address: string;
  /** Where it listens, in parts. */
  readonly at: { readonly host: string; readonly port: number };
  /** Takes a new connection out of the queue when it gives `true`; for the start-up trial. */
  claim: ((connection: Connection, socket: TLSSocket) => boolean) | undefined;
  /** Given by `listenNodeTls`; closed by `close`. */
  readonly #server: Server;
  readonly #options: NodeTlsListenOptions;
  /** Cuts open connections whose certificate expires or is revoked; each leaves it when it closes. */
  readonly #watch: CertificateWatch;
  readonly #waiting: Connection[] = [];
  readonly #handshaking = new Map<string, Socket>();
  /** The authorities of clients, as the last reload gave them. */
  #clientCa: string | undefined;
  /** What sign-ins can be bound to, as the last reload gave it. */
  #channelBindings: readonly ChannelBinding[] | undefined;
  #closed = false;
  /** Wakes the loop that waits for a connection or the end. */
  #wake: (() => void) | undefined;

  /**
   * @param server A server that listens.
   * @param options The options of `listenNodeTls`.
   */
  constructor(server: Server, options: NodeTlsListenOptions) {
    const { host } = options;
    const { port } = server.address() as { port: number };
    this.at = { host, port };
    this.address = `tls://${hostAndPort(host, port)}`;
    this.#server = server;
    this.#options = options;
    this.#watch = new CertificateWatch(options.isRevoked, options.clock);
    this.#clientCa = options.clientCa;
    this.#channelBindings = options.channelBindings;
    server.on("connection", (socket) => {
      const address = addressOf(socket);
      this.#handshaking.set(address, socket);
      socket.once("close", () => this.#handshaking.delete(address));
    });
    server.on("secureConnection", (socket) => this.#admit(socket));
    server.on("tlsClientError", (error, socket) => {
      // A handshake that was too slow is reported here, and its socket is left open.
      const address = this.#addressOfFailed(socket);
      socket.destroy();
      this.#options.onRefused?.(address, `the handshake failed: ${reasonOf(error)}`);
    });
  }

  /**
   * Replaces certificate, key and client authorities for new connections; open ones stay.
   *
   * @param credentials The new ones.
   * @throws {DariError} `configuration` when they cannot be used; the old ones stay then.
   */
  reload(credentials: TlsCredentials): void {
    if ((credentials.clientCa === undefined) !== (this.#clientCa === undefined)) {
      throw new DariError("configuration", "A reload cannot begin or end asking for certificates");
    }
    const context = contextOf(credentials, this.#options.tlsMin);
    this.#server.setSecureContext(context);
    this.#clientCa = credentials.clientCa;
    // A handshake that is under way may have sent the old certificate: its sign-in is refused.
    this.#channelBindings = credentials.channelBindings;
  }

  close(): void {
    this.#closed = true;
    this.#server.close();
    for (const socket of this.#handshaking.values()) socket.destroy();
    for (const connection of this.#waiting.splice(0)) connection.abort();
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Connection> {
    while (!this.#closed) {
      const connection = this.#waiting.shift();
      if (connection !== undefined) yield connection;
      else await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  async #admit(socket: TLSSocket): Promise<void> {
    const address = addressOf(socket);
    const channelBindings = this.#channelBindings;
    socket.on("error", () => {}); // the client may leave while it is checked
    const { certificate, fault } = await this.#check(socket);
    this.#handshaking.delete(address);
    if (fault !== undefined || this.#closed || socket.destroyed) {
      socket.destroy();
      if (fault !== undefined) this.#options.onRefused?.(address, fault);
      return;
    }
    const connection = nodeTlsConnection(socket, certificate, channelBindings);
    if (certificate !== undefined) {
      const forget = this.#watch.add(certificate, (reason) => connection.cut(reason));
      socket.once("close", forget);
    }
    if (this.claim?.(connection, socket)) return;
    this.#waiting.push(connection);
    this.#wake?.();
  }

  /** A TLS socket that was destroyed has lost its address; the TCP socket beneath it has not. */
  #addressOfFailed(socket: TLSSocket): string {
    if (socket.remotePort !== undefined) return addressOf(socket);
    for (const [address, { destroyed }] of this.#handshaking) if (destroyed) return address;
    return "an unknown address";
  }

  async #check(socket: TLSSocket): Promise<{ certificate?: PeerCertificate; fault?: string }> {
    if (this.#clientCa === undefined) return {};
    // Every node:tls server of a process shares one ticket key, so a TLS session of another listener,
    // or of a certificate that has expired since, is resumed here, past every check of certificates.
    if (socket.isSessionReused()) {
      return { fault: "it resumed a TLS session instead of sending its certificate" };
    }
    if (!socket.authorized) {
      return { fault: `its certificate is refused: ${socket.authorizationError}` };
    }
    try {
      const chain = readPeerChain(socket, this.#clientCa);
      if (chain === undefined) return { fault: "it sent no certificate" };
      const certificate = await this.#options.verifyClient(chain);
      const fault = this.#watch.faultOf(certificate);
      return fault === undefined ? { certificate } : { fault };
    } catch (error) {
      return { fault: reasonOf(error) };
    }
  }
}

/**
 * Listens with node:tls.
 *
 * @param options Where, with which certificate, and how clients are checked.
 * @throws {DariError} `configuration` when the key is not the certificate's or an authority cannot be
 * read.
 * @throws {TransportError} `unavailable` when the port is in use.
 */
export async function listenNodeTls(
  options: NodeTlsListenOptions,
): Promise<NodeTlsListener> {
  const { host, port, clientCa, tlsMin, alpn = ALPN } = options;
  const server = createServer({
    ...contextOf(options, tlsMin),
    requestCert: clientCa !== undefined,
    rejectUnauthorized: clientCa !== undefined,
    ALPNProtocols: [alpn],
    handshakeTimeout: options.handshakeTimeoutMs ?? limits.handshakeTimeoutMs,
    allowHalfOpen: true, // a client that has closed its side still gets the answers
  });
  server.maxConnections = options.maxConnections ?? limits.maxConnections;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause: Error & { code?: string }) => {
      const reason = cause.code === "EADDRINUSE"
        ? "the port is in use; stop the other program or choose another port"
        : reasonOf(cause);
      const where = hostAndPort(host, port);
      reject(new TransportError("unavailable", `Cannot listen on ${where}: ${reason}`, { cause }));
    });
    server.listen(port, host, () => resolve());
  });
  return new NodeTlsListener(server, options);
}

/** The credentials for node:tls, checked first because it does not. */
function contextOf({ cert, key, clientCa }: TlsCredentials, tlsMin: "1.2" | "1.3" = "1.2") {
  checkKeyPair({ cert, key });
  return {
    cert,
    key,
    minVersion: `TLSv${tlsMin}` as const,
    ...(clientCa === undefined ? {} : { ca: splitAuthorities(clientCa) }),
  };
}

function addressOf({ remoteAddress = "", remotePort = 0 }: Socket): string {
  return hostAndPort(remoteAddress, remotePort);
}
