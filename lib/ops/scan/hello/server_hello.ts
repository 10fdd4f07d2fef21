/**
 * ServerHellos and the messages that follow in the clear up to TLS 1.2.
 *
 * @see RFC 8446 section 4.1.3, RFC 5246 section 7.4
 * @module
 */

import { encodeHex } from "@std/encoding/hex";
import { ByteReader, type Bytes } from "../wire/bytes.ts";
import { ScanFault } from "../wire/fault.ts";
import { extension } from "./client_hello.ts";

/** The types of the server's handshake messages. */
export const handshakeType = {
  serverHello: 2,
  newSessionTicket: 4,
  encryptedExtensions: 8,
  certificate: 11,
  serverKeyExchange: 12,
  certificateRequest: 13,
  serverHelloDone: 14,
  certificateVerify: 15,
  clientKeyExchange: 16,
  finished: 20,
  certificateStatus: 22,
} as const;

/** A ServerHello. */
export interface ServerHello {
  /** The version that the server has chosen. */
  readonly version: number;
  /** Its random octets. */
  readonly random: Bytes;
  /** The session's ID. */
  readonly sessionId: Bytes;
  /** The suite that the server has chosen. */
  readonly suite: number;
  /** The compression that the server has chosen; 0 is none. */
  readonly compression: number;
  /** Its extensions by type. */
  readonly extensions: ReadonlyMap<number, Bytes>;
  /** Whether it asks for another ClientHello (HelloRetryRequest). */
  readonly isRetry: boolean;
  /** The group of TLS 1.3 that the server has chosen. */
  readonly group: number | undefined;
}

/** RFC 8446 section 4.1.3: SHA-256 of "HelloRetryRequest". */
const HELLO_AGAIN = "cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c";

/**
 * Reads a ServerHello.
 *
 * @param body The message without its header.
 * @throws {ScanFault} `malformed` where it is none.
 */
export function parseServerHello(body: Bytes): ServerHello {
  const reader = new ByteReader(body);
  const legacyVersion = reader.number(2);
  const random = reader.take(32);
  const sessionId = reader.vector(1);
  if (sessionId.length > 32) throw malformed("a session ID of more than 32 octets");
  const suite = reader.number(2);
  const compression = reader.number(1);
  const extensions = reader.done ? new Map<number, Bytes>() : parseExtensions(reader.inside(2));
  const chosen = extensions.get(extension.versions);
  const share = extensions.get(extension.keyShare);
  return {
    version: chosen === undefined ? legacyVersion : new ByteReader(chosen).number(2),
    random,
    sessionId,
    suite,
    compression,
    extensions,
    isRetry: encodeHex(random) === HELLO_AGAIN,
    group: share === undefined ? undefined : new ByteReader(share).number(2),
  };
}

/** Reads a block of extensions; one that is there twice is refused. */
export function parseExtensions(reader: ByteReader): Map<number, Bytes> {
  const extensions = new Map<number, Bytes>();
  while (!reader.done) {
    const type = reader.number(2);
    if (extensions.has(type)) throw malformed("an extension that is there twice");
    extensions.set(type, reader.vector(2));
  }
  return extensions;
}

/** Reads the Certificate message of TLS 1.2 and older: each certificate in DER. */
export function parseCertificates12(body: Bytes): Bytes[] {
  const list = new ByteReader(body).inside(3);
  const certificates: Bytes[] = [];
  while (!list.done) certificates.push(list.vector(3));
  return certificates;
}

/** Reads the Certificate message of TLS 1.3. */
export function parseCertificates13(body: Bytes): Bytes[] {
  const reader = new ByteReader(body);
  reader.vector(1);
  const list = reader.inside(3);
  const certificates: Bytes[] = [];
  while (!list.done) {
    certificates.push(list.vector(3));
    list.vector(2);
  }
  return certificates;
}

/** The key agreement of a ServerKeyExchange. */
export interface ServerKeyExchange {
  /** The curve, for ECDHE. */
  readonly group?: number;
  /** The bits of the prime, for DHE. */
  readonly primeBits?: number;
  /** The server's public key. */
  readonly key: Bytes;
  /** What the signature covers, after the two random numbers. */
  readonly signed: Bytes;
  /** The scheme of the signature; TLS 1.1 and older do not say. */
  readonly scheme?: number;
  /** The signature. */
  readonly signature: Bytes;
}

/**
 * Reads a ServerKeyExchange.
 *
 * @param body The message without its header.
 * @param form Which key agreement it is, whether the version names the scheme, and whether it is
 * signed.
 * @see RFC 8422 section 5.4, RFC 5246 section 7.4.3
 */
export function parseServerKeyExchange(
  body: Bytes,
  form: { readonly isEcdhe: boolean; readonly hasScheme: boolean; readonly isSigned: boolean },
): ServerKeyExchange {
  const reader = new ByteReader(body);
  const agreed = form.isEcdhe ? readEcdhe(reader) : readDhe(reader);
  if (!form.isSigned) {
    return { ...agreed, signed: body, signature: new Uint8Array(0) };
  }
  const signatureAt = reader.rest();
  const signed = body.subarray(0, body.length - signatureAt.length);
  const tail = new ByteReader(signatureAt);
  const scheme = form.hasScheme ? { scheme: tail.number(2) } : {};
  return { ...agreed, signed, ...scheme, signature: tail.vector(2) };
}

function readEcdhe(reader: ByteReader): { readonly group: number; readonly key: Bytes } {
  if (reader.number(1) !== 3) throw malformed("a curve without a name");
  return { group: reader.number(2), key: reader.vector(1) };
}

function readDhe(reader: ByteReader): { readonly primeBits: number; readonly key: Bytes } {
  const prime = reader.vector(2);
  reader.vector(2);
  const first = prime.findIndex((octet) => octet !== 0);
  const primeBits = first < 0 ? 0 : (prime.length - first) * 8 - Math.clz32(prime[first]!) + 24;
  return { primeBits, key: reader.vector(2) };
}

function malformed(what: string): ScanFault {
  return new ScanFault("malformed", `it sends ${what}`);
}
