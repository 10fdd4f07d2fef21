/**
 * The text of an API key: `dari_ID_SECRETCHECK`. The prefix lets secret scanners find it, and the
 * checksum reveals a mistyped key without a look into the store.
 *
 * @module
 */

import { encodeHex } from "@std/encoding/hex";
import { limits } from "../../base/limits.ts";
import { type Bytes, type RandomBytes, utf8 } from "./bytes.ts";
import { AuthenticationError } from "./errors.ts";

/** The beginning of every API key. */
export const KEY_PREFIX = "dari_";

const KEY = /^dari_([0-9a-f]{12})_([0-9A-Za-z]{43})([0-9A-Za-z]{6})$/;
const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** The parts of an API key. */
export interface ApiKeyText {
  /** The key's id; it is no secret. */
  readonly id: string;
  /** 256 random bits. */
  readonly secret: string;
}

/**
 * Makes the text of a new key.
 *
 * @param random Where random bytes come from.
 * @param id The id, for a new secret of an old key; random by default.
 * @returns The key's text and parts.
 */
export function createApiKeyText(
  random: RandomBytes,
  id: string = encodeHex(random(limits.apiKeyIdBytes)),
): ApiKeyText & { text: string } {
  const secret = base62(BigInt(`0x${encodeHex(random(limits.tokenBytes))}`), 43);
  return { id, secret, text: `${KEY_PREFIX}${id}_${secret}${checksum(id, secret)}` };
}

/**
 * Parses the text of a key.
 *
 * @param text What a client sent.
 * @returns Its parts.
 * @throws {AuthenticationError} When the text is malformed, or its checksum is wrong.
 */
export function parseApiKey(text: string): ApiKeyText {
  const [, id, secret, check] = KEY.exec(text) ?? [];
  if (id === undefined || secret === undefined || check !== checksum(id, secret)) {
    throw new AuthenticationError("The API key is malformed; it may be cut off or mistyped");
  }
  return { id, secret };
}

function checksum(id: string, secret: string): string {
  return base62(BigInt(crc32(utf8(`${id}_${secret}`))), 6);
}

function base62(value: bigint, length: number): string {
  let text = "";
  for (let rest = value; text.length < length; rest /= 62n) {
    text = DIGITS[Number(rest % 62n)] + text;
  }
  return text;
}

/** CRC-32 of IEEE 802.3, bit by bit: keys are short. */
function crc32(bytes: Bytes): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
