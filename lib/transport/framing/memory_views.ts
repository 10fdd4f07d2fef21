/**
 * Views of memory that is read into, made once: for a call of a few bytes, making them and starting a
 * decoder takes longer than all else that is done with the bytes.
 *
 * @module
 */

import { Buffer } from "node:buffer"; // its native decodes short text in half of a TextDecoder's time
import { limits } from "../../base/limits.ts";
import { linesAlone, textOfLinesAlone } from "./line_search.ts";
import type { Memory } from "./memory_pool.ts";
import { decodeLines, REPLACEMENT } from "./text.ts";

const HASH = 0x23;
const { maxShortTextBytes: SHORT_BYTES } = limits;

/**
 * The views of the memory that was asked for last.
 *
 * Invariant: a memory is all of its `ArrayBuffer`, by which it is told from others.
 */
export class MemoryViews {
  #beginning: Memory | undefined;
  #buffer: Buffer | undefined;

  /**
   * Gives room to read into.
   *
   * @param memory The memory.
   * @param start Where the room begins.
   * @param most How long it may be; the same with each call.
   * @returns The room, shorter where the memory ends.
   */
  room(memory: Memory, start: number, most: number): Memory {
    if (start > 0) return memory.subarray(start, start + most);
    if (this.#beginning?.buffer !== memory.buffer) this.#beginning = memory.subarray(0, most);
    return this.#beginning;
  }

  /**
   * Decodes whole lines, as {@linkcode decodeLines} does.
   *
   * @param memory The memory.
   * @param start Where the first of them begins.
   * @param end Where the last of them ends.
   * @returns Their text.
   */
  decode(memory: Memory, start: number, end: number): string {
    if (end - start <= SHORT_BYTES) {
      if (this.#buffer?.buffer !== memory.buffer) this.#buffer = Buffer.from(memory.buffer);
      const text = this.#buffer.toString("utf8", start, end);
      if (!text.includes(REPLACEMENT)) return text;
    }
    return decodeLines(memory.subarray(start, end));
  }

  /**
   * Decodes bytes that are whole lines and nothing else, as {@linkcode textOfLinesAlone} does.
   *
   * @param memory The memory.
   * @param start Where the first line begins.
   * @param end Where the last one ends.
   * @returns Their text, or `null`.
   */
  decodeLinesAlone(memory: Memory, start: number, end: number): string | null {
    if (end - start > SHORT_BYTES) return textOfLinesAlone(memory.subarray(start, end));
    return memory[start] === HASH ? null : linesAlone(this.decode(memory, start, end));
  }
}
