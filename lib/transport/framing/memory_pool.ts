/**
 * Memory for long lines and for lines on their way out, used over and over. New memory has to be
 * zeroed and collected, which costs several times what copying into it does.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";

/** Bytes that are lent and given back. */
export type Memory = Uint8Array<ArrayBuffer>;

/** How large the memory of a connection starts and grows by reading. */
export interface ReadSizes {
  /** Bytes at first. */
  readonly initialBytes: number;
  /** Bytes offered to one read at the most; longer lines still make the memory grow. */
  readonly readBytes: number;
  /** Bytes of one record, which a read gives at the most and a write is cut into; absent without any. */
  readonly recordBytes?: number;
}

/** The sizes that are lent for lines and writes, and how many of each are kept for the next borrower. */
const LENT: readonly (readonly [bytes: number, kept: number])[] = [
  [limits.smallBufferBytes, limits.maxSmallBuffersKept],
  [limits.mediumBufferBytes, limits.maxMediumBuffersKept],
  [limits.largeBufferBytes, limits.maxLargeBuffersKept],
];

/** What connections read into at first; a short connection would pay more for it than for its call. */
const READ_INTO: readonly (readonly [bytes: number, kept: number])[] = [
  [limits.socketInitialReadBytes, limits.maxReadBuffersKept],
  [limits.tlsInitialReadBytes, limits.maxReadBuffersKept],
];

/** What is kept, by its length. */
const pools = new Map<number, { readonly memories: Memory[]; readonly kept: number }>(
  [...LENT, ...READ_INTO].map(([bytes, kept]) => [bytes, { memories: [], kept }]),
);

/**
 * Borrows memory. It still contains what its last borrower left in it.
 *
 * @param minBytes How much is needed.
 * @returns Memory of at least that length; give it back with {@linkcode giveBack}.
 */
export function borrow(minBytes: number): Memory {
  for (const [bytes] of LENT) if (minBytes <= bytes) return borrowExactly(bytes);
  return new Uint8Array(minBytes);
}

/**
 * Borrows memory of just that length.
 *
 * @param bytes The length.
 * @returns The memory, as {@linkcode borrow} gives it.
 */
export function borrowExactly(bytes: number): Memory {
  return pools.get(bytes)?.memories.pop() ?? new Uint8Array(bytes);
}

/**
 * Gives memory back.
 *
 * @param memory What {@linkcode borrow} or {@linkcode borrowExactly} returned; it must not be used
 * afterwards.
 */
export function giveBack(memory: Memory): void {
  const pool = pools.get(memory.length);
  if (pool !== undefined && pool.memories.length < pool.kept) pool.memories.push(memory);
}
