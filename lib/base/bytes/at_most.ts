/**
 * The beginning of bytes.
 *
 * @module
 */

/**
 * Gives the first bytes. Where that is all of them, no new view is made: those of a small message would
 * cost more than what is done with them.
 *
 * @param bytes The bytes.
 * @param length How many of them.
 * @returns A view of the first of them, or `bytes`.
 */
export function atMost(bytes: Uint8Array, length: number): Uint8Array {
  return bytes.length <= length ? bytes : bytes.subarray(0, length);
}
