/**
 * Listening with client certificates for streams of bytes, whatever protocol they carry.
 *
 * @module
 */

import { createServer, type TLSSocket } from "node:tls"; // see node_tls_connection.ts
import { after } from "../../../base/abort.ts";
import { reasonOf } from "../../../base/file/reason.ts";
import { limits } from "../../../base/limits.ts";
import { acceptAll } from "../../accept.ts";
import { hostAndPort } from "../../address.ts";
import type { Listener, Peer, PeerCertificate, TransportName } from "../../connection.ts";
import type { PeerStream } from "../../peer_stream.ts";
import { bind } from "../../tcp.ts";
import { RECORDS_ALPN } from "../alpn.ts";
import type { TlsCredentials } from "../key_pair.ts";
import { acceptRecords } from "../records/handover.ts";
import type { RecordStream } from "../records/record_stream.ts";
import { HeldDuplex } from "../stream/held_duplex.ts";
import { TlsByteStream } from "../stream/tls_byte_stream.ts";
import { CertificateWatch } from "./certificate_watch.ts";
import { checkClient } from "./client_check.ts";
import { Handshakes, reasonOfHandshake } from "./handshakes.ts";
import type { NodeTlsListenOptions } from "./node_tls_listen.ts";
import { contextOf } from "./node_tls_server.ts";

/** What connections are handed to node:tls with; each member is described at `listenNodeTls`. */
export interface TlsStreamsOptions
  extends Omit<NodeTlsListenOptions, "acceptor" | "backlog" | "budget" | "host" | "port" | "tell"> {
  /** Where the connections beneath TLS come from; the listener closes it. */
  readonly source: BeneathSource;
  /**
   * Whether clients that offer it go over from TLS to records of their own keys, which cost less.
   *
   * @default {false}
   */
  readonly records?: boolean | undefined;
}

/** What {@linkcode listenTlsStreams} needs. */
export type TlsPortOptions =
  & Omit<TlsStreamsOptions, "source">
  & Pick<NodeTlsListenOptions, "host" | "port">
  & { readonly clientCa: string };

/** A source of connections without TLS. */
export interface BeneathSource extends Listener<HeldDuplex> {
  /** What carries them. */
  readonly transport: TransportName;
}

/**
 * A listener whose connections carry bytes. It accepts what its source gives and lets node:tls speak
 * over that: such a connection can make the other side wait, and one of node:tls alone cannot.
 *
 * A connection is in `#handshakes` until it is admitted, refused or closed; an admitted one is in
 * `#waiting` until the loop over the listener takes it.
 */
export class TlsStreamListener implements Listener<PeerStream> {
  readonly address: string;
  readonly #options: TlsStreamsOptions;
  readonly #closing = new AbortController();
  readonly #handshakes: Handshakes;
  /** Cuts open streams whose certificate expires or is revoked; each leaves it when it closes. */
  readonly #watch: CertificateWatch;
  readonly #waiting: PeerStream[] = [];
  #credentials: TlsCredentials;
  /** Made of them once: checking that the key is the certificate's costs more than a handshake's start. */
  #context: ReturnType<typeof contextOf>;
  /** Wakes the loop that waits for a stream or the end. */
  #wake: (() => void) | undefined;

