/**
 * Issuing a leaf for a request.
 *
 * @module
 */

import type { Authority } from "./authority.ts";
import type { Certificate } from "../x509/certificate.ts";
import { plainCommonNameOf } from "../x509/distinguished_name.ts";
import {
  formatGeneralName,
  type GeneralName,
  isWellFormed,
  prefixedName,
} from "../x509/general_name.ts";
import { parseIp } from "../x509/ip.ts";
import { issueLeaf, type LeafOptions } from "./leaf.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { oid } from "../der/oid.ts";
import type { CertificateRequest } from "../x509/request.ts";
import { CertificateError } from "../reasons.ts";

/** What a request may ask for: everything else that it asks for is dropped. */
const granted: readonly string[] = [
  oid.subjectAltName,
  oid.basicConstraints,
  oid.keyUsage,
  oid.extKeyUsage,
];

/** A leaf that was issued to a request. */
export interface SignedRequest {
  /** The leaf. */
  readonly certificate: Certificate;
  /** Identifiers of the extensions that were asked for and not granted. */
  readonly dropped: readonly string[];
}

/**
 * Issues a leaf for a request's key and names. Its uses, dates and every other extension are the
 * authority's to decide, whatever the request says.
 *
 * @param authority The authority that issues it.
 * @param ledger Where it is recorded.
 * @param request The request, of {@linkcode parseRequest}.
 * @param options Purposes and life of the leaf; `names` replaces the request's own.
 * @throws {DariError} `data` when the request has no name, and what {@linkcode issueLeaf} throws.
 *
 * @example
 * ```ts
 * import {
 *   encodePem,
 *   generateKeyPair,
 *   makeAuthority,
 *   makeRequest,
 *   openAuthority,
 *   openStoreLedger,
 *   parseRequest,
 *   signRequest,
 * } from "@dari/dari/cert";
 * import { createMemoryStore } from "@dari/dari/store";
 * import { assertEquals } from "@std/assert";
 *
 * await using store = createMemoryStore();
 * const made = await makeAuthority();
 * const authority = await openAuthority(made.privateKey, [made.certificate]);
 * const der = await makeRequest((await generateKeyPair()).privateKey, ["api.internal"]);
 * const request = await parseRequest(encodePem("CERTIFICATE REQUEST", der));
 * const { dropped } = await signRequest(authority, openStoreLedger(store), request);
 * assertEquals(dropped, []);
 * ```
 */
export async function signRequest(
  authority: Authority,
  ledger: Ledger,
  request: CertificateRequest,
  options: Partial<LeafOptions> = {},
): Promise<SignedRequest> {
  const names = options.names ?? requestedNames(request);
  const certificate = await issueLeaf(authority, ledger, request.publicKey, { ...options, names });
  const dropped = request.extensions.all.filter((id) => !granted.includes(id));
  return { certificate, dropped };
}

/** The names that are asked for, each with the prefix of its kind, so that it stays of that kind. */
function requestedNames(request: CertificateRequest): string[] {
  const names = request.extensions.subjectAltName ?? [];
  if (names.length > 0) return names.map(requestedName);
  // Requests of the old kind have their name in the subject alone, and it is the name of a host.
  const commonName = plainCommonNameOf(request.subject);
  const octets = parseIp(commonName?.replace(/^IP:/, "") ?? "");
  if (octets !== undefined) return [prefixedName({ kind: "ip", octets })];
  if (commonName !== undefined && isWellFormed({ kind: "dns", value: commonName })) {
    return [prefixedName({ kind: "dns", value: commonName })];
  }
  throw new CertificateError(
    "no_name",
    "The request has no subjectAltName, and no common name that is a host's; give one with --name",
  );
}

function requestedName(name: GeneralName): string {
  const text = formatGeneralName(name);
  if (name.kind === "directory" || name.kind === "other") {
    throw new CertificateError(
      "unsupported",
      `The request asks for the name "${text}", of a kind that dari does not issue for`,
    );
  }
  if (!isWellFormed(name)) {
    throw new CertificateError(
      "bad_name",
      `The request asks for the ${name.kind} name "${text}", which is malformed`,
    );
  }
  return prefixedName(name);
}
