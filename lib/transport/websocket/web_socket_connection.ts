/**
 * Connections of lines over a WebSocket of the runtime: in browsers, and where the runtime accepts it.
 *
 * @module
 */

import { delay, settlesWithin } from "../../base/abort.ts";
import { limits } from "../../base/limits.ts";
import { fitLines } from "../../base/text/oversize_line.ts";
import type { Connection, Peer } from "../connection.ts";
import { PushedChunks } from "../pushed/pushed_chunks.ts";
import { checkUnread, exhausted, PushedReceiver } from "../pushed/pushed_receiver.ts";
import { type BudgetShare, processBudget } from "../shared_budget.ts";
import { CloseCode } from "./frames.ts";

const { webSocketPieceBytes: PIECE, maxWebSocketUnsentBytes: MOST_UNSENT } = limits;
const SENT = Promise.resolve();
const ORDERLY: ReadonlySet<number> = new Set([
  CloseCode.normal,
  CloseCode.goingAway,
  CloseCode.noCode,
]);
const encoder = new TextEncoder();

/**
 * Carries lines, and blobs where messages may be cut anywhere. The runtime's WebSocket cannot pause its
 * sender and takes whatever it is given, so both are counted: too many bytes that no `receive` has asked
 * for end the connection, and a `send` waits while too many have not left.
 *
 * Invariants: while the `#receiver` waits, nothing whole has come that was not handed to it. `#text` is
 * only filled while `#chunks` is empty.
 */
export class WebSocketConnection implements Connection {
  readonly peer: Peer;
  readonly isHalfCloseable = false;
  receivedBytes = 0;
  onPartial: (() => void) | undefined;
  readonly #socket: WebSocket;
  readonly #isByLine: boolean;
  /** Whole lines that came as text. */
  #text = "";
  /** What came as bytes, and text behind it. */
  readonly #chunks = new PushedChunks((error) => this.#end(error));
  #hasBytes = false;
  #writtenBytes = 0;
  readonly #receiver: PushedReceiver;
  readonly #share: BudgetShare;

  /**
   * @param socket The WebSocket, open or about to be; the connection owns it.
   * @param peer The other end.
   * @param isByLine Whether each line is a message of its own.
   */
  constructor(socket: WebSocket, peer: Peer, isByLine: boolean) {
    this.#socket = socket;
    this.peer = peer;
    this.#receiver = new PushedReceiver(peer);
    this.#isByLine = isByLine;
    this.#share = processBudget.open((reason) =>
      this.#fail(exhausted(`The connection was cut: ${reason}`))
    );
    socket.binaryType = "arraybuffer";
    const take = ({ data }: MessageEvent) => this.#take(data);
    const end = ({ code, reason }: CloseEvent) =>
      this.#end(ORDERLY.has(code) ? undefined : closedBy(code, reason));
    [socket.onmessage, socket.onclose] = [take, end];
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

  get sentBytes(): number {
    return this.#writtenBytes - this.#socket.bufferedAmount;
  }

