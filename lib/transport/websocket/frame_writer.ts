/**
 * Writes the bytes of the wire as WebSocket frames.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6455#section-5 | RFC 6455}, section 5
 * @module
 */

import { limits } from "../../base/limits.ts";
import { applyMask, MAX_HEADER_BYTES, Opcode, writeHeader } from "./frames.ts";

const LF = 0x0a;
const { webSocketPieceBytes: PIECE } = limits;

/** How frames are written. */
export interface FrameWriterOptions {
  /** Which end this one is: a client masks what it sends. */
  readonly role: "client" | "server";
  /** Whether each line is a text message of its own; otherwise the bytes are cut anywhere. */
  readonly isByLine: boolean;
}

/** What was written. */
export interface Framed {
  /** How many of the bytes are in frames now. */
  readonly taken: number;
  /** How long the frames are. */
  readonly length: number;
}

/** Writes the frames of one direction. */
export class FrameWriter {
  readonly #role: FrameWriterOptions["role"];
  readonly #isByLine: boolean;
  /** Whether the message of a line has begun and its last frame has not been written. */
  #isLineOpen = false;

  /** @param options Which end this is, and where messages end. */
  constructor({ role, isByLine }: FrameWriterOptions) {
    this.#role = role;
    this.#isByLine = isByLine;
  }

  /**
   * Writes as many of the bytes as one piece has.
   *
   * @param bytes Bytes of the wire; by line, whole lines from where the last call ended.
   * @param out Where the frames are written.
   */
  write(bytes: Uint8Array, out: Uint8Array): Framed {
    return this.#isByLine ? this.#writeLines(bytes, out) : this.#writePiece(bytes, out);
  }

  #writePiece(bytes: Uint8Array, out: Uint8Array): Framed {
    const piece = bytes.subarray(0, PIECE);
    const frame = { isLast: true, opcode: Opcode.binary };
    return { taken: piece.length, length: this.put(frame, piece, out, 0) };
  }

  /** Whole lines, each a message, as many as fit; a long one is a message in pieces. */
  #writeLines(bytes: Uint8Array, out: Uint8Array): Framed {
    let taken = 0;
    let length = 0;
    while (taken < bytes.length) {
      const lineEnd = bytes.indexOf(LF, taken) + 1;
      const end = lineEnd === 0 ? bytes.length : lineEnd;
      const most = out.length - length - MAX_HEADER_BYTES;
      if (end - taken > most && taken > 0) break;
      const part = bytes.subarray(taken, Math.min(end, taken + most));
      const isLast = part[part.length - 1] === LF;
      const opcode = this.#isLineOpen ? Opcode.continuation : Opcode.text;
      length = this.put({ isLast, opcode }, part, out, length);
      taken += part.length;
      this.#isLineOpen = !isLast;
    }
    return { taken, length };
  }

  /**
   * Writes one frame.
   *
   * @param frame What it is.
   * @param payload Its payload, which is copied.
   * @param into Where it is written.
   * @param at Where it begins there.
   * @returns Where it ends.
   */
  put(
    { isLast, opcode }: { isLast: boolean; opcode: number },
    payload: Uint8Array,
    into: Uint8Array,
    at: number,
  ): number {
    const mask = this.#role === "client" ? nextMask() : undefined;
    const start = writeHeader({ isLast, opcode, length: payload.length, mask }, into, at);
    into.set(payload, start);
    const end = start + payload.length;
    if (mask !== undefined) applyMask(into.subarray(start, end), mask, 0);
    return end;
  }
}

/** Masks that nobody can foresee (RFC 6455 section 10.3), made many at once. */
const masks = new Uint32Array(limits.webSocketMasksAtOnce);
let nextIndex: number = masks.length;

function nextMask(): number {
  if (nextIndex === masks.length) {
    crypto.getRandomValues(masks);
    nextIndex = 0;
  }
  return masks[nextIndex++]!;
}
