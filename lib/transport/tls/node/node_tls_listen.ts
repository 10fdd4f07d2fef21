/**
 * TLS that asks for more than Deno's own listener has: client certificates, TLS 1.3 alone, a new
 * certificate without dropping a connection.
 *
 * @module
 */

import { createServer, type Server, type TLSSocket } from "node:tls"; // see node_tls_connection.ts
import type { Clock } from "../../../base/clock.ts";
import { DariError } from "../../../base/errors.ts";
import { limits } from "../../../base/limits.ts";
import { hostAndPort } from "../../address.ts";
import { AcceptProbe } from "./accept_probe.ts";
import { CertificateWatch } from "./certificate_watch.ts";
import { checkClient, type CheckedClient } from "./client_check.ts";
import type { ChannelBinding, Connection, Listener, PeerCertificate } from "../../connection.ts";
import type { SharedBudget } from "../../shared_budget.ts";
import type { TlsCredentials } from "../key_pair.ts";
import { beneathOf, Handshakes, reasonOfHandshake } from "./handshakes.ts";
import { nodeTlsConnection } from "./node_tls_connection.ts";
import { bindServer, contextOf } from "./node_tls_server.ts";
import type { TlsAcceptor } from "./tls_acceptor.ts";
import type { PeerChain } from "./peer_chain.ts";
import { ALPN, HTTP_ALPN } from "../alpn.ts";

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
  /** Why a client's certificate is revoked by a list of its authority; `undefined` when it is not. */
  readonly listedFault?: ((certificate: PeerCertificate) => string | undefined) | undefined;
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
  /**
   * Whether clients that speak only HTTP/1.1 get through the handshake as well, if their certificate is
   * good: the connection tells them where to go.
   *
   * @default {false}
   */
  readonly hearsHttp?: boolean | undefined;
  /** Time to finish a handshake, in milliseconds. @default {10_000} */
  readonly handshakeTimeoutMs?: number | undefined;
  /** The most connections open at once, unfinished handshakes counted. @default {10_000} */
  readonly maxConnections?: number | undefined;
  /** The most connections that wait to be accepted. @default {511} */
  readonly backlog?: number | undefined;
  /**
   * Whether others that say so too may listen there as well; the system chooses one for each client.
   * Such a listener is not probed for deafness: the probe would reach one of the others.
   */
  readonly reusePort?: boolean | undefined;
  /** Accepts in place of a port that is opened here; the listener closes it. */
  readonly acceptor?: TlsAcceptor | undefined;
  /** Hears of each refused connection: its address, and why. */
  readonly onRefused?: ((address: string, reason: string) => void) | undefined;
  /** Hears when the listener had stopped accepting for want of descriptors. */
  readonly tell?: ((line: string, level: "warn") => void) | undefined;
  /** The memory that connections share. @default {that of the process} */
  readonly budget?: SharedBudget | undefined;
  /** Where the time comes from. */
  readonly clock?: Clock | undefined;
}

