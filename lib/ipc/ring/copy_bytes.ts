/**
 * Copies of messages, without an allocation for each.
 *
 * An `ArrayBuffer` of its own costs a short message five times what its copy costs, so short copies
 * lie side by side in a larger buffer, as those of Node.js' `Buffer` pool do.
 *
 * Invariant: `pool` is written only from `used` on, and `used` only grows until the pool is
 * replaced. So a copy never changes after it was handed out.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";

const POOL_BYTES = limits.copyPoolBytes;
const MAX_POOLED_BYTES = limits.maxPooledCopyBytes;
const ALIGNMENT = 8;

let pool = new Uint8Array(POOL_BYTES);
let used = 0;

/**
 * Copies a part of `memory`.
 *
 * @param memory What is read; it may change afterwards.
 * @param offset Where the part begins.
 * @param length Its length in bytes.
 * @returns The copy. Short copies share an `ArrayBuffer`.
 */
export function copyBytes(
  memory: Uint8Array,
  offset: number,
  length: number,
): Uint8Array<ArrayBuffer> {
  const source = memory.subarray(offset, offset + length);
  if (length > MAX_POOLED_BYTES) return new Uint8Array(source);
  // The length is 0 where a program has transferred the buffer of one of its copies away.
  if (used + length > pool.length) {
    pool = new Uint8Array(POOL_BYTES);
    used = 0;
  }
  const copy = pool.subarray(used, used + length);
  copy.set(source);
  used += (length + ALIGNMENT - 1) & -ALIGNMENT;
  return copy;
}
