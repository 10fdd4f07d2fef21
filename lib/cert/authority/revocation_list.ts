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
import { oid } from "../der/oid.ts";
import { sealNode, signatureAlgorithmNode } from "../key/signer.ts";

/** The list that an authority has issued last. */
export interface PreviousList {
  /** Its number. */
  readonly number: number;
  /** When it was issued, in milliseconds since the epoch. */
  readonly issuedAtMs: number;
}

/**
 * Writes and signs an authority's revocation list.
 *
 * @param authority Whose certificates it is about.
 * @param entries The ledger; what other authorities have issued is left out, and what had expired by
 * the previous list and was on it (RFC 5280 section 3.3).
 * @param clock Where the time comes from.
 * @param previous The list before it, whose number the next one follows; left out for the first list,
 * whose number is the time, so that it is above those of earlier versions and of a forgotten count.
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
  previous?: PreviousList,
): Promise<Uint8Array<ArrayBuffer>> {
  const writer = await loadDerWriter();
  const nowMs = clock.now();
  const revoked = entries
    .filter((entry) => entry.authority === authority.keyId && !hasBeenListed(entry, previous))
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
        // RFC 5280 section 5.2.3: it grows from list to list, whatever happens to the clock.
        extensionNode(
          writer,
          oid.crlNumber,
          writer.integer(integerOctets(numberAfter(previous, nowMs))),
        ),
      ),
    ),
  );
  return await sealNode(writer, toBeSigned, authority.signer);
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
 * The number of the list that comes next.
 *
 * @param previous The list before it.
 * @param nowMs The time, in milliseconds since the epoch.
 */
export function numberAfter(previous: PreviousList | undefined, nowMs: number): number {
  return previous === undefined ? nowMs : previous.number + 1;
}

/** Whether a list that was issued after the certificate had expired names it already. */
function hasBeenListed(
  { notAfterMs, revoked }: LedgerEntry,
  previous: PreviousList | undefined,
): boolean {
  return previous !== undefined && revoked !== undefined &&
    Math.max(notAfterMs, revoked.atMs) < previous.issuedAtMs;
}

function integerOctets(value: number): Uint8Array {
  const octets = new Uint8Array(8);
  new DataView(octets.buffer).setBigUint64(0, BigInt(value));
  return octets;
}
