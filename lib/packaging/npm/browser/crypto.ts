/**
 * What the client needs of node:crypto, where there is none.
 *
 * @module
 */

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
 * Only servers hash without waiting.
 *
 * @throws {Error} Always.
 */
export function createHash(): never {
  throw new Error("A browser has no hash that answers at once");
}
