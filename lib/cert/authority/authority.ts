/**
 * A certificate authority: a key, its certificate, and what it takes to issue with them.
 *
 * @module
 */

import { encodeHex } from "@std/encoding/hex";
import type { Clock } from "../../base/clock.ts";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { type Certificate, sameBytes } from "../x509/certificate.ts";
import { parseSubject } from "../x509/distinguished_name.ts";
import type { KeyAlgorithm } from "../key/key_pair.ts";
import { type CertifiedKey, makeCertifiedKey } from "./certified_key.ts";
import { constraintsOf, defaultPermits } from "./permit.ts";
import { openSigner, type Signer } from "../key/signer.ts";
import { CertificateError } from "../reasons.ts";

/** What a new authority is like. */
export interface AuthorityOptions {
  /**
   * Its subject, for instance `O=Example, CN=Example root`.
   *
   * @default {"CN=dari authority" and eight random digits}
   */
  readonly subject?: string;
  /**
   * Its key.
   *
   * @default {"ecdsa-p256"}
   */
  readonly algorithm?: KeyAlgorithm;
  /**
   * The names that it may issue for, as {@linkcode constraintsOf} reads them; `"any"` for no
   * constraint, which makes its key worth stealing.
   *
   * @default {localhost, .internal, 127.0.0.0/8, ::1, and URIs of localhost and .internal}
   */
  readonly permits?: readonly string[] | "any";
  /**
   * How long it is valid, in milliseconds.
   *
   * @default {1825 days}
   */
  readonly lifeMs?: number;
  /** Where the time comes from. */
  readonly clock?: Clock;
}

/** An authority that can issue. */
export interface Authority {
  /** Its certificate. */
  readonly certificate: Certificate;
  /** Its key. */
  readonly signer: Signer;
  /** Its key identifier in hexadecimal, by which the ledger knows it. */
  readonly keyId: string;
}

/**
 * Makes an authority: its key, and a certificate that signs itself, allows no further authority
 * below it, and is confined to the names it is permitted to issue for.
 *
 * @param options Subject, key and life, where they differ from the defaults.
 * @throws {DariError} `usage` when the subject, a permit or the life is not usable.
 * @see RFC 5280 section 4.2.1.9 and section 4.2.1.10
 *
 * @example
 * ```ts
 * import { describeCertificate, makeAuthority } from "@dari/dari/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const { certificate } = await makeAuthority({ permits: [".example.internal"] });
 * assertEquals((await describeCertificate(certificate)).permitted, ["example.internal"]);
 * ```
 */
export async function makeAuthority(options: AuthorityOptions = {}): Promise<CertifiedKey> {
  const { algorithm, permits = defaultPermits, clock } = options;
  const lifeMs = checkLife(options.lifeMs ?? limits.authorityLifeMs, limits.maxAuthorityLifeMs);
  // Two authorities of one name would be taken for each other while one replaces the other.
  const unique = encodeHex(crypto.getRandomValues(new Uint8Array(limits.authorityNameBytes)));
  return await makeCertifiedKey({
    subject: parseSubject(options.subject ?? `CN=dari authority ${unique}`),
    keyUsage: ["keyCertSign", "cRLSign"],
    pathLength: 0,
    ...(permits === "any" ? {} : constraintsOf(permits)),
    algorithm,
    lifeMs,
    clock,
  });
}

/**
 * Puts an authority's key and certificate together.
 *
 * @param privateKey The key as PKCS#8.
 * @param certificates Certificates, one of which is about this key.
 * @throws {DariError} `configuration` when none is, or it is not an authority's.
 *
 * @example
 * ```ts
 * import { makeAuthority, openAuthority } from "@dari/dari/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const { certificate, privateKey } = await makeAuthority();
 * const authority = await openAuthority(privateKey, [certificate]);
 * assertEquals(authority.certificate.serial, certificate.serial);
 * ```
 */
export async function openAuthority(
  privateKey: Uint8Array<ArrayBuffer>,
  certificates: readonly Certificate[],
): Promise<Authority> {
  const signer = await openSigner(privateKey);
  const certificate = certificates.find((one) => sameBytes(one.publicKey, signer.publicKey));
  if (certificate === undefined) {
    throw new CertificateError(
      "key_mismatch",
      "The authority's key fits none of its certificates; restore both from one backup",
      { code: "configuration" },
    );
  }
  const { basicConstraints, keyUsage } = certificate.extensions;
  if (basicConstraints?.isAuthority !== true || keyUsage?.has("keyCertSign") === false) {
    throw new CertificateError(
      "not_an_authority",
      "The certificate may not sign others: it is not an authority's",
      { code: "configuration" },
    );
  }
  return { certificate, signer, keyId: encodeHex(signer.keyId) };
}

/**
 * How long a leaf is valid from now on.
 *
 * @param lifeMs How long it is to be valid, in milliseconds.
 * @returns The same, or a little less: platforms that have a longest life count the minutes before a
 * leaf was issued, and its first and last second (RFC 5280 section 4.1.2.5).
 * @throws {DariError} `usage` when it is shorter than a second, or longer than a leaf may live.
 */
export function leafLife(lifeMs: number): number {
  const { certificateBackdateMs, maxLeafLifeMs } = limits;
  return Math.min(checkLife(lifeMs, maxLeafLifeMs), maxLeafLifeMs - certificateBackdateMs - 1_000);
}

/** Refuses a life that is empty or too long. */
function checkLife(lifeMs: number, mostMs: number): number {
  const dayMs = 24 * 60 * 60 * 1_000;
  if (!(lifeMs >= limits.minCertificateLifeMs && lifeMs <= mostMs)) {
    throw new DariError(
      "usage",
      `A certificate cannot be valid for ${lifeMs / dayMs} days; give more than 0 (a second) and ` +
        `at most ${mostMs / dayMs}`,
    );
  }
  return lifeMs;
}
