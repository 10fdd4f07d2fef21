/**
 * Data on its way to a client, as far as its windows go.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9113#section-5.2 | RFC 9113}, section 5.2
 * @module
 */

import { CODE, ConnectionFault, DEFAULT_WINDOW_BYTES } from "../frames/frame.ts";
import { MAX_FRAME_BYTES, MAX_WINDOW_BYTES, StreamFault } from "../frames/frame.ts";
import type { FrameWriter } from "../frames/frame_writer.ts";

const EMPTY = new Uint8Array(0);

/** The data of one stream. */
export class OutgoingData {
  readonly id: number;
  /** How much the client takes of this stream; negative after it made its windows smaller. */
  window: number;
  /** How many bytes have been sent. */
  bytesWritten = 0;
  /** What waits, from `at` on. */
  bytes = EMPTY;
  at = 0;
  /** Whether the stream ends with what waits. */
  isLast = false;
  /** Whether anything waits: bytes, or the end. */
  isWaiting = false;
  /** Called once what waited has been sent. */
  onSent = () => {};
  /** Cuts the stream, whose client takes nothing. */
  readonly destroy: () => void;

  /**
   * @param id The stream.
   * @param window How much the client takes.
   * @param destroy Cuts the stream.
   */
  constructor(id: number, window: number, destroy: () => void) {
    this.id = id;
    this.window = window;
    this.destroy = destroy;
  }

  /** How many bytes wait. */
  get writableLength(): number {
    return this.bytes.length - this.at;
  }
}

/** Sends the data of all streams of one connection, a frame of each in turn. */
export class DataSender {
  readonly #writer: FrameWriter;
  /** Hears of each frame. */
  readonly #onFrame: (bytes: number) => void;
  #window = DEFAULT_WINDOW_BYTES;
  #streamWindow = DEFAULT_WINDOW_BYTES;
  /** Those that wait and whose own windows are open. */
  readonly #ready = new Set<OutgoingData>();

  /**
   * @param writer Takes the frames.
   * @param onFrame Called for each frame, with the length of its data.
   */
  constructor(writer: FrameWriter, onFrame: (bytes: number) => void) {
    this.#writer = writer;
    this.#onFrame = onFrame;
  }

  /** How much the client takes of a new stream. */
  get streamWindow(): number {
    return this.#streamWindow;
  }

  /**
   * Sends bytes of a stream, now or when the client takes them. Nothing of it may wait already.
   *
   * @param stream The stream.
   * @param bytes The bytes.
   * @param isLast Whether the stream ends with them.
   */
  send(stream: OutgoingData, bytes: Uint8Array<ArrayBuffer>, isLast: boolean): void {
    stream.bytes = bytes;
    stream.at = 0;
    stream.isLast = isLast;
    stream.isWaiting = true;
    this.#ready.add(stream);
    this.pump();
  }

  /** Sends what the windows and the socket have room for. */
  pump(): void {
    for (const stream of this.#ready) {
      if (this.#writer.isFull) return;
      const left = stream.writableLength;
      const length = Math.min(left, MAX_FRAME_BYTES, stream.window, this.#window);
      if (length <= 0 && left > 0) {
        if (stream.window > 0) return; // the window of the connection is closed
        this.#ready.delete(stream);
        continue;
      }
      this.#ready.delete(stream); // another's turn is next
      this.#sendFrame(stream, length, length === left);
    }
  }

  /**
   * Forgets what waits of a stream.
   *
   * @param stream The stream.
   */
  drop(stream: OutgoingData): void {
    this.#ready.delete(stream);
    stream.bytes = EMPTY;
    stream.at = 0;
    stream.isWaiting = false;
  }

  /**
   * Takes a window update of the connection.
   *
   * @param bytes How much more the client takes.
   * @throws {ConnectionFault} When that is too much.
   */
  grant(bytes: number): void {
    this.#window += bytes;
    if (this.#window > MAX_WINDOW_BYTES) {
      throw new ConnectionFault(CODE.flowControlError, "The window of the connection is too large");
    }
    this.pump();
  }

  /**
   * Takes a window update of a stream.
   *
   * @param stream The stream.
   * @param bytes How much more the client takes.
   * @throws {StreamFault} When that is too much.
   */
  grantStream(stream: OutgoingData, bytes: number): void {
    stream.window += bytes;
    if (stream.window > MAX_WINDOW_BYTES) {
      throw new StreamFault(CODE.flowControlError, "The window of the stream is too large");
    }
    if (!stream.isWaiting) return;
    this.#ready.add(stream);
    this.pump();
  }

  /**
   * Takes the setting for the windows of streams, those that are open included (section 6.9.2).
   *
   * @param bytes How much the client takes of each.
   * @param open The open streams.
   * @throws {ConnectionFault} When that is too much.
   */
  resize(bytes: number, open: Iterable<OutgoingData>): void {
    const change = bytes - this.#streamWindow;
    this.#streamWindow = bytes;
    for (const stream of open) {
      stream.window += change;
      if (stream.window > MAX_WINDOW_BYTES) {
        throw new ConnectionFault(CODE.flowControlError, "The window of a stream is too large");
      }
      if (stream.isWaiting) this.#ready.add(stream);
    }
    this.pump();
  }

  #sendFrame(stream: OutgoingData, length: number, isAll: boolean): void {
    const { at, bytes } = stream;
    const isWhole = length === bytes.length;
    this.#window -= length;
    stream.window -= length;
    stream.bytesWritten += length;
    stream.at += length;
    this.#writer.data(
      stream.id,
      isWhole ? bytes : bytes.subarray(at, at + length),
      isAll && stream.isLast,
    );
    this.#writer.flushSoon();
    this.#onFrame(length);
    if (!isAll) return void this.#ready.add(stream);
    stream.bytes = EMPTY;
    stream.at = 0;
    stream.isWaiting = false;
    stream.onSent();
  }
}
