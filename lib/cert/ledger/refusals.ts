/**
 * What the ledger refuses to record.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { CertificateError } from "../reasons.ts";
import type { LedgerEntries } from "./entries.ts";
import type { IssuedEvent, LedgerEntry } from "./event.ts";

/**
 * Refuses a certificate that must not be issued.
 *
 * @param entries What is known.
 * @param event The facts of the new certificate.
 * @throws {DariError} `already_exists` when the serial is taken, `failed_precondition` when its key is
 * revoked, or the certificate that it replaces is revoked or replaced already.
 */
export function checkIssue(
  entries: LedgerEntries,
  { serial, key, replaces }: Omit<IssuedEvent, "event" | "atMs">,
): void {
  if (entries.has(serial)) {
    throw new DariError("already_exists", `Serial ${serial} is taken; try again`);
  }
  const replaced = replaces === undefined ? undefined : entries.get(replaces);
  if (replaced?.revoked !== undefined) {
    throw revoked(`Certificate ${replaced.serial} is revoked; issue a new one with a new key`);
  }
  if (replaced?.replacedBy !== undefined) {
    throw new DariError(
      "failed_precondition",
      `Certificate ${replaced.serial} is renewed as ${replaced.replacedBy}`,
    );
  }
  if (key !== undefined && entries.isKeyRevoked(key)) {
    throw revoked(`The key ${key} is revoked; make a new key`);
  }
}

function revoked(message: string): CertificateError {
  return new CertificateError("revoked", message, { code: "failed_precondition" });
}

/**
 * Refuses to revoke an authority's own certificate.
 *
 * @param entry The certificate's entry.
 * @throws {DariError} `failed_precondition`, with what to do instead.
 */
export function refuseAuthority({ serial, purposes }: LedgerEntry): void {
  if (!purposes.includes("authority")) return;
  throw new DariError(
    "failed_precondition",
    `Certificate ${serial} is the authority's own: peers trust it by their copy of ca.crt, so that ` +
      "revoking it would change nothing. Replace the authority with dari cert rotate --apply " +
      "(--force at the last step), and give all peers the new ca.crt",
  );
}
