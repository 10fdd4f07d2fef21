/**
 * Leaves: the certificates of servers and clients.
 *
 * @module
 */

import { type Clock, systemClock } from "../../base/clock.ts";
import { limits } from "../../base/limits.ts";
import { type Authority, leafLife } from "./authority.ts";
import { type Certificate, parseCertificate } from "../x509/certificate.ts";
import { type Purpose, randomSerial, signCertificate } from "../x509/certificate_template.ts";
import { formatName, type NameAttribute, subjectFor } from "../x509/distinguished_name.ts";
import {
  formatGeneralName,
  nameText,
  parseSubjectNames,
  type SubjectName,
} from "../x509/general_name.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { checkNameConstraints } from "../path/name_constraints.ts";
import { checkPublicKey, keyIdText } from "../key/public_key.ts";
import { CertificateError } from "../reasons.ts";

/** What a leaf is to contain. */
export interface LeafOptions {
  /** The subject's names: DNS, IP, URI or e-mail, as {@linkcode parseSubjectName} reads them. */
  readonly names: readonly string[];
  /**
   * What it is for.
   *
   * @default {["server"]}
   */
  readonly purposes?: readonly Purpose[];
  /**
   * Its subject.
   *
   * @default {CN= and the first name, where that has at most 64 characters; IPv4 as CN=IP:10.0.0.1}
   */
  readonly subject?: string;
  /**
   * How long it is valid, in milliseconds; never longer than its authority.
   *
   * @default {30 days}
   */
  readonly lifeMs?: number;
  /** The file that it will be written to, as an absolute path, for the ledger. */
  readonly file?: string;
  /** The serial of the certificate whose place it takes, for the ledger. */
  readonly replaces?: string;
  /** Where the time comes from. */
  readonly clock?: Clock;
}

/**
 * Issues a leaf and records it.
 *
 * @param authority The authority that issues it.
 * @param ledger Where it is recorded, before it is returned.
 * @param publicKey The subject's key as SubjectPublicKeyInfo.
 * @param options Its names, purposes, subject and life.
 * @throws {DariError} `usage` when a name, the subject or the life is not usable, `data` when the
 * key is weak, `permission_denied` when the authority may not issue for a name, `failed_precondition`
 * when the authority has expired or is not valid yet, the key is revoked, or the certificate that is
 * replaced is revoked or replaced already.
 *
 * @example
 * ```ts
 * import { generateKeyPair, issueLeaf, makeAuthority, openAuthority, openStoreLedger } from "@dari/dari/cert";
 * import { createMemoryStore } from "@dari/dari/store";
 * import { assertEquals } from "@std/assert";
 *
 * await using store = createMemoryStore();
 * const ledger = openStoreLedger(store);
 * const made = await makeAuthority();
 * const authority = await openAuthority(made.privateKey, [made.certificate]);
 * const { publicKey } = await generateKeyPair();
 * const { serial } = await issueLeaf(authority, ledger, publicKey, { names: ["api.internal"] });
 * assertEquals((await ledger.entry(serial)).names, ["api.internal"]);
 * ```
 */
export async function issueLeaf(
  authority: Authority,
  ledger: Ledger,
  publicKey: Uint8Array<ArrayBuffer>,
  options: LeafOptions,
): Promise<Certificate> {
  const { purposes = ["server"], clock = systemClock } = options;
  checkPublicKey(publicKey);
  const names = parseSubjectNames(options.names);
  const subject = subjectFor(options.subject, formatGeneralName(names[0]));
  checkPermitted(authority, names, subject);
  const nowMs = clock.now();
  const lifeMs = leafLife(options.lifeMs ?? limits.leafLifeMs);
  const { notBeforeMs, notAfterMs } = validity(authority, lifeMs, nowMs);
  const der = await signCertificate({
    serial: randomSerial(),
    subject,
    publicKey,
    notBeforeMs,
    notAfterMs,
    keyUsage: ["digitalSignature"],
    purposes,
    names,
  }, { subject: authority.certificate.subject.der, signer: authority.signer });
  const certificate = parseCertificate(der);
  await ledger.recordIssued({
    serial: certificate.serial,
    authority: authority.keyId,
    subject: formatName(certificate.subject),
    names: names.map(nameText),
    purposes,
    notBeforeMs: certificate.notBeforeMs,
    notAfterMs: certificate.notAfterMs,
    key: await keyIdText(publicKey),
    // What is renewed by the next authority is to live as long as it was meant to.
    ...(notAfterMs < nowMs + lifeMs ? { lifeMs } : {}),
    ...(options.file === undefined ? {} : { file: options.file }),
    ...(options.replaces === undefined ? {} : { replaces: options.replaces }),
  });
  return certificate;
}

function checkPermitted(
  authority: Authority,
  names: readonly SubjectName[],
  subject: readonly NameAttribute[],
): void {
  const constraints = authority.certificate.extensions.nameConstraints;
  if (constraints === undefined) return;
  // RFC 5280 section 4.2.1.10: an address in the subject is a name like those beside it.
  const emails = subject.filter(({ type }) => type === "emailAddress")
    .map(({ value }) => ({ kind: "email", value } as const));
  const fault = checkNameConstraints([...names, ...emails], constraints);
  if (fault === undefined) return;
  throw new CertificateError(
    "name_constraint",
    `This authority may not issue the certificate: ${fault}; name something that it permits, or ` +
      "make an authority that permits it with dari cert rotate --permit",
    { code: "permission_denied" },
  );
}

function validity({ certificate }: Authority, lifeMs: number, nowMs: number) {
  // It would end before its authority begins, or long before it was meant to.
  if (nowMs < certificate.notBeforeMs) {
    const [from, now] = [certificate.notBeforeMs, nowMs].map((ms) => new Date(ms).toISOString());
    throw new CertificateError(
      "not_yet_valid",
      `The authority is not valid before ${from}, and the clock of this machine says ${now}; set it`,
      { code: "failed_precondition" },
    );
  }
  if (nowMs > certificate.notAfterMs) {
    const since = new Date(certificate.notAfterMs).toISOString();
    throw new CertificateError(
      "expired",
      `The authority has expired (${since}); replace it with dari cert rotate --apply`,
      { code: "failed_precondition" },
    );
  }
  const notBeforeMs = Math.max(nowMs - limits.certificateBackdateMs, certificate.notBeforeMs);
  return { notBeforeMs, notAfterMs: Math.min(nowMs + lifeMs, certificate.notAfterMs) };
}
