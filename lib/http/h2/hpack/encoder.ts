/**
 * Header blocks as they are sent. They add nothing to the table of the client, so that a block can be
 * made once and sent on many connections.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7541 | RFC 7541}
 * @module
 */

import { staticTable } from "./static_table.ts";

const indexByName = new Map<string, number>();
const indexByHeader = new Map<string, number>();
staticTable.forEach(([name, value], index) => {
  if (index === 0) return;
  if (!indexByName.has(name)) indexByName.set(name, index);
  if (value !== "") indexByHeader.set(`${name}: ${value}`, index);
});

// What a value may not have (RFC 9113 section 8.2.1).
const UNSENDABLE = /[\0\r\n]|[^\0-\xff]/;

/**
 * Encodes a header.
 *
 * @param name Its name in lower case.
 * @param value Its value, a character for each byte.
 * @returns The bytes.
 * @throws {TypeError} For a value with characters that none may have.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { encodeHeader } from "./encoder.ts";
 *
 * assertEquals(encodeHeader(":status", "200"), [0x88]);
 * ```
 */
export function encodeHeader(name: string, value: string): number[] {
  const whole = indexByHeader.get(`${name}: ${value}`);
  const into: number[] = [];
  if (whole !== undefined) {
    pushInteger(into, 0x80, 7, whole);
    return into;
  }
  const index = indexByName.get(name) ?? 0;
  pushInteger(into, 0, 4, index);
  if (index === 0) pushString(into, name);
  if (UNSENDABLE.test(value)) {
    throw new TypeError(`The header "${name}" has a value that none may have`);
  }
  pushString(into, value);
  return into;
}

function pushString(into: number[], text: string): void {
  pushInteger(into, 0, 7, text.length);
  for (let at = 0; at < text.length; at++) into.push(text.charCodeAt(at));
}

/** Section 5.1. */
function pushInteger(into: number[], pattern: number, prefixBits: number, value: number): void {
  const most = 2 ** prefixBits - 1;
  if (value < most) return void into.push(pattern | value);
  into.push(pattern | most);
  for (value -= most; value >= 0x80; value >>>= 7) into.push(value & 0x7f | 0x80);
  into.push(value);
}
