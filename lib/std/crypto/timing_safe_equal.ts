/**
 * `timingSafeEqual` of `@std/crypto/timing-safe-equal`, over `node:crypto`.
 *
 * @module
 */

import { timingSafeEqual as compare } from "node:crypto";

/**
 * Compares two byte sequences of one length in a time that does not depend on where they differ.
 *
 * @param a One sequence.
 * @param b The other.
 * @returns Whether they hold the same bytes.
 * @throws {TypeError} When their lengths differ.
 */
export function timingSafeEqual(
  a: ArrayBufferView | ArrayBufferLike | DataView,
  b: ArrayBufferView | ArrayBufferLike | DataView,
): boolean {
  const left = bytesOf(a);
  const right = bytesOf(b);
  if (left.byteLength !== right.byteLength) {
    throw new TypeError(
      `Cannot compare buffers of different byte lengths (${left.byteLength} vs ${right.byteLength})`,
    );
  }
  return compare(left, right);
}

function bytesOf(source: ArrayBufferView | ArrayBufferLike): Uint8Array {
  return ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source);
}
