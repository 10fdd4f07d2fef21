/**
 * Renewing certificates in time.
 *
 * @module
 */

import { type Clock, systemClock } from "../../base/clock.ts";
import { DariError } from "../../base/errors.ts";
import { reasonOf, writeFileAtomic } from "../../base/file/files.ts";
import { limits } from "../../base/limits.ts";
import { lockFile } from "../ledger/locked_file.ts";
import type { Authority } from "./authority.ts";
import { type Certificate, parseCertificates } from "../x509/certificate.ts";
import { issueLeaf } from "./leaf.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { issuedLifeMs, type LedgerEntry, stateOf } from "../ledger/event.ts";
import { encodePem } from "../der/pem.ts";
import { keyIdText } from "../key/public_key.ts";
import { verifySignature } from "../key/signature.ts";
import { CertificateError } from "../reasons.ts";

/**
 * Whether a certificate is past two thirds of its life.
 *
 * @param certificate Its two dates, in milliseconds since the epoch.
 * @param nowMs The time, in milliseconds since the epoch.
 *
 * @example
 * ```ts
 * import { isDueForRenewal } from "@dari/dari/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const life = { notBeforeMs: 0, notAfterMs: 300 };
 * assertEquals(isDueForRenewal(life, 199), false);
 * assertEquals(isDueForRenewal(life, 201), true);
 * ```
 */
export function isDueForRenewal(
  { notBeforeMs, notAfterMs }: { readonly notBeforeMs: number; readonly notAfterMs: number },
  nowMs: number,
): boolean {
  return nowMs > notBeforeMs + (notAfterMs - notBeforeMs) * limits.renewAfterLifeShare;
}

/** How {@linkcode renewLeaf} renews. */
export interface RenewalOptions {
  /**
   * How long the new certificate is valid, in milliseconds.
   *
   * @default {as long as the old one}
   */
  readonly lifeMs?: number;
  /**
   * Authorities before this one, whose signatures vouch for the keys of certificates that were issued
   * before the ledger recorded keys.
   */
  readonly previous?: readonly Authority[];
  /** Where the time comes from. */
  readonly clock?: Clock;
}

/** What became of one certificate that was to be renewed. */
export type RenewalResult =
  | { readonly kind: "renewed"; readonly entry: LedgerEntry; readonly certificate: Certificate }
  | {
    readonly kind: "failed";
    readonly entry: LedgerEntry;
    readonly reason: string;
    readonly error: DariError;
  };

/**
 * Renews every valid certificate of the ledger whose file dari wrote and that is past two thirds of
 * its life, or whose authority has been replaced. One that fails does not keep the others from it.
 *
 * @param authority The authority that issues the new ones.
 * @param ledger The ledger.
 * @param options The authorities before this one, and where the time comes from.
 *
 * @example
 * ```ts
 * import { initAuthority, issueLeafFiles, loadAuthority, openFileLedger, renewDue } from "@dari/dari/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const directory = `${await Deno.makeTempDir()}/data`;
 * const ledger = openFileLedger(directory);
 * await initAuthority(directory, { ledger });
 * const authority = await loadAuthority(directory);
 * const names = ["api.internal"];
 * await issueLeafFiles(authority, ledger, `${directory}/api`, { names });
 * assertEquals(await renewDue(authority, ledger), []); // it is new
 * ```
 */
export async function renewDue(
  authority: Authority,
  ledger: Ledger,
  options: Omit<RenewalOptions, "lifeMs"> = {},
): Promise<RenewalResult[]> {
  const { clock = systemClock } = options;
  const results: RenewalResult[] = [];
  for (const entry of await ledger.entries()) {
    const moved = entry.authority === authority.keyId;
    if (moved && !isDueForRenewal(entry, clock.now())) continue;
    if (!await isInUse(entry, clock.now())) continue;
    try {
      const certificate = await renewLeaf(authority, ledger, entry, options);
      results.push({ kind: "renewed", entry, certificate });
    } catch (error) {
      if (!(error instanceof DariError)) throw error;
      results.push({ kind: "failed", entry, reason: error.message, error });
    }
  }
  return results;
}

