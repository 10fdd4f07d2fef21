/**
 * Whether a certificate in use has expired or will soon, so that somebody replaces it in time.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import { parseCertificates } from "../x509/certificate.ts";

/**
 * Says that a certificate has expired, or will within the last sixth of its life or 14 days, whichever
 * is less. Where certificates are renewed in time, after two thirds of a life, it never appears.
 *
 * @param owner Whose certificate it is, for instance `The server's certificate`.
 * @param cert The certificate with its chain, PEM.
 * @param nowMs The time, in milliseconds since the epoch.
 * @returns A sentence, or `undefined` while there is time.
 * @throws {CertificateError} `malformed` for what is no certificate.
 */
export function expiryNotice(owner: string, cert: string, nowMs: number): string | undefined {
  const [{ notBeforeMs, notAfterMs }] = parseCertificates(cert);
  const end = `${new Date(notAfterMs).toISOString().slice(0, 16).replace("T", " ")}Z`;
  if (nowMs > notAfterMs) return `${owner} expired at ${end}, and peers refuse it: replace it`;
  const noticeMs = Math.min(
    limits.maxExpiryNoticeMs,
    (notAfterMs - notBeforeMs) * limits.expiryNoticeLifeShare,
  );
  if (notAfterMs - nowMs > noticeMs) return undefined;
  return `${owner} expires at ${end}: replace it before that`;
}
