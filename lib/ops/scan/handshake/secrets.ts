/**
 * The secrets of TLS: HKDF with labels for TLS 1.3, the pseudorandom function of TLS 1.2.
 *
 * @see RFC 8446 section 7.1, RFC 5246 section 5
 * @module
 */

import { type Bytes, join, u16, vector8 } from "../wire/bytes.ts";

/** The hash of a suite. */
export type Hash = "SHA-256" | "SHA-384";

/** The length of a hash, in octets. */
export function hashBytes(hash: Hash): number {
  return hash === "SHA-256" ? 32 : 48;
}

/** The hash of some bytes. */
export async function digest(hash: Hash, bytes: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest(hash, bytes));
}

/** HMAC. */
export async function hmac(hash: Hash, key: Bytes, message: Bytes): Promise<Bytes> {
  // Web Crypto refuses an empty key; HMAC fills a key up with zeros, so one zero is the same key.
  const octets = key.length === 0 ? new Uint8Array(1) : key;
  const parameters = { name: "HMAC", hash };
  const imported = await crypto.subtle.importKey("raw", octets, parameters, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, message));
}

/** HKDF-Expand-Label. */
export async function expandLabel(
  hash: Hash,
  secret: Bytes,
  label: string,
  context: Bytes,
  length: number,
): Promise<Bytes> {
  const name = new TextEncoder().encode(`tls13 ${label}`);
  const info = join(u16(length), vector8(name), vector8(context));
  let block: Bytes = new Uint8Array(0);
  let output: Bytes = new Uint8Array(0);
  for (let i = 1; output.length < length; i++) {
    block = await hmac(hash, secret, join(block, info, i));
    output = join(output, block);
  }
  return output.slice(0, length);
}

/** Derive-Secret: from a secret and the handshake so far. */
export async function deriveSecret(
  hash: Hash,
  secret: Bytes,
  label: string,
  transcript: Bytes,
): Promise<Bytes> {
  return await expandLabel(hash, secret, label, await digest(hash, transcript), hashBytes(hash));
}

/** The pseudorandom function of TLS 1.2. */
export async function prf12(
  hash: Hash,
  secret: Bytes,
  label: string,
  seed: Bytes,
  length: number,
): Promise<Bytes> {
  const labelled = join(new TextEncoder().encode(label), seed);
  let chained = labelled;
  let output: Bytes = new Uint8Array(0);
  while (output.length < length) {
    chained = await hmac(hash, secret, chained);
    output = join(output, await hmac(hash, secret, join(chained, labelled)));
  }
  return output.slice(0, length);
}
