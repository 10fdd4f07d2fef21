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

/** Memory of one length that nobody uses. */
class Pool {
  readonly memories: Memory[] = [];

  constructor(readonly bytes: number, readonly kept: number) {}

  take(): Memory {
    return this.memories.pop() ?? new Uint8Array(this.bytes);
  }
}

/** What is lent for lines and writes, the shortest first. */
const LENT: readonly Pool[] = [
  new Pool(limits.tinyBufferBytes, limits.maxTinyBuffersKept),
  new Pool(limits.smallBufferBytes, limits.maxSmallBuffersKept),
  new Pool(limits.mediumBufferBytes, limits.maxMediumBuffersKept),
  new Pool(limits.largeBufferBytes, limits.maxLargeBuffersKept),
];

/** What connections read into at first is kept too; a short one would pay more for it than for its call. */
const POOLS: readonly Pool[] = [
  ...LENT,
  new Pool(limits.socketInitialReadBytes, limits.maxReadBuffersKept),
  new Pool(limits.tlsInitialReadBytes, limits.maxReadBuffersKept),
];

/**
 * Borrows memory. It still contains what its last borrower left in it.
 *
 * @param minBytes How much is needed.
 * @returns Memory of at least that length; give it back with {@linkcode giveBack}.
 */
export function borrow(minBytes: number): Memory {
  for (const pool of LENT) if (minBytes <= pool.bytes) return pool.take();
  return new Uint8Array(minBytes);
}

/**
 * Borrows memory of just that length.
 *
 * @param bytes The length.
 * @returns The memory, as {@linkcode borrow} gives it.
 */
export function borrowExactly(bytes: number): Memory {
  return poolOf(bytes)?.take() ?? new Uint8Array(bytes);
}

/**
 * Gives memory back.
 *
 * @param memory What {@linkcode borrow} or {@linkcode borrowExactly} returned; it must not be used
 * afterwards.
 */
export function giveBack(memory: Memory): void {
  const pool = poolOf(memory.length);
  if (pool !== undefined && pool.memories.length < pool.kept) pool.memories.push(memory);
}

/** A Map would be asked with each write. */
function poolOf(bytes: number): Pool | undefined {
  for (const pool of POOLS) if (pool.bytes === bytes) return pool;
  return undefined;
}
