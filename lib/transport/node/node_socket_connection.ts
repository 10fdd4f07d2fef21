/**
 * A connection over a socket of node:net or node:tls, which pushes what it reads.
 *
 * @module
 */

import { Buffer } from "node:buffer"; // the socket takes its bytes without another copy
import type { Socket } from "node:net"; // the runtimes that have no Deno.connect have these sockets
import { after } from "../../base/abort.ts";
import { limits } from "../../base/limits.ts";
import type { Connection, Peer } from "../connection.ts";
import { PushedChunks } from "../pushed/pushed_chunks.ts";
import {
  checkUnread,
  exhausted,
  PushedReceiver,
  type TakePiece,
} from "../pushed/pushed_receiver.ts";
import type { BudgetShare, SharedBudget } from "../shared_budget.ts";
import type { SocketReads } from "./socket_reads.ts";

/**
 * Carries lines and blobs over a socket. `pause()` does not stop node:tls from reading (a trial filled
 * 300 MB of memory), so the bytes that no `receive` has asked for are counted, and too many end the connection.
 *
 * Invariant: while the `#receiver` waits, `#chunks` contains no whole line or blob, because each chunk
 * is handed to it at once.
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
  readonly #chunks = new PushedChunks((error) => this.#receiver.end(error));
  /** What waits here, of the memory that all connections share; closed with the socket. */
  readonly #share: BudgetShare;
  readonly #receiver: PushedReceiver;
  /** The `send` that waits for room; settled by the socket's `drain` or `close`. */
  #drained: PromiseWithResolvers<void> | undefined;

  /**
   * @param socket The socket, its handshake done where it has one; the connection owns it.
   * @param peer The other end.
   * @param budget The memory that connections share.
   * @param reads What the socket was connected with, where it tells of reads in place of events.
   */
  constructor(socket: Socket, peer: Peer, budget: SharedBudget, reads?: SocketReads) {
    this.#socket = socket;
    this.peer = peer;
    this.#receiver = new PushedReceiver(peer);
    this.#share = budget.open((reason) =>
      this.#fail(exhausted(`The connection was cut: ${reason}`))
    );
    reads?.begin((chunk) => this.#takeRead(chunk));
    socket.on("data", (chunk: Uint8Array) => this.#take(chunk)); // a socket with reads has none
    socket.on("end", () => this.#receiver.end());
    socket.on("error", (error: Error) => this.#receiver.end(error));
    socket.on("close", () => {
      this.#receiver.end();
      this.#share.close();
      this.#drained?.reject(this.#receiver.broken());
    });
    socket.on("drain", () => {
      this.#drained?.resolve();
      this.#drained = undefined;
      this.#count();
    });
    if (socket.readableEnded) this.#receiver.end(); // while its certificate was checked
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

  receive(take?: TakePiece): Promise<string | Uint8Array | null> {
    for (let piece = this.#nextPiece(); piece !== null; piece = this.#nextPiece()) {
      if (take === undefined) return Promise.resolve(piece);
      if (!take(piece)) return Promise.resolve("");
    }
    const received = this.#receiver.wait(take);
    if (this.#receiver.isWaiting && this.#chunks.pendingBytes > 0) this.onPartial?.();
    return received;
  }

  #nextPiece(): string | Uint8Array | null {
    const piece = this.#chunks.take();
    if (this.#share.bytes > 0) this.#count();
    return piece;
  }

  // Waiting until each write has left would cost a fifth of the calls. So a send waits only when too
  // many bytes are waiting to leave.
  send(lines: string, bytes?: Uint8Array, linesBehind = ""): Promise<void> {
    if (this.#isGone) return Promise.reject(this.#receiver.broken());
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
      if (this.#isGone) throw this.#receiver.broken();
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
    if (this.#receiver.isClosed) return;
    this.#receiver.isClosed = true;
    const forget = after(limits.lingerMs, () => this.#socket.destroy());
    // Destroying a socket throws away the bytes that it has taken and not sent.
    const sent = new Promise<void>((resolve) => this.#socket.end(() => resolve()));
    // Input is read and dropped until the other side ends: destroying a socket with unread input
    // resets the connection, and the other side would lose what was sent last.
    this.#chunks.drop();
    await Promise.all([sent, this.#receiver.over]);
    forget();
    this.#socket.destroy();
  }

  abort(): void {
    this.#receiver.isClosed = true;
    this.#socket.destroy();
    this.#receiver.end();
  }

  /**
   * Ends the connection now; what came and was not received yet is thrown away.
   *
   * @param reason Why; a waiting `receive` rejects with it.
   */
  cut(reason: string): void {
    this.#fail(new Error(reason));
  }

  #takeRead(chunk: Uint8Array): void {
    this.#take(chunk);
    if (this.#chunks.unreadBytes > 0) this.#chunks.copyUnread();
  }

  #take(chunk: Uint8Array): void {
    if (this.#receiver.isOver || this.#receiver.isClosed) return;
    this.receivedBytes += chunk.length;
    const lines = this.#receiver.isWaiting ? this.#chunks.linesAlone(chunk) : null;
    if (lines !== null) return this.#receiver.give(lines);
    this.#chunks.push(chunk);
    if (this.#receiver.isWaiting) this.#givePieces();
    else {
      const error = checkUnread(this.#chunks.unreadBytes, this.maxLineBytes);
      if (error !== undefined) return this.#fail(error);
    }
    this.#count();
  }

  /** Counts what waits towards the memory that all connections share. */
  #count(): void {
    // Without a `send` that waits, what has not left yet is less than the socket's own buffer.
    const unsent = this.#drained === undefined ? 0 : this.#socket.writableLength;
    this.#share.set(this.#chunks.unreadBytes + this.#chunks.pendingBytes + unsent);
  }

  #givePieces(): void {
    while (this.#receiver.isWaiting) {
      const piece = this.#chunks.take();
      if (piece !== null) this.#receiver.give(piece);
      else return this.#chunks.pendingBytes > 0 ? this.onPartial?.() : undefined;
    }
  }

  #fail(error: Error): void {
    this.#chunks.drop();
    this.#share.close();
    this.#receiver.end(error);
    this.#socket.destroy();
  }

  /** Whether nothing can be sent any more. */
  get #isGone(): boolean {
    return this.#receiver.isClosed || this.#socket.destroyed;
  }
}

const SENT = Promise.resolve();
const { mutualTlsPieceBytes: PIECE_LENGTH } = limits;
