/**
 * The classic certificate that signs itself: for one server, trusted by its own file.
 *
 * @module
 */

import { type Clock, systemClock } from "../base/clock.ts";
import { limits } from "../base/limits.ts";
import { checkLife } from "./authority.ts";
import { type Certificate, parseCertificate } from "./certificate.ts";
import { randomSerial, signCertificate } from "./certificate_template.ts";
import { type NameAttribute, parseSubject } from "./distinguished_name.ts";
import { parseSubjectName } from "./general_name.ts";
import { generateKeyPair, type KeyAlgorithm } from "./keys.ts";
import { openSigner } from "./signer.ts";

/** What a self-signed certificate is like. */
export interface SelfSignedOptions {
  /**
   * Its subject.
   *
   * @default {C=KR, ST=Seoul, L=Seoul, O=My Company, CN= and the host}
   */
  readonly subject?: string;
  /**
   * Its key.
   *
   * @default {"rsa-2048"}
   */
  readonly algorithm?: KeyAlgorithm;
  /**
   * How long it is valid, in milliseconds.
   *
   * @default {365 days}
   */
  readonly lifeMs?: number;
  /** Where the time comes from. */
  readonly clock?: Clock;
}

/** A certificate and its key, in memory. */
export interface CertificateAndKey {
  /** The certificate. */
  readonly certificate: Certificate;
  /** Its key as PKCS#8. */
  readonly privateKey: Uint8Array<ArrayBuffer>;
}

/**
 * Makes a certificate for one host that signs itself, for servers and clients alike.
 *
 * @param host A DNS name or an IP address.
 * @param options What it is like.
 * @throws {DariError} `usage` when the host, the subject or the life is not usable.
 */
export async function makeSelfSigned(
  host: string,
  options: SelfSignedOptions = {},
): Promise<CertificateAndKey> {
  const { algorithm = "rsa-2048", clock = systemClock } = options;
  const name = parseSubjectName(host);
  const subject = options.subject === undefined
    ? classicSubject(host)
    : parseSubject(options.subject);
  const lifeMs = checkLife(options.lifeMs ?? limits.selfSignedLifeMs);
  const { publicKey, privateKey } = await generateKeyPair(algorithm);
  const nowMs = clock.now();
  const der = await signCertificate({
    serial: randomSerial(),
    subject,
    publicKey,
    notBeforeMs: nowMs - limits.certificateBackdateMs,
    notAfterMs: nowMs + lifeMs,
    // Encipherment is what RSA keys did before TLS 1.3; no other key can.
    keyUsage: algorithm.startsWith("rsa")
      ? ["digitalSignature", "keyEncipherment"]
      : ["digitalSignature"],
    purposes: ["server", "client"],
    names: [name],
  }, { signer: await openSigner(privateKey) });
  return { certificate: parseCertificate(der), privateKey };
}

function classicSubject(host: string): NameAttribute[] {
  const company = parseSubject("C=KR, ST=Seoul, L=Seoul, O=My Company");
  // A common name holds 64 characters; the name itself stands in subjectAltName in any case.
  return host.length > 64 ? company : [...company, { type: "CN", value: host }];
}
