/**
 * The classic certificate that signs itself: for one server, trusted by its own file.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import { limits } from "../../base/limits.ts";
import { leafLife } from "./authority.ts";
import { type NameAttribute, parseSubject } from "../x509/distinguished_name.ts";
import { formatGeneralName, parseSubjectName } from "../x509/general_name.ts";
import type { KeyAlgorithm } from "../key/key_pair.ts";
import { type CertifiedKey, makeCertifiedKey } from "./certified_key.ts";

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

/**
 * Makes a certificate for one host that signs itself, for servers and clients alike.
 *
 * @param host A DNS name or an IP address.
 * @param options Subject, key and life, where they differ from the defaults.
 * @throws {DariError} `usage` when the host, the subject or the life is not usable.
 *
 * @example
 * ```ts
 * import { makeSelfSigned, verifyCertificate } from "@dari/dari/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const { certificate } = await makeSelfSigned("localhost");
 * const authorities = [certificate]; // it is trusted by its own file
 * const path = await verifyCertificate(certificate, { authorities, name: "localhost" });
 * assertEquals(path, [certificate]);
 * ```
 */
export async function makeSelfSigned(
  host: string,
  options: SelfSignedOptions = {},
): Promise<CertifiedKey> {
  const { algorithm = "rsa-2048", clock } = options;
  const name = parseSubjectName(host);
  return await makeCertifiedKey({
    subject: options.subject === undefined
      ? classicSubject(formatGeneralName(name))
      : parseSubject(options.subject),
    // Encipherment is what RSA keys did before TLS 1.3; no other key can.
    keyUsage: algorithm.startsWith("rsa")
      ? ["digitalSignature", "keyEncipherment"]
      : ["digitalSignature"],
    purposes: ["server", "client"],
    names: [name],
    algorithm,
    lifeMs: leafLife(options.lifeMs ?? limits.selfSignedLifeMs),
    clock,
  });
}

function classicSubject(host: string): NameAttribute[] {
  const company = parseSubject("C=KR, ST=Seoul, L=Seoul, O=My Company");
  // The name itself stands in subjectAltName in any case.
  if (host.length > limits.maxNameAttributeLength) return company;
  return [...company, { type: "CN", value: host }];
}
