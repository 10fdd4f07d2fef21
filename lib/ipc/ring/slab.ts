/**
 * Copies of messages, without an allocation each.
 *
 * An `ArrayBuffer` of its own costs a short message five times what its copy costs, so short ones
 * lie side by side in larger buffers, as Node.js' `Buffer`s do.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";

const { slabBytes: SLAB_BYTES, maxSlabMessageBytes: MAX_SHARED_BYTES } = limits;
const ALIGNMENT = 8;

let slab = new Uint8Array(SLAB_BYTES);
let used = 0;

/** Copies `length` bytes of `memory` to where nothing else is ever written. */
export function copyBytes(
  memory: Uint8Array,
  offset: number,
  length: number,
): Uint8Array<ArrayBuffer> {
  const source = memory.subarray(offset, offset + length);
  if (length > MAX_SHARED_BYTES) return new Uint8Array(source);
  // Empty: somebody has transferred the buffer of a message away.
  if (used + length > slab.length) {
    slab = new Uint8Array(SLAB_BYTES);
    used = 0;
  }
  const copy = slab.subarray(used, used + length);
  copy.set(source);
  used += (length + ALIGNMENT - 1) & -ALIGNMENT;
  return copy;
}
