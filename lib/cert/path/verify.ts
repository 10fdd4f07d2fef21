/**
 * Whether a certificate is to be trusted: a path from it to an authority that is.
 *
 * @see RFC 5280 section 6
 * @module
 */

import { type Clock, systemClock } from "../../base/clock.ts";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { type Certificate, sameBytes } from "../x509/certificate.ts";
import type { Purpose } from "../x509/certificate_template.ts";
import { checkName } from "./name_match.ts";
import { checkNames, checkPath } from "./path_rules.ts";
import { checkPublicKey } from "../key/public_key.ts";
import { verifySignature } from "../key/signature.ts";
import { CertificateError, type Fault } from "../reasons.ts";

/** What a certificate is verified against. */
export interface VerifyOptions {
  /** The authorities that are trusted. */
  readonly authorities: readonly Certificate[];
  /** Certificates that may stand between; their order does not matter. */
  readonly intermediates?: readonly Certificate[];
  /** A name that must be among its names. */
  readonly name?: string;
  /**
   * The purpose that it must be made for.
   *
   * @default {"server"}
   */
  readonly purpose?: Purpose;
  /** The moment at which it must be valid, in milliseconds since the epoch; now when left out. */
  readonly timeMs?: number;
  /** Where the time comes from. */
  readonly clock?: Clock;
}

/** A path that holds: the leaf first, the trusted authority last. */
export type CertificatePath = readonly [Certificate, ...Certificate[]];

/** One search: what it has spent, and the fault to report when it fails. */
interface Search {
  readonly options: VerifyOptions;
  readonly purpose: Purpose;
  readonly timeMs: number;
  signatures: number;
  fault: Fault;
  /** The length of the path that `fault` is about: the longest says most. */
  faultDepth: number;
}

/**
 * Verifies a certificate: signatures, dates, basicConstraints and path length, keyUsage, extended
 * key usage, name constraints, critical extensions, and the name.
 *
 * @param leaf The certificate.
 * @param options Trusted authorities, wanted name, purpose and time.
 * @returns The path that holds.
 * @throws {CertificateError} `data` when it is not to be trusted; `reason` says why.
 * @throws {DariError} `usage` when the wanted name is not a name.
 *
 * @example
 * ```ts
 * import { ensureServerIdentity, parseCertificates, verifyCertificate } from "@dari/dari/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const made = await ensureServerIdentity(`${await Deno.makeTempDir()}/data`);
 * const [leaf] = parseCertificates(made.certPem);
 * const authorities = parseCertificates(made.caPem);
 * const path = await verifyCertificate(leaf, { authorities, name: "localhost" });
 * assertEquals(path.length, 2);
 * ```
 */
export async function verifyCertificate(
  leaf: Certificate,
  options: VerifyOptions,
): Promise<CertificatePath> {
  const { purpose = "server", clock = systemClock } = options;
  const timeMs = options.timeMs ?? clock.now();
  if (!Number.isFinite(timeMs)) throw new DariError("usage", "The time to verify at is not a time");
  const search: Search = {
    options,
    purpose,
    timeMs,
    signatures: 0,
    fault: { reason: "untrusted", message: "its issuer is not among the authorities" },
    faultDepth: 0,
  };
  const nameFault = options.name === undefined ? undefined : checkName(leaf, options.name);
  if (nameFault !== undefined) throw refused(nameFault);
  const path = await extend([leaf], search);
  if (path === undefined) throw refused(search.fault);
  return path;
}

/**
 * Whether one of the authorities has itself issued a leaf, and both keep every rule but signatures.
 * It is for a caller whose handshake has verified the signatures. It answers at once, and says yes
 * to nothing that {@linkcode verifyCertificate} would refuse for another reason than a signature.
 *
 * @param leaf The certificate.
 * @param authorities The authorities that are trusted.
 * @param purpose The purpose that it must be made for.
 * @param timeMs The moment at which it must be valid, in milliseconds since the epoch.
 */
export function keepsRules(
  leaf: Certificate,
  authorities: readonly Certificate[],
  purpose: Purpose,
  timeMs: number,
): boolean {
  return authorities.some((authority) =>
    mayHaveIssued(authority, leaf) &&
    pathFault(completePath([leaf], authority), purpose, timeMs) === undefined
  );
}

/** Looks for the issuer of a path's last certificate, trusted authorities first. */
async function extend(
  path: CertificatePath,
  search: Search,
): Promise<CertificatePath | undefined> {
  const last = path[path.length - 1]!;
  for (const authority of search.options.authorities) {
    if (!mayHaveIssued(authority, last)) continue;
    const complete = completePath(path, authority);
    if (await holds(complete, search)) return complete;
  }
  if (path.length + 1 >= limits.maxChainLength) return undefined;
  for (const candidate of search.options.intermediates ?? []) {
    const used = path.some((one) => sameBytes(one.der, candidate.der));
    if (used || !mayHaveIssued(candidate, last)) continue;
    if (!await isSignedBy(last, candidate, path.length, search)) continue;
    const found = await extend([...path, candidate], search);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A leaf may itself be among the trusted ones: the classic self-signed certificate. */
function completePath(path: CertificatePath, authority: Certificate): CertificatePath {
  const itself = path.length === 1 && sameBytes(authority.der, path[0].der);
  return itself ? path : [...path, authority];
}

async function holds(path: CertificatePath, search: Search): Promise<boolean> {
  const authority = path[path.length - 1]!;
  const last = path[path.length - 2] ?? authority;
  if (!await isSignedBy(last, authority, path.length, search)) return false;
  const fault = pathFault(path, search.purpose, search.timeMs);
  if (fault === undefined) return true;
  blame(search, path.length, fault);
  return false;
}

function pathFault(path: CertificatePath, purpose: Purpose, timeMs: number): Fault | undefined {
  return keyFault(path) ?? checkPath(path, purpose, timeMs) ?? checkNames(path);
}

/** RFC 5280 section 6.1.3 (a)(4), and key identifiers where both sides have one. */
function mayHaveIssued(issuer: Certificate, subject: Certificate): boolean {
  if (!sameBytes(issuer.subject.der, subject.issuer.der)) return false;
  const wanted = subject.extensions.authorityKeyId;
  const has = issuer.extensions.subjectKeyId;
  return wanted === undefined || has === undefined || wanted === has;
}

async function isSignedBy(
  subject: Certificate,
  issuer: Certificate,
  depth: number,
  search: Search,
): Promise<boolean> {
  if (++search.signatures > limits.maxPathSignatures) {
    throw refused({
      reason: "too_complex",
      message: "its issuer is hidden among too many certificates of one name",
    });
  }
  try {
    if (await verifySignature(subject, issuer.publicKey)) return true;
    const message = `the signature of ${subject.serial} is wrong`;
    blame(search, depth, { reason: "bad_signature", message });
  } catch (error) {
    blame(search, depth, faultOf(error));
  }
  return false;
}

function keyFault(path: CertificatePath): Fault | undefined {
  try {
    checkPublicKey(path[0].publicKey);
    return undefined;
  } catch (error) {
    return faultOf(error);
  }
}

function faultOf(error: unknown): Fault {
  if (error instanceof CertificateError) return error;
  throw error;
}

function blame(search: Search, depth: number, fault: Fault): void {
  if (depth < search.faultDepth) return;
  search.fault = fault;
  search.faultDepth = depth;
}

function refused({ reason, message }: Fault): CertificateError {
  return new CertificateError(reason, `The certificate is not to be trusted: ${message}`);
}