/**
 * Issues a certificate anew, for the same key, subject, names and purposes, and puts it in the old
 * one's file. The key stays, so that one rename is all there is to it: no moment at which key and
 * certificate differ. Only the key is taken from the file, and only where it is the key that the
 * ledger recorded, or the authority's signature vouches for it; all else comes from the ledger.
 *
 * The file is locked meanwhile, so that of several renewals at once one is done and the others are
 * refused. A revocation that comes in between wins.
 *
 * @param authority The authority that issues it.
 * @param ledger The ledger.
 * @param entry The old certificate's entry.
 * @param options How long it is valid.
 * @throws {DariError} `failed_precondition` when the old one or its key is revoked, it is renewed
 * already, or its file is unknown, holds another certificate by now or one that cannot be verified.
 *
 * @example
 * ```ts
 * import { initAuthority, issueLeafFiles, loadAuthority, openFileLedger, renewLeaf } from "@dari/dari/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const directory = `${await Deno.makeTempDir()}/data`;
 * const ledger = openFileLedger(directory);
 * await initAuthority(directory, { ledger });
 * const authority = await loadAuthority(directory);
 * const names = ["api.internal"];
 * const old = await issueLeafFiles(authority, ledger, `${directory}/api`, { names });
 * const entry = await ledger.entry(old.certificate.serial);
 * const renewed = await renewLeaf(authority, ledger, entry);
 * assertEquals(renewed.publicKey, old.certificate.publicKey);
 * ```
 */
export async function renewLeaf(
  authority: Authority,
  ledger: Ledger,
  { serial, file }: LedgerEntry,
  options: RenewalOptions = {},
): Promise<Certificate> {
  checkNotRevoked(await ledger.entry(serial));
  if (file === undefined) {
    throw new DariError(
      "failed_precondition",
      `Certificate ${serial} has no file that dari wrote; issue a new one`,
    );
  }
  using locked = await lockFile(file);
  const entry = await ledger.entry(serial); // what happened while this waited for the lock
  const [old] = parseCertificates(new TextDecoder().decode(locked.bytes));
  if (old.serial !== serial) {
    const why = entry.replacedBy === undefined
      ? `"${file}" holds certificate ${old.serial} instead of ${serial}; renew that one`
      : `Certificate ${serial} is renewed as ${entry.replacedBy}`;
    throw new DariError("failed_precondition", why);
  }
  await checkKey([authority, ...options.previous ?? []], entry, old);
  const certificate = await issueLeaf(authority, ledger, old.publicKey, {
    names: entry.names,
    purposes: entry.purposes.filter((purpose) => purpose === "server" || purpose === "client"),
    subject: entry.subject,
    lifeMs: options.lifeMs ?? issuedLifeMs(entry),
    file,
    // Under the lock, a successor that is not in the file is one whose writer has crashed.
    replaces: ledger.log.entries.lastRenewal(entry).serial,
    ...(options.clock === undefined ? {} : { clock: options.clock }),
  });
  await writeFileAtomic(file, encodePem("CERTIFICATE", certificate.der));
  return certificate;
}

function checkNotRevoked({ serial, revoked }: LedgerEntry): void {
  if (revoked === undefined) return;
  throw new CertificateError("revoked", `Certificate ${serial} is revoked`, {
    code: "failed_precondition",
  });
}

/** Makes sure that the certificate in the file is the one that was issued under this serial. */
async function checkKey(
  authorities: readonly Authority[],
  entry: LedgerEntry,
  found: Certificate,
): Promise<void> {
  const issuer = authorities.find(({ keyId }) => keyId === entry.authority);
  // Older versions recorded no key; the signature of the authority that issued it says as much.
  const isIssued = entry.key !== undefined
    ? entry.key === await keyIdText(found.publicKey)
    : issuer !== undefined && await verifySignature(found, issuer.certificate.publicKey);
  if (isIssued) return;
  throw new CertificateError(
    "key_mismatch",
    `"${entry.file}" holds certificate ${entry.serial} with a key that it was not issued for, or ` +
      "whose authority is replaced; issue a new one",
    { code: "failed_precondition" },
  );
}

/** Whether a certificate is valid and, as far as the ledger knows, still in its file. */
async function isInUse(entry: LedgerEntry, nowMs: number): Promise<boolean> {
  if (entry.file === undefined) return false;
  const state = stateOf(entry, nowMs);
  if (state !== "renewed") return state === "valid";
  // After a crash or on a full disk, its successor may not have reached the file.
  try {
    return parseCertificates(await readCertificateFile(entry.file))[0].serial === entry.serial;
  } catch {
    return false; // the successor's own renewal reports the file
  }
}

async function readCertificateFile(path: string): Promise<string> {
  try {
    const status = await Deno.lstat(path);
    if (!status.isFile) throw new DariError("configuration", `"${path}" is not a regular file`);
    return await Deno.readTextFile(path);
  } catch (cause) {
    if (cause instanceof DariError) throw cause;
    throw new DariError("io", `Cannot read "${path}": ${reasonOf(cause)}`, { cause });
  }
}
