/**
 * `timingSafeEqual` of `@std/crypto/timing-safe-equal`, over `node:crypto`.
 *
 * @module
 */

import { timingSafeEqual as compare } from "node:crypto";

/**
 * Compares two byte sequences in a time that does not depend on where they differ. Sequences of
 * different length are unequal, which is not hidden.
 *
 * @param a One sequence.
 * @param b The other.
 * @returns Whether they hold the same bytes.
 */
export function timingSafeEqual(
  a: ArrayBufferView | ArrayBufferLike | DataView,
  b: ArrayBufferView | ArrayBufferLike | DataView,
): boolean {
  const left = bytesOf(a);
  const right = bytesOf(b);
  return left.byteLength === right.byteLength && compare(left, right);
}

function bytesOf(source: ArrayBufferView | ArrayBufferLike): Uint8Array {
  return ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source);
}
