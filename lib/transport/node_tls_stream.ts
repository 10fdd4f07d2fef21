/**
 * The bytes of a node:tls socket, read when asked for and bounded when not.
 *
 * @module
 */

// Deno's own TLS neither shows nor asks for client certificates, nor tells cipher and version.
import type { TLSSocket } from "node:tls";
import { TransportError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { hostAndPort } from "./address.ts";
import type { Peer, PeerCertificate } from "./connection.ts";
import { type ByteStream, StreamConnection, tlsSizes } from "./stream_connection.ts";

/** A {@linkcode StreamConnection} that can be ended with a reason. */
export interface NodeTlsConnection {
  /** The connection. */
  readonly connection: StreamConnection;
  /** Ends it now; what came and was not read yet is thrown away. */
  readonly cut: (reason: string) => void;
}

/**
 * Makes a connection of a socket whose handshake is done.
 *
 * @param socket The socket; the connection owns it.
 * @param certificate What the other side has shown, once it is verified.
 */
export function nodeTlsConnection(
  socket: TLSSocket,
  certificate: PeerCertificate | undefined,
): NodeTlsConnection {
  socket.setNoDelay(true);
  const { remoteAddress = "", remotePort = 0 } = socket;
  const peer: Peer = {
    transport: "tls",
    address: hostAndPort(remoteAddress, remotePort),
    protocol: socket.getProtocol() ?? "",
    cipher: socket.getCipher().name,
    ...(certificate === undefined ? {} : { certificate }),
  };
  const stream: NodeTlsStream = new NodeTlsStream(
    socket,
    () => connection.maxLineBytes + limits.maxUnreadBytesBeyondLine,
  );
  const connection: StreamConnection = new StreamConnection(stream, peer, tlsSizes);
  return { connection, cut: (reason) => stream.cut(reason) };
}

/**
 * Reads and writes a socket. `pause()` does not stop node:tls from reading (300 MB went into memory
 * in a trial), so what has come and was not asked for is counted, and too much of it ends the
 * connection.
 */
export class NodeTlsStream implements ByteStream {
  readonly #socket: TLSSocket;
  readonly #maxUnreadBytes: () => number;
  readonly #chunks: Uint8Array[] = [];
  #unreadBytes = 0;
  #hasEnded = false;
  #error: Error | undefined;
  #wake: (() => void) | undefined;
  #drained: PromiseWithResolvers<void> | undefined;

  /**
   * @param socket The socket; the stream owns it.
   * @param maxUnreadBytes How many bytes may wait to be read.
   */
  constructor(socket: TLSSocket, maxUnreadBytes: () => number) {
    this.#socket = socket;
    this.#maxUnreadBytes = maxUnreadBytes;
    socket.on("data", (chunk: Uint8Array) => this.#take(chunk));
    socket.on("end", () => this.#end());
    socket.on("error", (error: Error) => this.#end(error));
    socket.on("drain", () => {
      this.#drained?.resolve();
      this.#drained = undefined;
    });
    socket.on("close", () => {
      this.#end();
      this.#drained?.reject(this.#error ?? new Error("it has ended"));
    });
  }

  async read(into: Uint8Array): Promise<number | null> {
    while (this.#chunks.length === 0) {
      if (this.#error !== undefined) throw this.#error;
      if (this.#hasEnded) return null;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    let length = 0;
    for (let chunk = this.#chunks[0]; chunk && length < into.length; chunk = this.#chunks[0]) {
      const part = chunk.subarray(0, into.length - length);
      into.set(part, length);
      length += part.length;
      if (part.length === chunk.length) this.#chunks.shift();
      else this.#chunks[0] = chunk.subarray(part.length);
    }
    this.#unreadBytes -= length;
    return length;
  }

  /**
   * Copies the bytes, whose memory is lent: waiting for each write to leave would cost a fifth of the
   * calls. Once too much waits to leave, so does the writer.
   */
  write(bytes: Uint8Array): Promise<number> {
    if (this.#socket.destroyed) return Promise.reject(this.#error ?? new Error("it has ended"));
    if (this.#socket.write(bytes.slice())) return Promise.resolve(bytes.length);
    this.#drained ??= Promise.withResolvers<void>();
    return this.#drained.promise.then(() => bytes.length);
  }

  closeWrite(): Promise<void> {
    return new Promise((resolve) => {
      this.#socket.once("close", () => resolve());
      this.#socket.end(() => resolve());
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  /**
   * Ends the connection for a reason, which the reader gets to know.
   *
   * @param reason Why.
   */
  cut(reason: string): void {
    this.#fail(new Error(reason));
  }

  #take(chunk: Uint8Array): void {
    this.#unreadBytes += chunk.length;
    const most = this.#maxUnreadBytes();
    if (this.#unreadBytes > most) {
      const message = `The other side sent more than ${most} bytes that nobody had asked for`;
      this.#fail(new TransportError("resource_exhausted", message, { retryable: false }));
    } else if (this.#error === undefined) {
      this.#chunks.push(chunk);
      this.#wake?.();
    }
  }

  #fail(error: Error): void {
    this.#chunks.length = 0;
    this.#unreadBytes = 0;
    this.#end(error);
    this.#socket.destroy();
  }

  #end(error?: Error): void {
    this.#hasEnded = true;
    this.#error ??= error;
    this.#wake?.();
  }
}
