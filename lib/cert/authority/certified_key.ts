/**
 * Certificates that sign themselves: of authorities, and of the classic single server.
 *
 * @module
 */

import { type Clock, systemClock } from "../../base/clock.ts";
import { limits } from "../../base/limits.ts";
import { type Certificate, parseCertificate } from "../x509/certificate.ts";
import {
  type CertificateTemplate,
  randomSerial,
  signCertificate,
} from "../x509/certificate_template.ts";
import { generateKeyPair, type KeyAlgorithm } from "../key/key_pair.ts";
import { openSigner } from "../key/signer.ts";

/** A certificate and its key, in memory. */
export interface CertifiedKey {
  /** The certificate. */
  readonly certificate: Certificate;
  /** Its key as PKCS#8. */
  readonly privateKey: Uint8Array<ArrayBuffer>;
}

/** The fields of such a certificate; key, serial number and dates are made. */
export interface CertifiedKeyOptions
  extends Omit<CertificateTemplate, "publicKey" | "serial" | "notBeforeMs" | "notAfterMs"> {
  /** The kind of its key. */
  readonly algorithm?: KeyAlgorithm | undefined;
  /** How long it is valid from now on, in milliseconds. */
  readonly lifeMs: number;
  /** Where the time comes from. */
  readonly clock?: Clock | undefined;
}

/**
 * Makes a key and a certificate about it, which the key itself signs.
 *
 * @param options Subject, extensions, kind of key and life.
 */
export async function makeCertifiedKey(
  { algorithm, lifeMs, clock = systemClock, ...template }: CertifiedKeyOptions,
): Promise<CertifiedKey> {
  const { publicKey, privateKey } = await generateKeyPair(algorithm);
  const nowMs = clock.now();
  const der = await signCertificate({
    ...template,
    serial: randomSerial(),
    publicKey,
    notBeforeMs: nowMs - limits.certificateBackdateMs,
    notAfterMs: nowMs + lifeMs,
  }, { signer: await openSigner(privateKey) });
  return { certificate: parseCertificate(der), privateKey };
}
