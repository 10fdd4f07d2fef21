/**
 * Certificates of handshakes that were parsed before. They are public, and the same ones come again
 * with each connection of a process, whichever client or server it belongs to.
 *
 * @module
 */

import { encodeBase64 } from "@std/encoding/base64";
import { BoundedMap } from "../../base/bounded_map.ts";
import { limits } from "../../base/limits.ts";
import { type Certificate, parseCertificate, parseCertificates } from "../x509/certificate.ts";

/** By their DER in base64. */
const certificates = new BoundedMap<string, Certificate>(limits.maxRememberedCertificates);
/** By their PEM text. */
const authorities = new BoundedMap<string, readonly Certificate[]>(limits.maxRememberedAuthorities);

/**
 * Parses a certificate, unless it was parsed before.
 *
 * @param der Its DER.
 * @returns The same object as the last time, where it is remembered.
 * @throws {DariError} `data` when it is not a certificate.
 */
export function knownCertificate(der: Uint8Array<ArrayBuffer>): Certificate {
  const key = encodeBase64(der);
  const known = certificates.get(key);
  if (known !== undefined) return known;
  const certificate = parseCertificate(der);
  certificates.set(key, certificate);
  return certificate;
}

/**
 * Parses authorities, unless the same text was parsed before.
 *
 * @param pem The authorities, PEM.
 * @returns The same objects as the last time, where they are remembered.
 * @throws {DariError} `data` when there is none or one cannot be read.
 */
export function knownAuthorities(pem: string): readonly Certificate[] {
  const known = authorities.get(pem);
  if (known !== undefined) return known;
  const parsed = parseCertificates(pem);
  if (pem.length <= limits.maxRememberedPemLength) authorities.set(pem, parsed);
  return parsed;
}
