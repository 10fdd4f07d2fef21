/**
 * The length of text in bytes.
 *
 * @module
 */

import { Buffer } from "node:buffer"; // TextEncoder would write the bytes to count them

/**
 * Counts bytes without encoding.
 *
 * @param text Any text.
 * @returns Its length in bytes of UTF-8.
 *
 * @example
 * ```ts
 * import { byteLength } from "./byte_length.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(byteLength("다리"), 6);
 * ```
 */
export function byteLength(text: string): number {
  return Buffer.byteLength(text);
}
