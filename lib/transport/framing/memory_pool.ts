/**
 * Memory for long lines and for lines on their way out, used over and over. New memory has to be
 * zeroed and collected, which costs several times what copying into it does.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";

/** Bytes that are lent and given back. */
export type Memory = Uint8Array<ArrayBuffer>;

// The sizes that are lent, and how many of each are kept for the next borrower.
const SIZES: readonly { bytes: number; kept: number }[] = [
  { bytes: limits.smallBufferBytes, kept: limits.maxSmallBuffersKept },
  { bytes: limits.mediumBufferBytes, kept: limits.maxMediumBuffersKept },
  { bytes: limits.largeBufferBytes, kept: limits.maxLargeBuffersKept },
];
const pools: Memory[][] = SIZES.map(() => []);

/**
 * Borrows memory. It still contains what its last borrower left in it.
 *
 * @param minBytes How much is needed.
 * @returns Memory of at least that length; give it back with {@linkcode giveBack}.
 */
export function borrow(minBytes: number): Memory {
  const index = SIZES.findIndex(({ bytes }) => minBytes <= bytes);
  return pools[index]?.pop() ?? new Uint8Array(SIZES[index]?.bytes ?? minBytes);
}

/**
 * Gives memory back.
 *
 * @param memory What {@linkcode borrow} returned; it must not be used afterwards.
 */
export function giveBack(memory: Memory): void {
  const index = SIZES.findIndex(({ bytes }) => memory.length === bytes);
  const pool = pools[index];
  if (pool !== undefined && pool.length < (SIZES[index]?.kept ?? 0)) pool.push(memory);
}
