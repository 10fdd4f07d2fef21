/**
 * Whether a key belongs to a certificate. node:tls takes any two and fails every handshake later.
 *
 * @module
 */

import { createPrivateKey, X509Certificate } from "node:crypto"; // Web Crypto reads no X.509
import { DariError } from "../../base/errors.ts";
import { reasonOf } from "../../base/files.ts";
import type { ChannelBinding } from "../connection.ts";

/** A certificate with its key. */
export interface CertificateAndKey {
  /** The certificate and its chain, PEM. */
  readonly cert: string;
  /** The private key, PEM. */
  readonly key: string;
}

/** What a TLS listener shows. */
export interface TlsIdentity extends CertificateAndKey {
  /** What sign-ins can be bound to while it shows this certificate. */
  readonly channelBindings?: readonly ChannelBinding[] | undefined;
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * Refuses a key that is not its certificate's, and a chain that nobody could read.
 *
 * @param pair Both, PEM.
 * @throws {DariError} `configuration` when one cannot be read or they do not fit.
 */
export function checkKeyPair({ cert, key }: CertificateAndKey): void {
  let fits: boolean;
  try {
    for (const pem of cert.match(CERTIFICATE) ?? []) new X509Certificate(pem);
    fits = new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
  } catch (cause) {
    throw new DariError(
      "configuration",
      `Cannot use the certificate and key: ${reasonOf(cause)}`,
      { cause },
    );
  }
  if (fits) return;
  throw new DariError(
    "configuration",
    "The key is not the certificate's; give the two that were made together",
  );
}

/**
 * Refuses a list of authorities that is empty: node:tls would take the public ones instead.
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
