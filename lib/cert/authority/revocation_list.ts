/**
 * Certificate revocation lists, for peers that do not share the ledger.
 *
 * @see RFC 5280 section 5
 * @module
 */

import { decodeHex } from "@std/encoding/hex";
import { type Clock, systemClock } from "../../base/clock.ts";
import { limits } from "../../base/limits.ts";
import type { Authority } from "./authority.ts";
import { extensionNode } from "../x509/certificate_template.ts";
import { type DerNode, type DerWriter, loadDerWriter } from "../der/writer.ts";
import { type LedgerEntry, revocationReasons } from "../ledger/event.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { oid } from "../der/oid.ts";
import { sealNode, signatureAlgorithmNode } from "../key/signer.ts";

/** RFC 5280 section 5.2.3: at most 20 octets. */
const CRL_NUMBER_HEX_DIGITS = 40;

/**
 * Writes and signs an authority's revocation list.
 *
 * @param authority Whose certificates it is about.
 * @param entries The ledger; what other authorities have issued is left out, and what expired more than
 * the life of a list ago. So whoever makes a new list before the old one ends names each certificate
 * in a list that was made after it expired, as RFC 5280 section 3.3 asks.
 * @param clock Where the time comes from.
 * @param afterNumber The number of the list that this one replaces; it gets a higher one.
 * @returns The list in DER, good for `limits.revocationListLifeMs`.
 *
 * @example
 * ```ts
 * import { encodePem, initAuthority, loadAuthority, makeRevocationList, openFileLedger } from "@dari/dari/cert";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const directory = `${await Deno.makeTempDir()}/data`;
 * const ledger = openFileLedger(directory);
 * await initAuthority(directory, { ledger });
 * const list = await makeRevocationList(await loadAuthority(directory), await ledger.entries());
 * assertStringIncludes(encodePem("X509 CRL", list), "BEGIN X509 CRL");
 * ```
 */
export async function makeRevocationList(
  authority: Authority,
  entries: readonly LedgerEntry[],
  clock: Clock = systemClock,
  afterNumber = 0n,
): Promise<Uint8Array<ArrayBuffer>> {
  const writer = await loadDerWriter();
  const nowMs = clock.now();
  const revoked = entries
    .filter((entry) =>
      entry.authority === authority.keyId &&
      entry.notAfterMs + limits.revocationListLifeMs >= nowMs
    )
    .map((entry) => revokedNode(writer, entry))
    .filter((node) => node !== undefined);
  const keyId = writer.sequence(writer.implicit(0, authority.signer.keyId));
  const toBeSigned = writer.sequence(
    writer.integer(1),
    signatureAlgorithmNode(writer, authority.signer),
    writer.raw(authority.certificate.subject.der),
    writer.time(nowMs),
    writer.time(nowMs + limits.revocationListLifeMs),
    // RFC 5280 section 5.1.2.6: absent where nothing is revoked.
    revoked.length === 0 ? undefined : writer.sequence(...revoked),
    writer.explicit(
      0,
      writer.sequence(
        extensionNode(writer, oid.authorityKeyIdentifier, keyId),
        extensionNode(
          writer,
          oid.crlNumber,
          writer.integer(numberOctets(numberAt(nowMs, afterNumber))),
        ),
      ),
    ),
  );
  return await sealNode(writer, toBeSigned, authority.signer);
}

/**
 * Writes and signs an authority's revocation list, with a number that the ledger records.
 *
 * @param authority Whose certificates it is about.
 * @param ledger What is revoked, and the numbers of the lists before.
 * @param afterNumber The number of a list before that the ledger may not know.
 * @param clock Where the time comes from.
 * @returns The list in DER, good for `limits.revocationListLifeMs`.
 * @throws {DariError} `data`, `io` or `unavailable` when the ledger cannot be read or written.
 *
 * @example
 * ```ts
 * import { initAuthority, issueRevocationList, loadAuthority, openFileLedger, parseRevocationList } from "@dari/dari/cert";
 * import { assert } from "@std/assert";
 *
 * const directory = `${await Deno.makeTempDir()}/data`;
 * const ledger = openFileLedger(directory);
 * await initAuthority(directory, { ledger });
 * const authority = await loadAuthority(directory);
 * const one = parseRevocationList(await issueRevocationList(authority, ledger));
 * const next = parseRevocationList(await issueRevocationList(authority, ledger));
 * assert(next.number > one.number);
 * ```
 */
export async function issueRevocationList(
  authority: Authority,
  ledger: Ledger,
  afterNumber = 0n,
  clock: Clock = systemClock,
): Promise<Uint8Array<ArrayBuffer>> {
  const nowMs = clock.now();
  const least = numberAt(nowMs, afterNumber);
  // The number comes first: a list of a higher number has all that those of lower ones have.
  const number = await ledger.recordList(authority.keyId, least);
  const entries = await ledger.entries();
  return await makeRevocationList(authority, entries, { ...clock, now: () => nowMs }, number - 1n);
}

function revokedNode(writer: DerWriter, entry: LedgerEntry): DerNode | undefined {
  if (entry.revoked === undefined) return undefined;
  const { atMs, reason } = entry.revoked;
  const code = revocationReasons[reason];
  const serial = decodeHex(entry.serial.length % 2 === 0 ? entry.serial : `0${entry.serial}`);
  return writer.sequence(
    writer.integer(serial),
    writer.time(atMs),
    // RFC 5280 section 5.3.1: the reason "unspecified" is left out.
    code === 0 ? undefined : writer.sequence(
      extensionNode(writer, oid.reasonCode, writer.enumerated(code)),
    ),
  );
}

/**
 * The time serves as the number; where the clock was set back, or two lists are made in one moment, the
 * number follows that of the list before (RFC 5280 section 5.2.3).
 */
function numberAt(nowMs: number, afterNumber: bigint): bigint {
  const time = BigInt(nowMs);
  return time > afterNumber ? time : afterNumber + 1n;
}

function numberOctets(number: bigint): Uint8Array {
  return decodeHex(number.toString(16).padStart(CRL_NUMBER_HEX_DIGITS, "0"));
}
