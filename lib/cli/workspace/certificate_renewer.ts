/**
 * Renewing certificates by the authority of a data directory, for clients of a running server.
 *
 * @module
 */

import type { CertificateRenewer, RenewableCertificate } from "../../auth/mod.ts";
import { type Clock, systemClock } from "../../base/clock.ts";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { Certificate } from "../../cert/x509/certificate.ts";
import { issuedLifeMs, type LedgerEntry } from "../../cert/ledger/event.ts";
import type { Ledger } from "../../cert/ledger/ledger.ts";
import { formatDuration } from "../app/duration.ts";
import { issuingFailure } from "./certificate_issuer.ts";

/**
 * Gives what renews certificates. Subject, names, purposes and life come from the ledger, and the
 * certificate that a client sends counts by its serial number and its key alone.
 *
 * @param directory The data directory.
 * @param ledger Where certificates are recorded.
 * @param passphrase What the authority's key is encrypted with.
 * @param clock Where the time comes from.
 */
export function certificateRenewer(
  directory: string,
  ledger: Ledger,
  passphrase: string | undefined,
  clock: Clock = systemClock,
): CertificateRenewer {
  return {
    async find(text): Promise<RenewableCertificate> {
      const { encodePem } = await import("../../cert/mod.ts");
      const { certificate, entry } = await issued(text, ledger);
      checkRenewable(entry, clock.now());
      return {
        serial: entry.serial,
        publicKey: encodePem("PUBLIC KEY", certificate.publicKey),
        isRenewed: entry.replacedBy !== undefined,
      };
    },
    async renew(text) {
      const { encodePem, issueLeaf, loadAuthority } = await import("../../cert/mod.ts");
      const { certificate, entry } = await issued(text, ledger);
      checkRenewable(entry, clock.now());
      checkRate(entry, await ledger.entriesOfSameKey(entry.serial), clock.now());
      const { serial, names, subject, purposes } = entry;
      try {
        const authority = await loadAuthority(directory, passphrase);
        const successor = await issueLeaf(authority, ledger, certificate.publicKey, {
          ...{ names, subject, clock },
          purposes: purposes.filter((purpose) => purpose === "server" || purpose === "client"),
          lifeMs: issuedLifeMs(entry),
          replaces: serial, // refused by the ledger where it was revoked or renewed meanwhile
        });
        return encodePem("CERTIFICATE", successor.der);
      } catch (cause) {
        checkRenewable(await ledger.entry(serial), clock.now()); // it says why, where it was that
        throw issuingFailure(cause);
      }
    },
  };
}

/** The entry of a certificate, whose key is the one that it was issued for. */
async function issued(
  text: string,
  ledger: Ledger,
): Promise<{ certificate: Certificate; entry: LedgerEntry }> {
  const { keyIdText } = await import("../../cert/key/public_key.ts");
  const { parseCertificates } = await import("../../cert/x509/certificate.ts");
  let certificate: Certificate;
  try {
    [certificate] = parseCertificates(text);
  } catch (cause) {
    const reason = cause instanceof DariError ? cause.message : "it is malformed";
    const message = `The certificate cannot be read: ${reason}`;
    throw new DariError("invalid_params", message, { cause });
  }
  const entry = await ledger.entry(certificate.serial).catch((error) => {
    if (error instanceof DariError && error.code === "not_found") return undefined;
    throw error;
  });
  if (entry?.purposes.includes("authority") === true) {
    throw refusal("The certificate is an authority's own; it is replaced by dari cert rotate");
  }
  // An entry of an old version has no key: nothing vouches for the one that stands here.
  if (entry?.key === undefined || entry.key !== await keyIdText(certificate.publicKey)) {
    throw refusal("The server's authority did not issue this certificate for this key");
  }
  return { certificate, entry };
}

function checkRenewable({ serial, revoked, notAfterMs, file }: LedgerEntry, now: number): void {
  if (revoked !== undefined) throw refusal(`Certificate ${serial} is revoked`);
  if (now > notAfterMs) {
    throw refusal(`Certificate ${serial} has expired; ask for an invitation`);
  }
  if (file !== undefined) {
    throw refusal(
      `The file of certificate ${serial} is on the server's machine; run dari cert renew there`,
    );
  }
}

/**
 * Whoever holds a key may renew its newest certificate at once, and each stays in the ledger. Nobody
 * needs to: in one life a certificate is renewed once, and the window is no longer than that.
 */
function checkRate(entry: LedgerEntry, ofSameKey: readonly LedgerEntry[], now: number): void {
  const windowMs = Math.min(limits.renewalWindowMs, issuedLifeMs(entry));
  const recent = ofSameKey
    .filter(({ replaces, atMs }) => replaces !== undefined && atMs > now - windowMs)
    .map(({ atMs }) => Math.min(atMs, now)) // the clock may have been set back
    .sort((a, b) => b - a);
  const last = recent[limits.maxRenewals - 1];
  if (last === undefined) return;
  const retryAtMs = last + windowMs;
  throw new DariError(
    "resource_exhausted",
    `Certificate ${entry.serial} cannot be renewed yet: certificates of its key were renewed ` +
      `${recent.length} times in ${formatDuration(windowMs)}; try again after ` +
      new Date(retryAtMs).toISOString(),
    { retryAfterMs: retryAtMs - now },
  );
}

function refusal(message: string): DariError {
  return new DariError("failed_precondition", message);
}
