/**
 * Searches in bytes that were read: for the end of a line, and for the line of a blob.
 *
 * @module
 */

import { Buffer } from "node:buffer"; // its latin1 text is the fastest way to search bytes, see text.ts
import { limits } from "../../base/limits.ts";
import { readBlobHeader } from "./incoming_blob.ts";
import { decodeLines, textOfAscii } from "./text.ts";

const LF = 0x0a;
const HASH = 0x23;
const { lineTailBytes: TAIL_BYTES, blobSearchBytes: SEARCH_BYTES } = limits;
const { maxTextSearchBytes: MAX_TEXT_BYTES, oversizeHeadBytes: HEAD_BYTES } = limits;

/**
 * Searches for the last LF.
 *
 * @param bytes What was read.
 * @param from Where the search begins.
 * @param end Where the bytes that were read end.
 * @returns The place behind it, or -1.
 */
export function lastLineEnd(bytes: Uint8Array, from: number, end: number): number {
  if (end > from && bytes[end - 1] === LF) return end;
  const tail = Math.max(from, end - TAIL_BYTES);
  const near = bytes.subarray(tail, end).lastIndexOf(LF);
  if (near >= 0) return tail + near + 1;
  if (tail === from) return -1;
  const text = latin1(bytes, from, tail);
  let last = -1;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) last = at;
  return last < 0 ? -1 : from + last + 1;
}

/**
 * Searches for the next line of a blob. Text with many `#` takes at most two steps for each line.
 *
 * @param bytes What was read.
 * @param start Where a line begins.
 * @param from Where the search begins, at `start` or behind it.
 * @param end Where the bytes that were read end.
 * @returns Where such a line begins, or what may become one once more has come, or `end`.
 */
export function placeOfBlob(bytes: Uint8Array, start: number, from: number, end: number): number {
  // As behind each blob's line: making text of what follows costs garbage.
  if (from === start && bytes[start] === HASH && start < end) {
    if (readBlobHeader(bytes, start, end).kind !== "line") return start;
  }
  for (let part = from; part < end; part += SEARCH_BYTES) {
    const text = latin1(bytes, part, Math.min(part + SEARCH_BYTES, end));
    for (let at = text.indexOf("#"); at >= 0; at = text.indexOf("#", at + 1)) {
      const place = part + at;
      if (place > start && bytes[place - 1] !== LF) {
        at = text.indexOf("\n", at);
        if (at < 0) break;
      } else if (readBlobHeader(bytes, place, end).kind !== "line") return place;
    }
  }
  return end;
}

/**
 * Decodes bytes that are whole lines and nothing else, as nearly every chunk is. Text is searched sooner
 * than bytes, and what may be a blob's bytes is decoded for nothing only where it is short or ASCII.
 *
 * @param bytes What was read, from the beginning of a line to the end of one.
 * @returns Their text; `null` where they may be something else, or a line of them that of a blob.
 */
export function textOfLinesAlone(bytes: Uint8Array): string | null {
  if (bytes[0] === HASH) return null;
  const text = bytes.length > MAX_TEXT_BYTES ? textOfAscii(bytes) : decodeLines(bytes);
  return text === null ? null : linesAlone(text);
}

/**
 * Looks for lines of blobs in text that was decoded already.
 *
 * @param text Whole lines; the first of them is no blob's.
 * @returns The text; `null` where another line is that of a blob, and so its bytes were decoded too.
 */
export function linesAlone(text: string): string | null {
  for (let at = text.indexOf("#"); at >= 0; at = text.indexOf("#", at)) {
    if (text.charCodeAt(at - 1) === LF) return null;
    at = text.indexOf("\n", at);
  }
  return text;
}

/** How a line begins, as text. */
export function headOfLine(bytes: Uint8Array, start: number, end: number): string {
  const length = Math.min(end - start, HEAD_BYTES);
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, length).toString("utf8");
}

/** Each byte as one character. */
function latin1(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("latin1");
}