  /** @param options What to accept, with which certificate, and how clients are checked. */
  constructor(options: TlsStreamsOptions) {
    const { source, isRevoked, listedFault, clock } = options;
    this.#options = options;
    this.#credentials = options;
    this.#context = contextOf(options, options.tlsMin);
    this.address = source.address;
    const { maxConnections = limits.maxConnections } = options;
    this.#handshakes = new Handshakes(
      Math.min(Math.ceil(maxConnections / 2), limits.maxHandshakes),
      (address, reason) => this.#refused(address, reason),
    );
    this.#watch = new CertificateWatch((certificate) => {
      const { serial } = certificate;
      return isRevoked(serial)
        ? `its certificate ${serial} was revoked`
        : listedFault?.(certificate);
    }, clock);
    this.#accept();
  }

  /**
   * Replaces certificate, key and client authorities for new connections; open ones stay.
   *
   * @param credentials The new ones.
   * @throws {DariError} `configuration` when they cannot be used; the old ones stay then.
   */
  reload(credentials: TlsCredentials): void {
    this.#context = contextOf(credentials, this.#options.tlsMin);
    this.#credentials = credentials;
  }

  close(): void {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    this.#options.source.close();
    this.#handshakes.close();
    for (const stream of this.#waiting.splice(0)) stream.close();
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<PeerStream> {
    while (!this.#closing.signal.aborted) {
      const stream = this.#waiting.shift();
      if (stream !== undefined) yield stream;
      else await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  async #accept(): Promise<void> {
    for await (const beneath of this.#options.source) {
      beneath.on("error", () => {}); // the handshake, or the stream, hears of it as well
      this.#handshakes.begin(beneath);
      this.#shakeHands(beneath);
    }
  }

  /** A server of its own for each handshake: it knows which socket belongs to which connection. */
  #shakeHands(beneath: HeldDuplex): void {
    const { handshakeTimeoutMs = limits.handshakeTimeoutMs } = this.#options;
    const protocols = protocolsOf(this.#options);
    const asks = this.#credentials.clientCa !== undefined;
    const server = createServer({
      ...this.#context,
      requestCert: asks,
      rejectUnauthorized: asks,
      ...(protocols.length === 0 ? {} : { ALPNProtocols: protocols }),
    });
    let isOver = false;
    const refuse = (reason: string) => {
      if (isOver) return; // ending a handshake is reported as one that failed
      isOver = true;
      const address = this.#handshakes.end(beneath);
      beneath.destroy();
      this.#refused(address, reason);
    };
    const stopTimer = after(
      handshakeTimeoutMs,
      () => refuse(`the handshake was not done within ${handshakeTimeoutMs} ms`),
    );
    beneath.once("close", stopTimer);
    server.once("secureConnection", (socket) => {
      isOver = true;
      stopTimer();
      this.#admit(socket, beneath);
    });
    server.once("tlsClientError", (error, socket) => refuse(reasonOfHandshake(error, socket)));
    server.emit("connection", beneath);
  }

  async #admit(socket: TLSSocket, beneath: HeldDuplex): Promise<void> {
    socket.allowHalfOpen = true;
    socket.on("error", () => {}); // the client may leave while it is checked
    const { clientCa, channelBindings } = this.#credentials;
    const { verifyClient } = this.#options;
    const faultOf = (certificate: PeerCertificate) => this.#watch.faultOf(certificate);
    const { certificate, fault } = await checkClient(socket, { clientCa, verifyClient, faultOf });
    const address = this.#handshakes.addressOf(beneath);
    if (address === undefined || fault !== undefined || this.#closing.signal.aborted) {
      this.#handshakes.end(beneath);
      socket.destroy();
      beneath.destroy();
      if (fault !== undefined) this.#refused(address, fault);
      return;
    }
    const peer: Peer = {
      transport: this.#options.source.transport,
      address,
      protocol: socket.getProtocol() ?? "",
      cipher: socket.getCipher().name,
      ...(certificate === undefined ? {} : { certificate }),
      ...(channelBindings === undefined ? {} : { channelBindings }),
    };
    const stream = socket.alpnProtocol === RECORDS_ALPN
      ? await this.#toRecords(socket, beneath, peer)
      : new TlsByteStream(socket, beneath, peer);
    if (stream === undefined) return;
    this.#handshakes.end(beneath);
    if (certificate !== undefined) {
      stream.onClose = this.#watch.add(certificate, (reason) => stream.cut(reason));
    }
    this.#waiting.push(stream);
    this.#wake?.();
  }

  /** The handshake is not over before the client has shown that it has the keys. */
  async #toRecords(
    socket: TLSSocket,
    beneath: HeldDuplex,
    peer: Peer,
  ): Promise<RecordStream | undefined> {
    const { handshakeTimeoutMs: timeoutMs = limits.handshakeTimeoutMs } = this.#options;
    try {
      const stream = await acceptRecords({ socket, beneath, peer, timeoutMs });
      if (!this.#closing.signal.aborted) return stream;
      stream.close();
    } catch (error) {
      this.#refused(this.#handshakes.end(beneath), reasonOf(error));
    }
  }

  #refused(address: string | undefined, reason: string): void {
    if (address !== undefined) this.#options.onRefused?.(address, reason);
  }
}

/** What the listener speaks, what it likes best first. */
function protocolsOf({ alpn, records = false }: TlsStreamsOptions): string[] {
  return [...records ? [RECORDS_ALPN] : [], ...alpn === undefined ? [] : [alpn]];
}

/**
 * Listens with TLS over connections that a source gives. With the authorities of clients, each client
 * must show a certificate.
 *
 * @param options What to accept, with which certificate, and how clients are checked.
 * @throws {DariError} `configuration` when the key is not the certificate's or an authority cannot be
 * read.
 */
export function listenTlsOver(options: TlsStreamsOptions): TlsStreamListener {
  return new TlsStreamListener(options);
}

/**
 * Listens with TLS and client certificates for streams of bytes. Any protocol of the application layer
 * may be spoken (ALPN is not looked at).
 *
 * @param options Where, with which certificate, and how clients are checked.
 * @throws {DariError} `configuration` when the key is not the certificate's or an authority cannot be
 * read.
 * @throws {TransportError} `unavailable` when the port is in use.
 */
export function listenTlsStreams({ host, port, ...options }: TlsPortOptions): TlsStreamListener {
  contextOf(options, options.tlsMin); // before the port is opened
  return new TlsStreamListener({ ...options, source: tcpSource(host, port) });
}

/** Accepts with Deno's own listener. */
function tcpSource(host: string, port: number): BeneathSource {
  const listener = bind({ host, port }, () => Deno.listen({ hostname: host, port }));
  const closing = new AbortController();
  return {
    address: `tls://${hostAndPort(host, listener.addr.port)}`,
    transport: "tls",
    close(): void {
      closing.abort();
      listener.close();
    },
    async *[Symbol.asyncIterator](): AsyncGenerator<HeldDuplex> {
      for await (const conn of acceptAll(listener, closing.signal)) {
        conn.setNoDelay(true);
        yield new HeldDuplex(conn, conn.remoteAddr);
      }
    },
  };
}
