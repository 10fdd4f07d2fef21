/**
 * A message as it is sent: its line of text, and the raw bytes that belong to it.
 *
 * @module
 */

import { byteLength } from "../base/text/byte_length.ts";
import { excessLength } from "./line_length.ts";

/** A message: the text of its line without LF, where it holds no raw bytes. */
export type Line = string | LineWithBytes;

/** A message with raw bytes, which are sent in front of its line. */
export class LineWithBytes {
  /** The text, without LF. */
  readonly text: string;
  /** The bytes, in the order in which the text counts them. They belong to whoever gave them. */
  readonly blobs: readonly Uint8Array[];
  /** The characters of the text and the bytes: how much memory it takes while it waits. */
  readonly length: number;

  /**
   * @param text The text, without LF.
   * @param blobs The bytes.
   */
  constructor(text: string, blobs: readonly Uint8Array[]) {
    this.text = text;
    this.blobs = blobs;
    this.length = text.length + blobBytes(blobs);
  }
}

/**
 * Counts the bytes of a message as credit counts them: its line without LF, and its raw bytes.
 *
 * @param line The message.
 * @returns Its length in bytes.
 */
export function lineBytes(line: Line): number {
  if (typeof line === "string") return byteLength(line);
  return byteLength(line.text) + blobBytes(line.blobs);
}

/**
 * Looks whether a message is too long for the other side.
 *
 * @param line The message.
 * @param maxBytes The most bytes that the other side takes.
 * @returns Its length in bytes where that is more, otherwise `undefined`.
 */
export function excessBytes(line: Line, maxBytes: number): number | undefined {
  if (typeof line === "string") return excessLength(line, maxBytes);
  const bytes = lineBytes(line);
  return bytes > maxBytes ? bytes : undefined;
}

/**
 * Counts raw bytes.
 *
 * @param blobs Pieces of memory.
 * @returns Their length together.
 */
export function blobBytes(blobs: readonly Uint8Array[]): number {
  let bytes = 0;
  for (const blob of blobs) bytes += blob.length;
  return bytes;
}
