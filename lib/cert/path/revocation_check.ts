/**
 * Whether a certificate of a path is revoked, as revocation lists say.
 *
 * @see RFC 5280 section 6.3
 * @module
 */

import { systemClock } from "../../base/clock.ts";
import { verifySignature } from "../key/signature.ts";
import { CertificateError, type CertificateReason } from "../reasons.ts";
import { type Certificate, sameBytes } from "../x509/certificate.ts";
import { formatName } from "../x509/distinguished_name.ts";
import type { RevocationList } from "../x509/revocation_list.ts";
import type { CertificatePath } from "./verify.ts";

/**
 * Looks the certificates of a path up in revocation lists. The leaf must be covered by a list of its
 * issuer that is in date; the authorities above it are looked up where there is a list.
 *
 * @param path What `verifyCertificate` gave.
 * @param lists The lists; those of other authorities do not matter.
 * @param timeMs The moment at which a list must be in date, in milliseconds since the epoch.
 * @throws {CertificateError} `data` with the reason `revoked`, `revocation_unknown` where the leaf's
 * issuer has no list with a valid signature, or `revocation_outdated` where it has none in date.
 *
 * @example
 * ```ts
 * import {
 *   CertificateError,
 *   checkRevocationLists,
 *   encodePem,
 *   ensureServerIdentity,
 *   loadAuthority,
 *   makeRevocationList,
 *   openFileLedger,
 *   parseCertificates,
 *   parseRevocationLists,
 *   verifyCertificate,
 * } from "@dari/dari/cert";
 * import { assertRejects } from "@std/assert";
 *
 * const directory = `${await Deno.makeTempDir()}/data`;
 * const ledger = openFileLedger(directory);
 * const { certPem, caPem } = await ensureServerIdentity(directory, { ledger });
 * const [leaf] = parseCertificates(certPem);
 * const path = await verifyCertificate(leaf, { authorities: parseCertificates(caPem) });
 * await ledger.revoke(leaf.serial);
 * const der = await makeRevocationList(await loadAuthority(directory), await ledger.entries());
 * const lists = parseRevocationLists(encodePem("X509 CRL", der));
 * await assertRejects(() => checkRevocationLists(path, lists), CertificateError, "revoked");
 * ```
 */
export async function checkRevocationLists(
  path: CertificatePath,
  lists: readonly RevocationList[],
  timeMs: number = systemClock.now(),
): Promise<void> {
  for (const [i, certificate] of path.slice(0, -1).entries()) {
    const own = await listsOf(path[i + 1]!, lists);
    const what = `"${formatName(certificate.subject)}" (serial ${certificate.serial})`;
    const revokedMs = own.map(({ revoked }) => revoked.get(certificate.serial))
      .find((atMs) => atMs !== undefined);
    // Also by a list that is out of date: a revocation is for ever.
    if (revokedMs !== undefined) {
      const since = new Date(revokedMs).toISOString();
      throw refused("revoked", `${what} is revoked since ${since}`);
    }
    if (own.length === 0) {
      if (i > 0) continue;
      throw refused("revocation_unknown", `no revocation list of the issuer of ${what} was given`);
    }
    if (own.some((list) => list.thisUpdateMs <= timeMs && timeMs <= list.nextUpdateMs)) continue;
    const until = new Date(Math.max(...own.map((list) => list.nextUpdateMs))).toISOString();
    throw refused(
      "revocation_outdated",
      `the revocation list of the issuer of ${what} is not in date (it is good until ${until})`,
    );
  }
}

/** The lists that this authority has signed. */
async function listsOf(
  issuer: Certificate,
  lists: readonly RevocationList[],
): Promise<RevocationList[]> {
  // RFC 5280 section 6.3.3 (f): where it has a keyUsage, that must say cRLSign.
  if (issuer.extensions.keyUsage?.has("cRLSign") === false) return [];
  const signed: RevocationList[] = [];
  for (const list of lists) {
    if (!sameBytes(list.issuer.der, issuer.subject.der)) continue;
    if (await verifySignature(list, issuer.publicKey)) signed.push(list);
  }
  return signed;
}

function refused(reason: CertificateReason, message: string): CertificateError {
  return new CertificateError(reason, `The certificate cannot be trusted: ${message}`);
}
