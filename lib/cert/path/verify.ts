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
import { checkNames, checkPath, isSelfIssued } from "./path_rules.ts";
import { rememberFaults } from "./remembered_faults.ts";
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
  /**
   * The most authorities between the certificate and the trusted one; those that have issued
   * themselves are not counted.
   *
   * @default {6}
   */
  readonly maxIntermediates?: number;
  /** The moment at which it must be valid, in milliseconds since the epoch; now when left out. */
  readonly timeMs?: number;
  /** Where the time comes from. */
  readonly clock?: Clock;
}

/** A path that holds: the leaf first, the trusted authority last. */
export type CertificatePath = readonly [Certificate, ...Certificate[]];

/**
 * Which issuers' signatures on a certificate were found right. It depends on nothing but the octets
 * of both, so it holds as long as the two objects live.
 */
const signedBy = new WeakMap<Certificate, WeakSet<Certificate>>();

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
 * key usage, name constraints, critical extensions, RFC 5280's profile, and the name. Revocation is a
 * question of its own.
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
  const { intermediates = [], maxIntermediates = limits.maxChainLength - 2 } = search.options;
  if (path.length + 1 >= limits.maxChainLength) return undefined;
  for (const candidate of intermediates) {
    const used = path.some((one) => sameBytes(one.der, candidate.der));
    if (used || !mayHaveIssued(candidate, last)) continue;
    // RFC 5280 section 6.1.4 (l): authorities that have issued themselves are not counted.
    const between = [...path.slice(1), candidate].filter((one) => !isSelfIssued(one));
    if (between.length > maxIntermediates) continue;
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
  return keyFault(path[0]) ?? checkPath(path, purpose, timeMs) ?? checkNames(path);
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
  const known = signedBy.get(subject);
  if (known?.has(issuer) === true) return true;
  try {
    if (await verifySignature(subject, issuer.publicKey)) {
      if (known === undefined) signedBy.set(subject, new WeakSet([issuer]));
      else known.add(issuer);
      return true;
    }
    const message = `the signature of ${subject.serial} is wrong`;
    blame(search, depth, { reason: "bad_signature", message });
  } catch (error) {
    blame(search, depth, faultOf(error));
  }
  return false;
}

const keyFault = rememberFaults(({ publicKey }) => {
  try {
    checkPublicKey(publicKey);
    return undefined;
  } catch (error) {
    return faultOf(error);
  }
});

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
