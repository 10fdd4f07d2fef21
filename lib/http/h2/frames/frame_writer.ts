/**
 * Frames of HTTP/2 on their way to a client.
 *
 * @module
 */

import { limits } from "../../../base/limits.ts";
import { FLAG, FRAME, FRAME_HEAD_BYTES, MAX_FRAME_BYTES } from "./frame.ts";

/** The part of a socket that frames are written to. */
export interface FrameSink {
  /** Takes bytes. */
  write(bytes: Uint8Array): unknown;
  /** How many bytes wait for the client. */
  readonly writableLength: number;
  /** Whether it takes no more before its next `drain`. */
  readonly writableNeedDrain: boolean;
}

const { http2FirstWriteBytes: FIRST_BYTES } = limits;
const SETTING_BYTES = 6;

/** Gathers the frames of one connection, so that those of one turn leave in one write. */
export class FrameWriter {
  readonly #sink: FrameSink;
  /** Hears that the client leaves too much waiting. */
  readonly #onOverfull: () => void;
  #memory = new Uint8Array(FIRST_BYTES);
  #length = 0;
  #isFlushDue = false;
  #isClosed = false;

  /**
   * @param sink Takes the bytes.
   * @param onOverfull Called when the client takes nothing and goes on asking.
   */
  constructor(sink: FrameSink, onOverfull: () => void) {
    this.#sink = sink;
    this.#onOverfull = onOverfull;
  }

  /** Whether data is to wait until the client has taken some. */
  get isFull(): boolean {
    return this.#sink.writableNeedDrain;
  }

  /**
   * Writes headers, in as many frames as they need.
   *
   * @param id The stream.
   * @param parts The header block.
   * @param isLast Whether nothing follows them on this stream.
   */
  headers(id: number, parts: readonly ArrayLike<number>[], isLast: boolean): void {
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    const end = isLast ? FLAG.endStream : 0;
    if (length <= MAX_FRAME_BYTES) {
      let at = this.#begin(FRAME.headers, end | FLAG.endHeaders, id, length);
      for (const part of parts) {
        this.#memory.set(part, at);
        at += part.length;
      }
      return;
    }
    const block = new Uint8Array(parts.flatMap((part) => Array.from(part)));
    for (let at = 0; at < length; at += MAX_FRAME_BYTES) {
      const part = block.subarray(at, at + MAX_FRAME_BYTES);
      const flags = at + MAX_FRAME_BYTES >= length ? FLAG.endHeaders : 0;
      if (at === 0) this.#put(FRAME.headers, flags | end, id, part);
      else this.#put(FRAME.continuation, flags, id, part);
    }
  }

  /**
   * Writes data.
   *
   * @param id The stream.
   * @param bytes The data, of at most one frame.
   * @param isLast Whether nothing follows it on this stream.
   */
  data(id: number, bytes: Uint8Array, isLast: boolean): void {
    this.#put(FRAME.data, isLast ? FLAG.endStream : 0, id, bytes);
    if (this.#length >= limits.http2WriteBytes) this.flush();
  }

  /**
   * Resets a stream.
   *
   * @param id The stream.
   * @param code Why.
   */
  resetStream(id: number, code: number): void {
    this.#number(this.#begin(FRAME.resetStream, 0, id, 4), code);
  }

  /**
   * Sends settings.
   *
   * @param settings The settings.
   */
  settings(settings: readonly (readonly [name: number, value: number])[]): void {
    let at = this.#begin(FRAME.settings, 0, 0, settings.length * SETTING_BYTES);
    for (const [name, value] of settings) {
      this.#memory[at] = name >> 8;
      this.#memory[at + 1] = name;
      this.#number(at + 2, value);
      at += SETTING_BYTES;
    }
  }

  /** Says that the client's settings are in use. */
  settingsTaken(): void {
    this.#begin(FRAME.settings, FLAG.ack, 0, 0);
  }

  /**
   * Answers a ping.
   *
   * @param payload What it carried.
   */
  pong(payload: Uint8Array): void {
    this.#put(FRAME.ping, FLAG.ack, 0, payload);
  }

  /**
   * Lets the client send more.
   *
   * @param id The stream; 0 for all of them.
   * @param bytes How much more.
   */
  windowUpdate(id: number, bytes: number): void {
    this.#number(this.#begin(FRAME.windowUpdate, 0, id, 4), bytes);
  }

  /**
   * Ends the connection.
   *
   * @param lastId The last stream that was looked at.
   * @param code Why.
   * @param reason The same in words; ASCII.
   */
  goAway(lastId: number, code: number, reason: string): void {
    const at = this.#begin(FRAME.goAway, 0, 0, 8 + reason.length);
    this.#number(at, lastId);
    this.#number(at + 4, code);
    new TextEncoder().encodeInto(reason, this.#memory.subarray(at + 8));
  }

  /** Sends what was written, now. */
  flush(): void {
    this.#isFlushDue = false;
    if (this.#length === 0 || this.#isClosed) return;
    const bytes = this.#memory.slice(0, this.#length);
    this.#length = 0;
    if (this.#memory.length > 2 * limits.http2WriteBytes) {
      this.#memory = new Uint8Array(FIRST_BYTES);
    }
    this.#sink.write(bytes);
    if (this.#sink.writableLength > limits.maxHttp2UnsentBytes) this.#onOverfull();
  }

  /** Sends what was written once this turn is over. */
  flushSoon(): void {
    if (this.#isFlushDue) return;
    this.#isFlushDue = true;
    queueMicrotask(() => this.#isFlushDue && this.flush());
  }

  /** Writes nothing any more. */
  close(): void {
    this.#isClosed = true;
    this.#length = 0;
  }

  #put(type: number, flags: number, id: number, payload: Uint8Array): void {
    const at = this.#begin(type, flags, id, payload.length);
    this.#memory.set(payload, at);
  }

  /** Writes the head of a frame and makes room for its payload; returns where that begins. */
  #begin(type: number, flags: number, id: number, length: number): number {
    const at = this.#length;
    this.#length = at + FRAME_HEAD_BYTES + length;
    if (this.#length > this.#memory.length) this.#grow();
    const memory = this.#memory;
    memory[at] = length >> 16;
    memory[at + 1] = length >> 8;
    memory[at + 2] = length;
    memory[at + 3] = type;
    memory[at + 4] = flags;
    this.#number(at + 5, id);
    return at + FRAME_HEAD_BYTES;
  }

  #grow(): void {
    const larger = new Uint8Array(Math.max(this.#length, 2 * this.#memory.length));
    larger.set(this.#memory);
    this.#memory = larger;
  }

  #number(at: number, value: number): void {
    this.#memory[at] = value >>> 24;
    this.#memory[at + 1] = value >>> 16;
    this.#memory[at + 2] = value >>> 8;
    this.#memory[at + 3] = value;
  }
}
