/**
 * TLS that asks for more than Deno's own listener has: client certificates, TLS 1.3 alone, a new
 * certificate without dropping a connection.
 *
 * @module
 */

import type { Socket } from "node:net";
import { createServer, type Server, type TLSSocket } from "node:tls"; // see node_tls_connection.ts
import type { Clock } from "../../base/clock.ts";
import { DariError, TransportError } from "../../base/errors.ts";
import { reasonOf } from "../../base/files.ts";
import { limits } from "../../base/limits.ts";
import { formatAddress, hostAndPort } from "../address.ts";
import { CertificateWatch } from "./certificate_watch.ts";
import type { ChannelBinding, Connection, Listener, PeerCertificate } from "../connection.ts";
import { checkKeyPair, splitAuthorities } from "./key_pair.ts";
import type { TlsIdentity } from "./key_pair.ts";
import { nodeTlsConnection } from "./node_tls_connection.ts";
import { type ShownCertificates, shownCertificates } from "./shown_certificates.ts";
import { ALPN } from "./tls.ts";

/** What a listener shows and trusts; may be replaced while it runs. */
export interface TlsCredentials extends TlsIdentity {
  /** The authorities whose client certificates are accepted, PEM; absent, none is asked for. */
  readonly clientCa?: string | undefined;
}

/** How to judge the other side. */
export interface ClientJudgement {
  /**
   * Reads a client certificate, whose signatures the handshake has verified.
   *
   * @throws {Error} Where it is not fit for a client; the connection is refused for that reason.
   */
  readonly describe: (shown: ShownCertificates) => Promise<PeerCertificate>;
  /** Whether a serial number (lower-case hexadecimal) was revoked. */
  readonly isRevoked: (serial: string) => boolean;
}

/** What {@linkcode listenMutualTls} needs. */
export interface MutualTlsListenOptions extends TlsCredentials, ClientJudgement {
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
  /** The protocol that is agreed on. @default {"dari/1"} */
  readonly alpn?: string | undefined;
  /** Time to finish a handshake, in milliseconds. @default {10_000} */
  readonly handshakeTimeoutMs?: number | undefined;
  /** The most connections open at once, unfinished handshakes counted. @default {10_000} */
  readonly maxConnections?: number | undefined;
  /** Told of everyone who was not let in. */
  readonly onRefused?: ((address: string, reason: string) => void) | undefined;
  /** Where the time comes from. */
  readonly clock?: Clock | undefined;
}

/** A listener over node:tls. */
export class MutualTlsListener implements Listener {
  /** Where it listens. */
  readonly address: string;
  /** Where it listens, in parts. */
  readonly at: { readonly host: string; readonly port: number };
  /** Takes a new connection out of the queue, where it gives `true`; for the start-up trial. */
  claim: ((connection: Connection, socket: TLSSocket) => boolean) | undefined;
  readonly #server: Server;
  readonly #options: MutualTlsListenOptions;
  readonly #watch: CertificateWatch;
  readonly #waiting: Connection[] = [];
  readonly #shakingHands = new Map<string, Socket>();
  #clientCa: string | undefined;
  #channelBindings: readonly ChannelBinding[] | undefined;
  #closed = false;
  #wake: (() => void) | undefined;

  /**
   * @param server A server that listens.
   * @param options What it was made with.
   */
  constructor(server: Server, options: MutualTlsListenOptions) {
    const { host } = options;
    const { port } = server.address() as { port: number };
    this.at = { host, port };
    this.address = formatAddress({ kind: "tls", host, port });
    this.#server = server;
    this.#options = options;
    this.#watch = new CertificateWatch(options.isRevoked, options.clock);
    this.#clientCa = options.clientCa;
    this.#channelBindings = options.channelBindings;
    server.on("connection", (socket) => {
      const address = addressOf(socket);
      this.#shakingHands.set(address, socket);
      socket.once("close", () => this.#shakingHands.delete(address));
    });
    server.on("secureConnection", (socket) => this.#admit(socket));
    server.on("tlsClientError", (error, socket) => {
      // The deadline of a handshake is told here and the socket left open, for as long as one likes.
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
    // A handshake that is under way right now may have shown the old one: its sign-in is refused.
    this.#channelBindings = credentials.channelBindings;
  }

  close(): void {
    this.#closed = true;
    this.#server.close();
    for (const socket of this.#shakingHands.values()) socket.destroy();
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
    socket.on("error", () => {}); // it may go while it is judged
    const { certificate, fault } = await this.#judge(socket);
    this.#shakingHands.delete(address);
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

  /** A TLS socket that was destroyed has forgotten whom it spoke to; the one beneath it has not. */
  #addressOfFailed(socket: TLSSocket): string {
    if (socket.remotePort !== undefined) return addressOf(socket);
    for (const [address, { destroyed }] of this.#shakingHands) if (destroyed) return address;
    return "an unknown address";
  }

  async #judge(socket: TLSSocket): Promise<{ certificate?: PeerCertificate; fault?: string }> {
    const { alpn = ALPN } = this.#options;
    // Nothing agreed on is fine: openssl s_client does not ask.
    const agreed: unknown = socket.alpnProtocol;
    if (typeof agreed === "string" && agreed !== "" && agreed !== alpn) {
      return { fault: `it speaks another protocol than ${alpn}` };
    }
    if (this.#clientCa === undefined) return {};
    // Every node:tls server of a process shares one ticket key, so a session of another listener, or
    // of a certificate that has expired since, is resumed here, past every check of certificates.
    if (socket.isSessionReused()) {
      return { fault: "it resumed a session instead of showing itself" };
    }
    if (!socket.authorized) {
      return { fault: `its certificate does not hold: ${socket.authorizationError}` };
    }
    try {
      // Behind a certificate that holds, the handshake takes what nobody can read.
      const shown = shownCertificates(socket, this.#clientCa);
      if (shown === undefined) return { fault: "it showed no certificate" };
      const certificate = await this.#options.describe(shown);
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
 * @param options Where, with which certificate, and whom to let in.
 * @throws {DariError} `configuration` when key and certificate do not fit or an authority cannot be
 * read.
 * @throws {TransportError} `unavailable` when the port is in use.
 */
export async function listenMutualTls(
  options: MutualTlsListenOptions,
): Promise<MutualTlsListener> {
  const { host, port, clientCa, tlsMin, alpn = ALPN } = options;
  const server = createServer({
    ...contextOf(options, tlsMin),
    requestCert: clientCa !== undefined,
    rejectUnauthorized: clientCa !== undefined,
    ALPNProtocols: [alpn],
    handshakeTimeout: options.handshakeTimeoutMs ?? limits.handshakeTimeoutMs,
    allowHalfOpen: true, // who has asked and closed its side still gets the answers
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
  return new MutualTlsListener(server, options);
}

/** What node:tls needs of the credentials, checked before it takes them silently. */
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
