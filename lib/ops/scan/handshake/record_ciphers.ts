/**
 * Records protected by AES-GCM.
 *
 * @see RFC 8446 section 5.2, RFC 5288 section 3
 * @module
 */

import { type Bytes, join, u16, u64 } from "../wire/bytes.ts";
import { ScanFault } from "../wire/fault.ts";
import { contentType, type RecordCipher } from "../wire/tls_peer.ts";
import { expandLabel, type Hash } from "./secrets.ts";

const TAG_BYTES = 16;
const EXPLICIT_NONCE_BYTES = 8;

/** A suite that whole handshakes are made with. */
export interface UsableSuite {
  /** Its number. */
  readonly code: number;
  /** The hash of its secrets. */
  readonly hash: Hash;
  /** The length of its keys. */
  readonly keyBytes: number;
}

/** The suites that whole handshakes are made with: Web Crypto has AES-GCM and no other. */
export const usableSuites: readonly UsableSuite[] = [
  { code: 0x1301, hash: "SHA-256", keyBytes: 16 },
  { code: 0x1302, hash: "SHA-384", keyBytes: 32 },
  { code: 0xc02b, hash: "SHA-256", keyBytes: 16 },
  { code: 0xc02f, hash: "SHA-256", keyBytes: 16 },
  { code: 0xc02c, hash: "SHA-384", keyBytes: 32 },
  { code: 0xc030, hash: "SHA-384", keyBytes: 32 },
];

/**
 * Protects the records of one direction in TLS 1.3.
 *
 * @param suite The suite.
 * @param secret The traffic secret of the direction.
 */
export async function cipher13(
  { hash, keyBytes }: UsableSuite,
  secret: Bytes,
): Promise<RecordCipher> {
  const none = new Uint8Array(0);
  const key = await importKey(await expandLabel(hash, secret, "key", none, keyBytes));
  const iv = await expandLabel(hash, secret, "iv", none, 12);
  let sequence = 0;
  const parametersOf = (length: number) => {
    const nonce = join(new Uint8Array(4), u64(sequence++)).map((octet, i) => octet ^ iv[i]!);
    const header = join(contentType.applicationData, 3, 3, u16(length));
    return { name: "AES-GCM", iv: nonce, additionalData: header };
  };
  return {
    async seal(type, contents) {
      const inner = join(contents, type);
      const parameters = parametersOf(inner.length + TAG_BYTES);
      const bytes = new Uint8Array(await crypto.subtle.encrypt(parameters, key, inner));
      return { type: contentType.applicationData, bytes };
    },
    async open(type, bytes) {
      // Some servers send the alert that refuses a handshake in the clear.
      if (type === contentType.alert) return { type, bytes };
      const inner = await decrypt(parametersOf(bytes.length), key, bytes);
      const end = inner.findLastIndex((octet) => octet !== 0);
      if (end < 0) throw new ScanFault("malformed", "it sends a record without a type");
      return { type: inner[end]!, bytes: inner.slice(0, end) };
    },
  };
}

/**
 * Protects the records of one direction in TLS 1.2.
 *
 * @param keyOctets The key.
 * @param salt The four octets of the nonce that do not change.
 */
export async function cipher12(keyOctets: Bytes, salt: Bytes): Promise<RecordCipher> {
  const key = await importKey(keyOctets);
  let sequence = 0;
  const parametersOf = (type: number, explicit: Bytes, length: number) => ({
    name: "AES-GCM",
    iv: join(salt, explicit),
    additionalData: join(u64(sequence++), type, 3, 3, u16(length)),
  });
  return {
    async seal(type, contents) {
      const explicit = u64(sequence);
      const parameters = parametersOf(type, explicit, contents.length);
      const sealed = new Uint8Array(await crypto.subtle.encrypt(parameters, key, contents));
      return { type, bytes: join(explicit, sealed) };
    },
    async open(type, bytes) {
      const length = bytes.length - EXPLICIT_NONCE_BYTES - TAG_BYTES;
      if (length < 0) throw new ScanFault("malformed", "it sends a record that is too short");
      const explicit = bytes.subarray(0, EXPLICIT_NONCE_BYTES);
      const parameters = parametersOf(type, explicit, length);
      return { type, bytes: await decrypt(parameters, key, bytes.subarray(EXPLICIT_NONCE_BYTES)) };
    },
  };
}

function importKey(octets: Bytes): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", octets, "AES-GCM", false, ["encrypt", "decrypt"]);
}

async function decrypt(parameters: AesGcmParams, key: CryptoKey, bytes: Bytes): Promise<Bytes> {
  try {
    return new Uint8Array(await crypto.subtle.decrypt(parameters, key, bytes));
  } catch (cause) {
    throw new ScanFault("malformed", "it sends a record that was protected with another key", {
      cause,
    });
  }
}
