/**
 * Revocation lists of any authority as values.
 *
 * @see RFC 5280 section 5
 * @module
 */

import { limits } from "../../base/limits.ts";
import { oid } from "../der/oid.ts";
import { decodePem } from "../der/pem.ts";
import {
  DerReader,
  malformed,
  readBitStringOctets,
  readBoolean,
  readInteger,
  readOid,
  readTime,
  readWhole,
  tag,
} from "../der/reader.ts";
import type { Signed } from "../key/signature.ts";
import { CertificateError } from "../reasons.ts";
import { sameBytes, serialText } from "./certificate.ts";
import { type DistinguishedName, readName } from "./distinguished_name.ts";
import { readAuthorityKeyId } from "./extension.ts";

/** A revocation list. Its signature is not verified yet: `checkRevocationLists` does that. */
export interface RevocationList extends Signed {
  /** The authority that it is of. */
  readonly issuer: DistinguishedName;
  /** When it was issued, in milliseconds since the epoch. */
  readonly thisUpdateMs: number;
  /** When the next one is issued at the latest, in milliseconds since the epoch. */
  readonly nextUpdateMs: number;
  /** Its number, which grows from list to list; 0 where it has none. */
  readonly number: bigint;
  /** The issuer's key identifier, in hexadecimal, where the list names it. */
  readonly authorityKeyId: string | undefined;
  /** Serial numbers in lower-case hexadecimal, with the moment of revocation in milliseconds. */
  readonly revoked: ReadonlyMap<string, number>;
}

/** Extensions that do not change what a list says (RFC 5280 sections 5.2.1, 5.2.3 and 5.3.1). */
const understood: readonly string[] = [oid.authorityKeyIdentifier, oid.crlNumber, oid.reasonCode];

/**
 * Reads every revocation list of a file.
 *
 * @param file PEM text, whose blocks of other kinds are skipped; or bytes of PEM, or of one list in
 * DER.
 * @returns At least one list, in order.
 * @throws {CertificateError} `data` when there is none, or one cannot be read, is too large, or is of
 * a kind that dari does not read: partial, indirect or delta lists.
 *
 * @example
 * ```ts
 * import {
 *   encodePem,
 *   initAuthority,
 *   loadAuthority,
 *   makeRevocationList,
 *   parseRevocationLists,
 * } from "@dari/dari/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const directory = `${await Deno.makeTempDir()}/data`;
 * await initAuthority(directory);
 * const der = await makeRevocationList(await loadAuthority(directory), []);
 * const [list] = parseRevocationLists(encodePem("X509 CRL", der));
 * assertEquals(list.revoked.size, 0);
 * ```
 */
export function parseRevocationLists(
  file: string | Uint8Array<ArrayBuffer>,
): [RevocationList, ...RevocationList[]] {
  if (typeof file !== "string" && file[0] === tag.sequence) return [parseRevocationList(file)];
  const text = typeof file === "string" ? file : new TextDecoder().decode(file);
  const [first, ...rest] = decodePem(text)
    .filter(({ label }) => label === "X509 CRL")
    .map(({ bytes }) => parseRevocationList(bytes));
  if (first === undefined) {
    throw new CertificateError("absent", "The PEM text holds no revocation list (X509 CRL)");
  }
  return [first, ...rest];
}

function parseRevocationList(der: Uint8Array<ArrayBuffer>): RevocationList {
  if (der.length > limits.maxRevocationListBytes) {
    throw new CertificateError(
      "too_large",
      `The revocation list has ${der.length} octets; at most ${limits.maxRevocationListBytes} are ` +
        "read",
    );
  }
  const outer = readWhole(der);
  const tbs = outer.element(tag.sequence);
  const signatureAlgorithm = outer.element(tag.sequence).bytes;
  const signature = readBitStringOctets(outer);
  outer.end();
  const fields = new DerReader(tbs.contents);
  // Section 5.1.2.1: version 2, since only that has extensions; version 1 leaves the field out.
  if (fields.peek() === tag.integer && readInteger(fields)[0] !== 1) {
    throw malformed("a revocation list that is not of version 2");
  }
  if (!sameBytes(fields.element(tag.sequence).bytes, signatureAlgorithm)) {
    throw malformed("two different signature algorithms");
  }
  const issuer = readName(fields);
  const thisUpdateMs = readTime(fields);
  // Section 5.1.2.5: it is required; without it nobody could tell that a list is out of date.
  const nextUpdateMs = readTime(fields);
  const revoked = readRevoked(fields);
  const extensions = fields.optional(tag.contextConstructed(0));
  fields.end();
  const values = extensions === undefined
    ? new Map()
    : readCheckedExtensions(readWhole(extensions.contents));
  const signed = { tbs: tbs.bytes, signatureAlgorithm, signature };
  const number = numberOf(values.get(oid.crlNumber));
  const keyId = values.get(oid.authorityKeyIdentifier);
  const authorityKeyId = keyId === undefined ? undefined : readAuthorityKeyId(keyId);
  return { ...signed, issuer, thisUpdateMs, nextUpdateMs, number, authorityKeyId, revoked };
}

function readRevoked(fields: DerReader): Map<string, number> {
  const revoked = new Map<string, number>();
  if (fields.peek() !== tag.sequence) return revoked;
  for (const list = fields.sequence(); !list.done;) {
    const entry = list.sequence();
    const serial = serialText(readInteger(entry));
    revoked.set(serial, readTime(entry));
    if (!entry.done) readCheckedExtensions(entry.sequence());
    entry.end();
  }
  return revoked;
}

/** Section 5.2: a list with a critical extension that is not understood must not be relied on. */
function readCheckedExtensions(list: DerReader): Map<string, Uint8Array<ArrayBuffer>> {
  const values = new Map<string, Uint8Array<ArrayBuffer>>();
  while (!list.done) {
    const extension = list.sequence();
    const id = readOid(extension);
    const isCritical = extension.peek() === tag.boolean && readBoolean(extension);
    values.set(id, extension.element(tag.octetString).contents);
    extension.end();
    if (!isCritical || understood.includes(id)) continue;
    throw new CertificateError(
      "unsupported",
      `The revocation list has the critical extension ${id}, which dari does not read: partial, ` +
        "indirect and delta lists are not supported",
    );
  }
  return values;
}

function numberOf(value: Uint8Array<ArrayBuffer> | undefined): bigint {
  if (value === undefined) return 0n;
  const reader = new DerReader(value);
  const octets = readInteger(reader);
  reader.end();
  if (octets[0]! >= 0x80) throw malformed("a negative number of a revocation list");
  return BigInt(`0x${octets.toHex()}`);
}
