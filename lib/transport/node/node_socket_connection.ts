/**
 * A connection over a socket of node:net or node:tls, which pushes what it reads.
 *
 * @module
 */

import { Buffer } from "node:buffer"; // the socket takes its bytes without another copy
import type { Socket } from "node:net"; // the runtimes that have no Deno.connect have these sockets
import { after } from "../../base/abort.ts";
import { TransportError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { broken } from "../connection_error.ts";
import type { Connection, Peer } from "../connection.ts";
import type { BudgetShare, SharedBudget } from "../shared_budget.ts";
import { PushedChunks } from "./pushed_chunks.ts";

/**
 * Carries lines and blobs over a socket. `pause()` does not stop node:tls from reading (a trial filled
 * 300 MB of memory), so the bytes that no `receive` has asked for are counted, and too many end the connection.
 *
 * Invariants: while a `#receiver` waits, `#chunks` contains no whole line or blob, because each chunk
 * is handed to it at once. `#ended` (nothing more will be received) never becomes false again, and
 * `#over` resolves with it; `#error` is the reason of a break, the first one.
 */
export class NodeSocketConnection implements Connection {
  readonly peer: Peer;
  readonly isHalfCloseable = true; // the listener allows it
  sentBytes = 0;
  receivedBytes = 0;
  onPartial: (() => void) | undefined;
  /** Given to the constructor; destroyed by `close`, `abort` and `cut`. */
  readonly #socket: Socket;
  /** What came and was not received yet. */
  readonly #chunks = new PushedChunks((error) => this.#end(error));
  /** What waits here, of the memory that all connections share; closed with the socket. */
  readonly #share: BudgetShare;
  /** The `receive` that waits; settled by the next whole line or the end. */
  #receiver: PromiseWithResolvers<string | Uint8Array | null> | undefined;
  /** The `send` that waits for room; settled by the socket's `drain` or `close`. */
  #drained: PromiseWithResolvers<void> | undefined;
  readonly #over = Promise.withResolvers<void>();
  #ended = false;
  /** Whether this side has ended the connection. */
  #closed = false;
  #error: Error | undefined;

  /**
   * @param socket The socket, its handshake done where it has one; the connection owns it.
   * @param peer The other end.
   * @param budget The memory that connections share.
   */
  constructor(socket: Socket, peer: Peer, budget: SharedBudget) {
    this.#socket = socket;
    this.peer = peer;
    this.#share = budget.open((reason) =>
      this.#fail(exhausted(`The connection was cut: ${reason}`))
    );
    socket.on("data", (chunk: Uint8Array) => this.#take(chunk));
    socket.on("end", () => this.#end());
    socket.on("error", (error: Error) => this.#end(error));
    socket.on("close", () => {
      this.#end();
      this.#share.close();
      this.#drained?.reject(broken(peer, this.#error));
    });
    socket.on("drain", () => {
      this.#drained?.resolve();
      this.#drained = undefined;
      this.#count();
    });
    if (socket.readableEnded) this.#end(); // while its certificate was checked
  }

  get maxLineBytes(): number {
    return this.#chunks.maxLineBytes;
  }

  set maxLineBytes(bytes: number) {
    this.#chunks.maxLineBytes = bytes;
  }

  get takesBlobs(): boolean {
    return this.#chunks.takesBlobs;
  }

  set takesBlobs(takes: boolean) {
    this.#chunks.takesBlobs = takes;
  }

  receive(): Promise<string | Uint8Array | null> {
    const piece = this.#chunks.take();
    if (this.#share.bytes > 0) this.#count();
    if (piece !== null) return Promise.resolve(piece);
    if (this.#ended) return this.#last();
    this.#receiver = Promise.withResolvers();
    if (this.onPartial !== undefined && this.#chunks.pendingBytes > 0) this.onPartial();
    return this.#receiver.promise;
  }

  // Waiting until each write has left would cost a fifth of the calls. So a send waits only when too
  // many bytes are waiting to leave.
  send(lines: string, bytes?: Uint8Array, linesBehind = ""): Promise<void> {
    if (this.#closed || this.#socket.destroyed) {
      return Promise.reject(broken(this.peer, this.#error));
    }
    if (bytes !== undefined) return this.#sendBlob(lines, bytes, linesBehind);
    if (lines.length > PIECE_LENGTH) return this.#writePieces(Buffer.from(lines));
    if (this.#socket.write(lines)) return SENT;
    return this.#untilDrained();
  }

  /** The socket waits with what is shorter than a piece, and the blob may change after that: a copy. */
  async #sendBlob(lines: string, blob: Uint8Array, linesBehind: string): Promise<void> {
    const before = Buffer.from(lines);
    const end = blob.length - blob.length % PIECE_LENGTH;
    const rest = [blob.subarray(end), Buffer.from(linesBehind)];
    if (end === 0) return await this.#writePieces(Buffer.concat([before, ...rest]));
    await this.#writePieces(before);
    await this.#writePieces(blob.subarray(0, end));
    await this.#writePieces(Buffer.concat(rest));
  }

  /** A socket keeps all that it is given: what is long is given to it as the other side takes it. */
  async #writePieces(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; at += PIECE_LENGTH) {
      if (this.#closed || this.#socket.destroyed) throw broken(this.peer, this.#error);
      const piece = bytes.subarray(at, at + PIECE_LENGTH);
      if (!this.#socket.write(piece)) await this.#untilDrained();
      this.sentBytes += piece.length;
    }
  }

  #untilDrained(): Promise<void> {
    this.#drained ??= Promise.withResolvers();
    this.#count();
    return this.#drained.promise;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const forget = after(limits.lingerMs, () => this.#socket.destroy());
    // Destroying a socket throws away the bytes that it has taken and not sent.
    const sent = new Promise<void>((resolve) => this.#socket.end(() => resolve()));
    // Input is read and dropped until the other side ends: destroying a socket with unread input
    // resets the connection, and the other side would lose what was sent last.
    this.#chunks.drop();
    await Promise.all([sent, this.#over.promise]);
    forget();
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
   * @param reason Why; a waiting `receive` rejects with it.
   */
  cut(reason: string): void {
    this.#fail(new Error(reason));
  }

  #take(chunk: Uint8Array): void {
    if (this.#ended || this.#closed) return;
    this.receivedBytes += chunk.length;
    this.#chunks.push(chunk);
    const most = this.maxLineBytes + limits.maxUnreadBytesBeyondLine;
    if (this.#receiver !== undefined) this.#giveLines(this.#receiver);
    else if (this.#chunks.unreadBytes > most) {
      const message = `The other side sent more than ${most} bytes before they were asked for`;
      return this.#fail(exhausted(message));
    }
    this.#count();
  }

  /** Counts what waits towards the memory that all connections share. */
  #count(): void {
    // Without a `send` that waits, what has not left yet is less than the socket's own buffer.
    const unsent = this.#drained === undefined ? 0 : this.#socket.writableLength;
    this.#share.set(this.#chunks.unreadBytes + this.#chunks.pendingBytes + unsent);
  }

  #giveLines(receiver: PromiseWithResolvers<string | Uint8Array | null>): void {
    const piece = this.#chunks.take();
    if (piece === null) return this.onPartial?.();
    this.#receiver = undefined;
    receiver.resolve(piece);
  }

  #fail(error: Error): void {
    this.#chunks.drop();
    this.#share.close();
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

function exhausted(message: string): TransportError {
  return new TransportError("resource_exhausted", message, { retryable: false });
}
