/**
 * The certificate of a server whose authority has its key on another machine: it is used as it is, and
 * the other machine issues the next one.
 *
 * @module
 */

import { exists } from "../../base/file/file_state.ts";
import type { Clock } from "../../base/clock.ts";
import type { WriteLog } from "../../base/text/write_log.ts";
import { authorityFiles } from "../authority/authority_files.ts";
import { readAuthorityCertificates } from "../authority/directory.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { CertificateError } from "../reasons.ts";
import { type Certificate, sameBytes } from "../x509/certificate.ts";
import { formatGeneralName } from "../x509/general_name.ts";
import { type PairFiles, readPair, recordOf } from "./server_pair.ts";

/** What {@linkcode isIssuedElsewhere} goes by. */
export interface ElsewhereOptions {
  /** The names that the server is to have. */
  readonly names: readonly string[];
  /** Says which certificates are revoked. */
  readonly ledger: Ledger;
  /** Where the time comes from. */
  readonly clock: Clock;
  /** Hears of names that the certificate lacks. */
  readonly tell?: WriteLog | undefined;
}

/**
 * Says whether a server uses a certificate that an authority on another machine has issued, and makes
 * sure that it can be used.
 *
 * @param directory The data directory, which has `ca.crt`.
 * @param files The certificate and its key.
 * @param options Names, and where certificates are recorded.
 * @returns `false` where the directory has the authority's key, or a certificate of a third one.
 * @throws {CertificateError} `configuration` where there is no certificate, or it is revoked, has
 * expired, or is not the key's.
 * @throws {DariError} `data` when the ledger knows the authority, but not its certificate.
 */
export async function isIssuedElsewhere(
  directory: string,
  files: PairFiles,
  options: ElsewhereOptions,
): Promise<boolean> {
  if (await exists(`${directory}/${authorityFiles.key}`)) return false;
  const found = await readPair(files);
  const { leaf } = found;
  if (leaf === undefined) throw unusable("absent", files, "is not there");
  const authorities = await readAuthorityCertificates(directory);
  const issuer = authorities.find(({ subject }) => sameBytes(subject.der, leaf.issuer.der));
  if (issuer === undefined) return false;
  const { ledger, names, clock, tell } = options;
  await ledger.log.refresh();
  // A ledger that knows the authority is the one in which its certificates stand.
  const isRecorded = ledger.log.entries.has(issuer.serial);
  const { isRevoked } = await recordOf(ledger, found, isRecorded);
  if (isRevoked) throw unusable("revoked", files, "is revoked");
  if (!found.fits) throw unusable("key_mismatch", files, `does not fit "${files.keyFile}"`);
  if (clock.now() > leaf.notAfterMs) throw unusable("expired", files, "has expired");
  const missing = missingNames(leaf, names);
  if (missing.length > 0) {
    tell?.(`The certificate is not for ${missing.join(", ")}: its authority is elsewhere`, "warn");
  }
  return true;
}

function missingNames(leaf: Certificate, names: readonly string[]): string[] {
  const has = new Set((leaf.extensions.subjectAltName ?? []).map(formatGeneralName));
  return names.filter((name) => !has.has(name));
}

function unusable(
  reason: "absent" | "revoked" | "key_mismatch" | "expired",
  { certFile }: PairFiles,
  fault: string,
): CertificateError {
  return new CertificateError(
    reason,
    `"${certFile}" ${fault}, and the key of the authority (ca.key), which issues another one, is not ` +
      "here: get one from the machine that has it (dari invite there, dari join or dari accept here)",
    { code: "configuration" },
  );
}