/**
 * A listener over node:tls.
 *
 * A socket is in `#handshakes` from its TCP connection until it is admitted, refused or closed; an
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
  readonly #handshakes: Handshakes;
  readonly #probe: AcceptProbe | undefined;
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
    const { acceptor, host } = options;
    const { port } = acceptor?.at ?? server.address() as { port: number };
    this.at = { host, port };
    this.address = `tls://${hostAndPort(host, port)}`;
    this.#server = server;
    this.#options = options;
    const { isRevoked, listedFault } = options;
    this.#watch = new CertificateWatch((certificate) => {
      const { serial } = certificate;
      return isRevoked(serial)
        ? `its certificate ${serial} was revoked`
        : listedFault?.(certificate);
    }, options.clock);
    this.#clientCa = options.clientCa;
    this.#channelBindings = options.channelBindings;
    this.#probe = options.reusePort || acceptor ? undefined : new AcceptProbe({
      at: this.at,
      reopen: async () => {
        server.close();
        await bindServer(server, { ...this.at, backlog: options.backlog });
        if (this.#closed) server.close();
      },
      tell: options.tell ?? (() => {}),
    });
    const { maxConnections = limits.maxConnections } = options;
    this.#handshakes = new Handshakes(
      Math.min(Math.ceil(maxConnections / 2), limits.maxHandshakes),
      (address, reason) => this.#refused(address, reason),
    );
    server.maxConnections = maxConnections;
    this.#handle(server);
    acceptor?.accept({
      maxConnections,
      onSocket: (socket) => server.emit("connection", socket),
      onDropped: (address) => this.#dropped(address),
      tell: options.tell,
    });
  }

  #handle(server: Server): void {
    server.on("connection", (socket) => {
      this.#probe?.accepted();
      this.#handshakes.begin(socket);
    });
    server.on("secureConnection", (socket) => this.#admit(socket));
    server.on("tlsClientError", (error, socket) => {
      const reason = reasonOfHandshake(error, socket);
      // A handshake that was too slow is reported here, and its socket is left open.
      socket.destroy();
      this.#refused(this.#handshakes.end(beneathOf(socket)), reason);
    });
    server.on("drop", (dropped) => {
      this.#probe?.accepted();
      const { remoteAddress = "", remotePort = 0 } = dropped ?? {};
      this.#dropped(hostAndPort(remoteAddress, remotePort));
    });
    server.on("error", () => {}); // of a `listen`, which rejects for it
  }

  #dropped(address: string): void {
    this.#refused(address, `${this.#server.maxConnections} connections are open`);
  }

  #refused(address: string | undefined, reason: string): void {
    const prober = this.#options.acceptor ?? this.#probe;
    if (address === undefined || prober?.isOwn(address)) return;
    this.#options.onRefused?.(address, reason);
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
    this.#options.acceptor?.close();
    this.#probe?.close();
    this.#handshakes.close();
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
    // A client that has ended its side still gets its answers; without a session it has none to get.
    socket.allowHalfOpen = true;
    const channelBindings = this.#channelBindings;
    socket.on("error", () => {}); // the client may leave while it is checked
    const { certificate, fault } = await this.#check(socket);
    const address = this.#handshakes.end(beneathOf(socket));
    if (fault !== undefined || this.#closed || socket.destroyed) {
      socket.destroy();
      if (fault !== undefined) this.#refused(address, fault);
      return;
    }
    const { budget } = this.#options;
    const connection = nodeTlsConnection(socket, certificate, channelBindings, budget);
    if (certificate !== undefined) {
      const forget = this.#watch.add(certificate, (reason) => connection.cut(reason));
      socket.once("close", forget);
    }
    if (this.claim?.(connection, socket)) return;
    this.#waiting.push(connection);
    this.#wake?.();
  }

  async #check(socket: TLSSocket): Promise<CheckedClient> {
    const spoken = protocolsOf(this.#options);
    // Nothing agreed on is fine: openssl s_client does not ask.
    const agreed: unknown = socket.alpnProtocol;
    if (typeof agreed === "string" && agreed !== "" && !spoken.includes(agreed)) {
      return { fault: `it speaks another protocol than ${spoken[0]}` };
    }
    return await checkClient(socket, {
      clientCa: this.#clientCa,
      verifyClient: this.#options.verifyClient,
      faultOf: (certificate) => this.#watch.faultOf(certificate),
    });
  }
}

function protocolsOf({ alpn = ALPN, hearsHttp = false }: NodeTlsListenOptions): string[] {
  return hearsHttp ? [alpn, HTTP_ALPN] : [alpn];
}

/**
 * Listens with node:tls.
 *
 * @param options Where, with which certificate, and how clients are checked.
 * @throws {DariError} `configuration` when the key is not the certificate's or an authority cannot be
 * read, or when Deno does not allow to listen there.
 * @throws {TransportError} `unavailable` when the port is in use.
 */
export async function listenNodeTls(
  options: NodeTlsListenOptions,
): Promise<NodeTlsListener> {
  const { clientCa, tlsMin } = options;
  const server = createServer({
    ...contextOf(options, tlsMin),
    requestCert: clientCa !== undefined,
    rejectUnauthorized: clientCa !== undefined,
    ALPNProtocols: protocolsOf(options),
    // The runtime fires a timer that is longer at once.
    handshakeTimeout: Math.min(
      options.handshakeTimeoutMs ?? limits.handshakeTimeoutMs,
      limits.maxTimerMs,
    ),
  });
  if (options.acceptor === undefined) await bindServer(server, options);
  return new NodeTlsListener(server, options);
}
