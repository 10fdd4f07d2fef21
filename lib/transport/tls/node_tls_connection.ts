/**
 * A connection over a node:tls socket, which pushes what it reads and cannot be paused.
 *
 * @module
 */

// Deno's own TLS neither shows nor asks for client certificates, nor tells cipher and version.
import { Buffer } from "node:buffer"; // the socket takes its bytes without another copy
import type { TLSSocket } from "node:tls";
import { TransportError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { hostAndPort } from "../address.ts";
import { broken } from "../connection_error.ts";
import type { ChannelBinding, Connection, Peer, PeerCertificate } from "../connection.ts";
import { LineBuffer } from "../framing.ts";
import { tlsSizes } from "../stream_connection.ts";

/**
 * Makes a connection of a socket whose handshake is done.
 *
 * @param socket The socket; the connection owns it.
 * @param certificate What the other side has shown, once it is verified.
 * @param channelBindings What a sign-in can be bound to.
 */
export function nodeTlsConnection(
  socket: TLSSocket,
  certificate: PeerCertificate | undefined,
  channelBindings: readonly ChannelBinding[] | undefined,
): NodeTlsConnection {
  socket.setNoDelay(true);
  const { remoteAddress = "", remotePort = 0 } = socket;
  const peer: Peer = {
    transport: "tls",
    address: hostAndPort(remoteAddress, remotePort),
    protocol: socket.getProtocol() ?? "",
    cipher: socket.getCipher().name,
    ...(certificate === undefined ? {} : { certificate }),
    ...(channelBindings === undefined ? {} : { channelBindings }),
  };
  return new NodeTlsConnection(socket, peer);
}

/**
 * Carries lines over a socket. `pause()` does not stop node:tls from reading (300 MB went into memory
 * in a trial), so what has come and was not asked for is counted, and too much of it ends the
 * connection.
 */
export class NodeTlsConnection implements Connection {
  readonly peer: Peer;
  readonly isHalfCloseable = true; // the listener allows it
  sentBytes = 0;
  readonly #socket: TLSSocket;
  readonly #buffer = new LineBuffer(limits.maxLineBytesBeforeSignIn, tlsSizes);
  /** What came while nobody was receiving. */
  readonly #chunks: Uint8Array[] = [];
  #unreadBytes = 0;
  #receiver: PromiseWithResolvers<string | null> | undefined;
  #drained: PromiseWithResolvers<void> | undefined;
  readonly #over = Promise.withResolvers<void>();
  #ended = false;
  #closed = false;
  #error: Error | undefined;

  /**
   * @param socket The socket, its handshake done; the connection owns it.
   * @param peer Who is at the other end.
   */
  constructor(socket: TLSSocket, peer: Peer) {
    this.#socket = socket;
    this.peer = peer;
    socket.on("data", (chunk: Uint8Array) => this.#take(chunk));
    socket.on("end", () => this.#end());
    socket.on("error", (error: Error) => this.#end(error));
    socket.on("close", () => {
      this.#end();
      this.#drained?.reject(broken(peer, this.#error));
    });
    socket.on("drain", () => {
      this.#drained?.resolve();
      this.#drained = undefined;
    });
  }

  get maxLineBytes(): number {
    return this.#buffer.maxLineBytes;
  }

  set maxLineBytes(bytes: number) {
    this.#buffer.maxLineBytes = bytes;
  }

  receive(): Promise<string | null> {
    const lines = this.#gathered();
    if (lines !== null) return Promise.resolve(lines);
    if (this.#ended) return this.#last();
    this.#receiver = Promise.withResolvers();
    return this.#receiver.promise;
  }

  // Waiting for each write to leave would cost a fifth of the calls: once too much waits to leave,
  // so does the writer.
  send(lines: string): Promise<void> {
    if (this.#closed || this.#socket.destroyed) {
      return Promise.reject(broken(this.peer, this.#error));
    }
    if (lines.length > PIECE_LENGTH) return this.#sendInPieces(lines);
    if (this.#socket.write(lines)) return SENT;
    return this.#untilDrained();
  }

  /** A socket keeps all that it is given: what is long is given to it as the other side takes it. */
  async #sendInPieces(lines: string): Promise<void> {
    const bytes = Buffer.from(lines);
    for (let at = 0; at < bytes.length; at += PIECE_LENGTH) {
      if (this.#closed || this.#socket.destroyed) throw broken(this.peer, this.#error);
      const piece = bytes.subarray(at, at + PIECE_LENGTH);
      if (!this.#socket.write(piece)) await this.#untilDrained();
      this.sentBytes += piece.length;
    }
  }

  #untilDrained(): Promise<void> {
    this.#drained ??= Promise.withResolvers();
    return this.#drained.promise;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const timer = setTimeout(() => this.#socket.destroy(), limits.lingerMs);
    // A socket takes more than it has sent, and destroying it throws the rest away.
    const sent = new Promise<void>((resolve) => this.#socket.end(() => resolve()));
    // What the other side still sends is thrown away: destroying a socket with unread input resets
    // the connection, and with it what was sent last.
    this.#chunks.length = 0;
    await Promise.all([sent, this.#over.promise]);
    clearTimeout(timer);
    this.#socket.destroy();
  }

  abort(): void {
    this.#closed = true;
    this.#socket.destroy();
    this.#end();
  }

  /**
   * Ends the connection now; what came and was not received yet is thrown away.
   *
   * @param reason Why, which the receiver gets to know.
   */
  cut(reason: string): void {
    this.#fail(new Error(reason));
  }

  #take(chunk: Uint8Array): void {
    if (this.#ended || this.#closed) return;
    this.#chunks.push(chunk);
    this.#unreadBytes += chunk.length;
    const most = this.maxLineBytes + limits.maxUnreadBytesBeyondLine;
    if (this.#receiver !== undefined) this.#giveLines(this.#receiver);
    else if (this.#unreadBytes > most) {
      const message = `The other side sent more than ${most} bytes that nobody had asked for`;
      this.#fail(new TransportError("resource_exhausted", message, { retryable: false }));
    }
  }

  #giveLines(receiver: PromiseWithResolvers<string | null>): void {
    const lines = this.#gathered();
    if (lines === null) return;
    this.#receiver = undefined;
    receiver.resolve(lines);
  }

  /** The whole lines of what has come; one over the limit ends the receiving side. */
  #gathered(): string | null {
    let lines: string | null = null;
    try {
      for (let chunk = this.#chunks.shift(); chunk !== undefined; chunk = this.#chunks.shift()) {
        this.#unreadBytes -= chunk.length;
        const taken = this.#buffer.append(chunk);
        if (taken !== null) lines = lines === null ? taken : lines + taken;
      }
    } catch (error) {
      this.#end(error instanceof Error ? error : new Error(String(error)));
    }
    return lines;
  }

  #fail(error: Error): void {
    this.#chunks.length = 0;
    this.#unreadBytes = 0;
    this.#end(error);
    this.#socket.destroy();
  }

  #end(error?: Error): void {
    this.#error ??= error;
    if (this.#ended) return;
    this.#ended = true;
    this.#over.resolve();
    this.#receiver?.resolve(this.#last());
    this.#receiver = undefined;
  }

  /** What `receive` gives once nothing more comes. */
  #last(): Promise<null> {
    if (this.#error === undefined || this.#closed) return Promise.resolve(null);
    return Promise.reject(broken(this.peer, this.#error));
  }
}

const SENT = Promise.resolve();
const { mutualTlsPieceBytes: PIECE_LENGTH } = limits;
