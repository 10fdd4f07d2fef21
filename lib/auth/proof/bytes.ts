/**
 * Random bytes, SHA-256 and HMAC-SHA-256, as the credentials use them.
 *
 * @module
 */

// A cached credential is checked synchronously, and Web Crypto's digests are promises.
import { createHash } from "node:crypto";
import { timingSafeEqual } from "@std/crypto/timing-safe-equal";
import { encodeBase64Url } from "@std/encoding/base64url";

/** Bytes in a buffer that is not shared between threads, as Web Crypto requires. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** Gives that many random bytes. */
export type RandomBytes = (length: number) => Bytes;

/**
 * Random bytes from the operating system.
 *
 * @param length How many.
 * @returns The bytes.
 */
export const systemRandom: RandomBytes = (length) => crypto.getRandomValues(new Uint8Array(length));

const encoder = new TextEncoder();

/**
 * Encodes a text as UTF-8.
 *
 * @param text The text.
 * @returns Its bytes.
 */
export function utf8(text: string): Bytes {
  return encoder.encode(text);
}

/**
 * Computes a SHA-256 digest.
 *
 * @param data Bytes, or a text, which is encoded as UTF-8.
 * @returns The digest.
 */
export function sha256(data: Bytes | string): Bytes {
  return new Uint8Array(createHash("sha256").update(data).digest());
}

/**
 * Computes a SHA-256 digest where there is time to wait, as in every client: browsers have no other.
 *
 * @param data The bytes.
 * @returns The digest.
 */
export async function digestSha256(data: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", data));
}

/**
 * Imports a key for HMAC with SHA-256. What is used often imports its key once: that takes as long as
 * a code.
 *
 * @param key The key's bytes.
 * @returns The key, which cannot be exported.
 */
export function importHmacKey(key: Bytes): Promise<CryptoKey> {
  // Web Crypto refuses the empty key, which RFC 2104 fills with zeros as any other.
  const bytes = key.length === 0 ? new Uint8Array(1) : key;
  return crypto.subtle.importKey("raw", bytes, HMAC, false, ["sign"]);
}

/**
 * Computes an HMAC with SHA-256.
 *
 * @param key The key, imported or as bytes.
 * @param data Bytes, or a text, which is encoded as UTF-8.
 * @returns The authentication code, 32 bytes.
 * @see RFC 2104
 */
export async function hmacSha256(key: Bytes | CryptoKey, data: Bytes | string): Promise<Bytes> {
  const imported = key instanceof CryptoKey ? key : await importHmacKey(key);
  const bytes = typeof data === "string" ? utf8(data) : data;
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, bytes));
}

const HMAC = { name: "HMAC", hash: "SHA-256" } as const;

/**
 * Compares two secrets in a time that does not depend on where they differ. Only their lengths are
 * not hidden, which are no secret.
 *
 * @param a One secret.
 * @param b The other, which may come from a peer and have any length.
 * @returns Whether they are the same.
 */
export function secretsEqual(a: Uint8Array, b: Uint8Array): boolean {
  // Upstream's comparison throws for different lengths.
  return a.length === b.length && timingSafeEqual(a, b);
}

/**
 * Makes a random text.
 *
 * @param random Where random bytes come from.
 * @param length How many random bytes.
 * @returns Their base64url.
 */
export function randomText(random: RandomBytes, length: number): string {
  return encodeBase64Url(random(length));
}
