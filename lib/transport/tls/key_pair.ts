/**
 * The certificate, key and authorities that TLS works with, and checks that node:tls leaves out: it
 * accepts a key that is not the certificate's, and then fails every handshake.
 *
 * @module
 */

import { Buffer } from "node:buffer"; // searches bytes
import { createPrivateKey, X509Certificate } from "node:crypto"; // Web Crypto reads no X.509
import { DariError } from "../../base/errors.ts";
import { reasonOf } from "../../base/file/reason.ts";
import type { ChannelBinding } from "../connection.ts";

/** A certificate with its key, as PEM text. */
export interface CertificateAndKey {
  /** The certificate and its chain, PEM. */
  readonly cert: string;
  /** The private key, PEM. */
  readonly key: string;
}

/** The certificate of a TLS listener. */
export interface TlsIdentity extends CertificateAndKey {
  /** What sign-ins can be bound to while the listener has this certificate. */
  readonly channelBindings?: readonly ChannelBinding[] | undefined;
}

/** The certificate of a TLS listener and the authorities of its clients. */
export interface TlsCredentials extends TlsIdentity {
  /** The authorities whose client certificates are accepted, PEM; absent, none is asked for. */
  readonly clientCa?: string | undefined;
}

/** X and Y of a point of P-256, the shortest curve in use. */
const P256_POINT_BYTES = 64;
const PRIVATE_KEY =
  /^\s*-----BEGIN (?:EC )?PRIVATE KEY-----([^-]+)-----END (?:EC )?PRIVATE KEY-----\s*$/;
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * Refuses a key that is not its certificate's, and a chain that cannot be read.
 *
 * @param pair Both, PEM.
 * @throws {DariError} `configuration` when one cannot be read or the key is another's.
 */
export function checkKeyPair({ cert, key }: CertificateAndKey): void {
  let isMatch: boolean;
  try {
    isMatch = readChain(cert).checkPrivateKey(createPrivateKey(key));
  } catch (cause) {
    throw new DariError(
      "configuration",
      `Cannot use the certificate and key: ${reasonOf(cause)}`,
      { cause },
    );
  }
  if (isMatch) return;
  throw new DariError(
    "configuration",
    "The key is not the certificate's; give the two that were made together",
  );
}

/**
 * Whether a key obviously is its certificate's. The DER of an EC key contains its public key (RFC 5915
 * section 3), and comparing takes 10 µs where {@linkcode checkKeyPair} derives it twice in 400.
 *
 * @param pair Both, PEM.
 * @returns `false` says nothing: the key may be of another kind or cannot be read.
 */
export function containsPublicKey({ cert, key }: CertificateAndKey): boolean {
  const [, body] = PRIVATE_KEY.exec(key) ?? [];
  if (body === undefined) return false;
  try {
    const { publicKey } = readChain(cert);
    if (publicKey.asymmetricKeyType !== "ec") return false;
    const point = publicKey.export({ type: "spki", format: "der" }).subarray(-P256_POINT_BYTES);
    return Buffer.from(body, "base64").includes(point);
  } catch {
    return false;
  }
}

/**
 * Splits a list of authorities, and refuses an empty one: node:tls would trust the public ones then.
 *
 * @param ca The authorities, PEM.
 * @returns Each by itself.
 * @throws {DariError} `configuration` when there is none or one cannot be read.
 */
export function splitAuthorities(ca: string): string[] {
  const found = ca.match(CERTIFICATE) ?? [];
  try {
    for (const pem of found) new X509Certificate(pem);
  } catch (cause) {
    throw new DariError("configuration", `Cannot read an authority: ${reasonOf(cause)}`, { cause });
  }
  if (found.length > 0) return found;
  throw new DariError(
    "configuration",
    "There is no certificate among the authorities to trust; give them as PEM",
  );
}

/** The leaf of a chain, each of whose certificates can be read. */
function readChain(cert: string): X509Certificate {
  for (const pem of cert.match(CERTIFICATE) ?? []) new X509Certificate(pem);
  return new X509Certificate(cert);
}
