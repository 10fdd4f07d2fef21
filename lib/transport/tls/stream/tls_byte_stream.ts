/**
 * The bytes inside TLS, read when they are asked for.
 *
 * @module
 */

import type { TLSSocket } from "node:tls"; // see ../node/node_tls_connection.ts
import { UnreadBytes } from "../../../base/bytes/unread_bytes.ts";
import { limits } from "../../../base/limits.ts";
import type { Peer } from "../../connection.ts";
import type { PeerStream } from "../../peer_stream.ts";
import type { HeldDuplex } from "./held_duplex.ts";

/**
 * A stream over a node:tls socket whose handshake is done.
 *
 * What came and was not read waits in `#unread`; when it is more than `limits.proxyBufferBytes`, the
 * stream beneath is held, and so the other side has to wait.
 */
export class TlsByteStream implements PeerStream {
  readonly peer: Peer;
  /** Called once, when the stream is closed. */
  onClose = () => {};
  readonly #socket: TLSSocket;
  readonly #beneath: HeldDuplex;
  readonly #unread = new UnreadBytes();

  /**
   * @param socket The socket; the stream owns it.
   * @param beneath What the socket reads from.
   * @param peer The other end.
   */
  constructor(socket: TLSSocket, beneath: HeldDuplex, peer: Peer) {
    this.peer = peer;
    this.#socket = socket;
    this.#beneath = beneath;
    socket.on("data", (chunk: Uint8Array) => this.#take(chunk));
    socket.on("end", () => this.#end());
    socket.on("error", (error: Error) => this.#end(error));
    socket.on("close", () => this.#end());
    socket.once("close", () => this.onClose());
    // The socket does not hear of a write beneath it that failed.
    beneath.on("error", (error: Error) => socket.destroy(error));
  }

  async read(into: Uint8Array): Promise<number | null> {
    const length = await this.#unread.read(into);
    if (length === null) return null;
    if (this.#unread.length <= limits.proxyBufferBytes) this.#beneath.release();
    return length;
  }

  /** Writes some of the bytes, so that a waiting sender sees that bytes leave. */
  write(bytes: Uint8Array): Promise<number> {
    const piece = bytes.subarray(0, limits.tlsStreamPieceBytes);
    if (this.#socket.destroyed) {
      return Promise.reject(this.#unread.error ?? new Error("it is closed"));
    }
    return new Promise((resolve, reject) => {
      const onClose = () => reject(this.#unread.error ?? new Error("it was closed"));
      this.#socket.once("close", onClose);
      this.#socket.write(piece, (error) => {
        this.#socket.off("close", onClose);
        if (error) reject(error);
        // The runtime reports no error for a write that the end of the socket cut short.
        else if (this.#socket.destroyed) onClose();
        else resolve(piece.length);
      });
    });
  }

  closeWrite(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#socket.destroyed) return resolve();
      this.#socket.once("close", () => resolve());
      this.#socket.end(() => resolve());
    });
  }

  close(): void {
    this.#socket.destroy();
    this.#beneath.destroy();
  }

  cut(reason: string): void {
    this.#unread.drop();
    this.#end(new Error(reason));
    this.close();
  }

  #take(chunk: Uint8Array): void {
    if (this.#unread.isEnded) return;
    this.#unread.push(chunk);
    if (this.#unread.length > limits.proxyBufferBytes) this.#beneath.hold();
  }

  #end(error?: Error): void {
    if (!this.#unread.isEnded) this.#unread.end(error);
  }
}
