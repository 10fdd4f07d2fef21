/**
 * Frames of HTTP/2 out of the bytes of a connection.
 *
 * @module
 */

import {
  CODE,
  ConnectionFault,
  type Frame,
  FRAME_HEAD_BYTES,
  MAX_FRAME_BYTES,
  PREFACE,
  read31,
} from "./frame.ts";

/** Cuts the bytes of one connection into frames. What it keeps is never longer than one frame. */
export class FrameReader {
  readonly #take: (frame: Frame) => void;
  /** The beginning of a frame whose end has not come. */
  #rest = new Uint8Array(0);
  /** How much of the preface has come. */
  #prefaceLength = 0;

  /** @param take Takes the frames, in their order; it may throw. */
  constructor(take: (frame: Frame) => void) {
    this.#take = take;
  }

  /**
   * Takes bytes.
   *
   * @param chunk The bytes, as long as they are.
   * @throws {ConnectionFault} For what is no HTTP/2, and for frames that are too long.
   */
  push(chunk: Uint8Array): void {
    let bytes = this.#prefaceLength < PREFACE.length ? this.#withoutPreface(chunk) : chunk;
    if (this.#rest.length > 0) bytes = this.#completed(bytes);
    let at = 0;
    for (let end = endOf(bytes, at); end <= bytes.length; end = endOf(bytes, at)) {
      this.#give(bytes, at, end);
      at = end;
    }
    if (at < bytes.length) this.#rest = bytes.slice(at);
  }

  #withoutPreface(chunk: Uint8Array): Uint8Array {
    let at = 0;
    while (at < chunk.length && this.#prefaceLength < PREFACE.length) {
      if (chunk[at++] !== PREFACE.charCodeAt(this.#prefaceLength++)) {
        throw new ConnectionFault(CODE.protocolError, "The connection does not begin as HTTP/2");
      }
    }
    return chunk.subarray(at);
  }

  /** Gives the frame that had begun, once it is whole; returns what is behind it. */
  #completed(bytes: Uint8Array): Uint8Array {
    const head = this.#joined(bytes, FRAME_HEAD_BYTES - this.#rest.length);
    const left = this.#joined(head, endOf(this.#rest, 0) - this.#rest.length);
    const frame = this.#rest;
    if (endOf(frame, 0) > frame.length) return left;
    this.#rest = new Uint8Array(0);
    this.#give(frame, 0, frame.length);
    return left;
  }

  /** Puts so many bytes behind what has come of the frame; returns the others. */
  #joined(bytes: Uint8Array, missing: number): Uint8Array {
    if (!(missing > 0 && missing !== Infinity) || bytes.length === 0) return bytes;
    const more = bytes.subarray(0, missing);
    const joined = new Uint8Array(this.#rest.length + more.length);
    joined.set(this.#rest);
    joined.set(more, this.#rest.length);
    this.#rest = joined;
    return bytes.subarray(more.length);
  }

  #give(bytes: Uint8Array, at: number, end: number): void {
    this.#take({
      type: bytes[at + 3]!,
      flags: bytes[at + 4]!,
      id: read31(bytes, at + 5),
      payload: bytes.subarray(at + FRAME_HEAD_BYTES, end),
    });
  }
}

/** Where the frame that begins there ends; `Infinity` while that cannot be told. */
function endOf(bytes: Uint8Array, at: number): number {
  if (at + FRAME_HEAD_BYTES > bytes.length) return Infinity;
  const length = bytes[at]! << 16 | bytes[at + 1]! << 8 | bytes[at + 2]!;
  if (length > MAX_FRAME_BYTES) {
    const message = `A frame has ${length} bytes; at most ${MAX_FRAME_BYTES} are taken`;
    throw new ConnectionFault(CODE.frameSizeError, message);
  }
  return at + FRAME_HEAD_BYTES + length;
}
