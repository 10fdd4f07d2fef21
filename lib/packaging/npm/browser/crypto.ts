/**
 * What the client needs of node:crypto, where there is none.
 *
 * @module
 */

import { Sha256 } from "./sha256.ts";

/**
 * Compares two byte sequences of one length in a time that does not depend on where they differ.
 *
 * @param a One sequence.
 * @param b The other.
 * @returns Whether they hold the same bytes.
 */
export function timingSafeEqual(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length;
  for (let at = 0; at < a.length; at++) difference |= a[at]! ^ b[at]!;
  return difference === 0;
}

/**
 * Begins a hash. The client hashes files alone.
 *
 * @param name The hash; `sha256` is the only one.
 * @returns The hash of nothing.
 */
export function createHash(_name: "sha256"): Sha256 {
  return new Sha256();
}