  receive(): Promise<string | Uint8Array | null> {
    const piece = this.#nextPiece();
    if (piece !== null) return Promise.resolve(piece);
    const received = this.#receiver.wait();
    if (this.#receiver.isWaiting && this.#chunks.pendingBytes > 0) this.onPartial?.();
    return received;
  }

  send(lines: string, bytes?: Uint8Array, linesBehind = ""): Promise<void> {
    if (this.#isGone) return Promise.reject(this.#receiver.broken());
    if (bytes !== undefined) return this.#sendBlob(lines, bytes, linesBehind);
    if (this.#isByLine) this.#sendEachLine(lines);
    else if (lines.length <= PIECE) this.#put(lines, lines.length);
    else return this.#sendPieces(encoder.encode(lines));
    return this.#socket.bufferedAmount <= MOST_UNSENT ? SENT : this.#untilRoom();
  }

  async close(): Promise<void> {
    if (this.#receiver.isClosed) return;
    this.#receiver.isClosed = true;
    this.#drop();
    this.#socket.close(CloseCode.normal);
    await settlesWithin(this.#receiver.over, limits.lingerMs);
    this.abort();
  }

  abort(): void {
    this.#receiver.isClosed = true;
    this.#drop();
    this.#end();
    this.#socket.onmessage = null;
    if (this.#socket.readyState <= WebSocket.OPEN) this.#socket.close(CloseCode.normal);
  }

  #sendEachLine(lines: string): void {
    for (let at = 0; at < lines.length;) {
      const end = lines.indexOf("\n", at) + 1;
      this.#put(lines.slice(at, end), end - at);
      at = end;
    }
  }

  async #sendBlob(lines: string, blob: Uint8Array, linesBehind: string): Promise<void> {
    await this.#sendPieces(encoder.encode(lines));
    await this.#sendPieces(blob);
    await this.#sendPieces(encoder.encode(linesBehind));
  }

  async #sendPieces(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; at += PIECE) {
      if (this.#isGone) throw this.#receiver.broken();
      const piece = bytes.slice(at, at + PIECE); // the socket may read it later
      this.#put(piece, piece.length);
      if (this.#socket.bufferedAmount > MOST_UNSENT) await this.#untilRoom();
    }
  }

  #put(message: string | Uint8Array<ArrayBuffer>, length: number): void {
    this.#writtenBytes += length;
    this.#socket.send(message);
  }

  /** A WebSocket does not say when it has sent something: it is looked at again and again. */
  async #untilRoom(): Promise<void> {
    for (let ms: number = limits.webSocketLookMs; this.#socket.bufferedAmount > MOST_UNSENT;) {
      this.#count();
      await delay(ms);
      ms = Math.min(2 * ms, limits.maxWebSocketLookMs);
      if (this.#isGone) throw this.#receiver.broken();
    }
    this.#count();
  }

  #take(data: string | ArrayBuffer): void {
    if (this.#isGone) return;
    if (typeof data === "string") this.#takeText(data);
    else {
      this.receivedBytes += data.byteLength;
      this.#hasBytes = true;
      this.#chunks.push(new Uint8Array(data));
    }
    if (this.#receiver.isWaiting) this.#give();
    const error = checkUnread(this.#unreadBytes, this.maxLineBytes);
    if (error !== undefined) this.#fail(error);
    if (this.#unreadBytes > 0 || this.#share.bytes > 0) this.#count();
  }

  #takeText(data: string): void {
    const lines = data.endsWith("\n") ? data : `${data}\n`;
    this.receivedBytes += lines.length;
    // Behind a blob a line is counted together with it, and behind a part of one it is a part as well.
    if (this.#hasBytes) this.#chunks.push(encoder.encode(lines));
    else this.#text += lines;
  }

  #give(): void {
    const piece = this.#nextPiece();
    if (piece !== null) this.#receiver.give(piece);
    else if (this.#receiver.isWaiting) this.onPartial?.();
  }

  /** Ends the connection where a line is far too long, as that of `#chunks`. */
  #nextPiece(): string | Uint8Array | null {
    if (this.#text === "") return this.#hasBytes ? this.#chunks.take() : null;
    const lines = this.#text;
    this.#text = "";
    try {
      return fitLines(lines, this.maxLineBytes);
    } catch (error) {
      this.#fail(error as Error);
      return null;
    }
  }

  get #unreadBytes(): number {
    return this.#text.length + this.#chunks.unreadBytes;
  }

  #count(): void {
    const { bufferedAmount } = this.#socket;
    this.#share.set(this.#unreadBytes + this.#chunks.pendingBytes + bufferedAmount);
  }

  #fail(error: Error): void {
    this.#drop();
    this.#end(error);
    this.#socket.onmessage = null;
    if (this.#socket.readyState <= WebSocket.OPEN) this.#socket.close(CloseCode.tooBigHere);
  }

  #drop(): void {
    this.#text = "";
    this.#chunks.drop();
  }

  #end(error?: Error): void {
    this.#share.close();
    this.#receiver.end(error);
  }

  /** Whether nothing comes or leaves any more. */
  get #isGone(): boolean {
    return this.#receiver.isClosed || this.#receiver.isOver;
  }
}

function closedBy(code: number, reason: string): Error {
  return new Error(reason === "" ? `it was closed with the code ${code}` : reason);
}
