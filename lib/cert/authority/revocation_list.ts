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

/**
 * Writes and signs an authority's revocation list.
 *
 * @param authority Whose certificates it is about.
 * @param entries The ledger; what other authorities have issued, and what has expired, is left out.
 * @param clock Where the time comes from.
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
): Promise<Uint8Array<ArrayBuffer>> {
  const writer = await loadDerWriter();
  const nowMs = clock.now();
  const revoked = entries
    .filter((entry) => entry.authority === authority.keyId && entry.notAfterMs >= nowMs)
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
        // The time serves as the number: it grows, and needs no counter to be kept.
        extensionNode(writer, oid.crlNumber, writer.integer(timeOctets(nowMs))),
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

function timeOctets(ms: number): Uint8Array {
  const octets = new Uint8Array(8);
  new DataView(octets.buffer).setBigUint64(0, BigInt(ms));
  return octets;
}
