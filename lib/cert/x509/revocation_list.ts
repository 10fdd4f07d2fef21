/**
 * A certificate revocation list, read.
 *
 * @see RFC 5280 section 5
 * @module
 */

import { limits } from "../../base/limits.ts";
import { decodePem } from "../der/pem.ts";
import {
  DerReader,
  malformed,
  readBitStringOctets,
  readInteger,
  readSmallInteger,
  readTime,
  readWhole,
  tag,
} from "../der/reader.ts";
import { sameBytes, serialText } from "./certificate.ts";
import { type DistinguishedName, readName } from "./distinguished_name.ts";
import { type Extensions, readExtensions } from "./extension.ts";
import { CertificateError } from "../reasons.ts";

/** A list's fields. Nothing here has been verified. */
export interface RevocationList {
  /** The part that the signature covers, as it came. */
  readonly tbs: Uint8Array<ArrayBuffer>;
  /** How it is signed, as AlgorithmIdentifier. */
  readonly signatureAlgorithm: Uint8Array<ArrayBuffer>;
  /** The signature's octets. */
  readonly signature: Uint8Array<ArrayBuffer>;
  /** Whose certificates it is about, and who signed it. */
  readonly issuer: DistinguishedName;
  /** When it was made, in milliseconds since the epoch. */
  readonly thisUpdateMs: number;
  /** When the next one is there at the latest, in milliseconds since the epoch. */
  readonly nextUpdateMs: number;
  /**
   * The serial numbers that are revoked, in lower-case hexadecimal without leading zeros, each with the
   * moment of its revocation in milliseconds since the epoch.
   */
  readonly revoked: ReadonlyMap<string, number>;
  /** The number of the list, which grows from one to the next. */
  readonly number: bigint;
  /** The issuer's key identifier, in hexadecimal, where the list names it. */
  readonly authorityKeyId?: string;
}

/**
 * Reads a list.
 *
 * @param der Its DER.
 * @returns Its fields, which nobody has verified yet.
 * @throws {CertificateError} `data` when it is not a whole list of one issuer in strict DER and of
 * version 2, has no next update or no number, or has a critical extension: a list of changes, or of
 * some certificates alone, would say too little.
 *
 * @example
 * ```ts
 * import { makeAuthority, makeRevocationList, openAuthority, parseRevocationList } from "@dari/dari/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const made = await makeAuthority();
 * const authority = await openAuthority(made.privateKey, [made.certificate]);
 * const list = parseRevocationList(await makeRevocationList(authority, []));
 * assertEquals(list.issuer, made.certificate.subject);
 * ```
 */
export function parseRevocationList(der: Uint8Array<ArrayBuffer>): RevocationList {
  if (der.length > limits.maxRevocationListBytes) {
    throw new CertificateError(
      "too_large",
      `The revocation list has ${der.length} octets; at most ` +
        `${limits.maxRevocationListBytes} are read`,
    );
  }
  const outer = readWhole(der);
  const tbs = outer.element(tag.sequence);
  const signatureAlgorithm = outer.element(tag.sequence).bytes;
  const signature = readBitStringOctets(outer);
  outer.end();
  const fields = new DerReader(tbs.contents);
  // RFC 5280 section 5.1.2.1: a list with extensions is of version 2, and every list has them.
  if (fields.peek() !== tag.integer || readSmallInteger(fields) !== 1) {
    throw malformed("a revocation list that is not of version 2");
  }
  if (!sameBytes(fields.element(tag.sequence).bytes, signatureAlgorithm)) {
    throw malformed("two different signature algorithms");
  }
  const issuer = readName(fields);
  const thisUpdateMs = readTime(fields);
  if (!isTime(fields)) throw malformed("a revocation list without a next update");
  const nextUpdateMs = readTime(fields);
  const revoked = fields.peek() === tag.sequence
    ? readEntries(fields.sequence())
    : new Map<string, number>();
  const { authorityKeyId, crlNumber } = readListExtensions(fields);
  // RFC 5280 section 5.2.3: without a number nobody can tell which of two lists is the newer one.
  if (crlNumber === undefined) throw malformed("a revocation list without a number");
  return {
    tbs: tbs.bytes,
    ...{ signatureAlgorithm, signature, issuer, thisUpdateMs, nextUpdateMs, revoked },
    number: BigInt(`0x${crlNumber}`),
    ...(authorityKeyId === undefined ? {} : { authorityKeyId }),
  };
}

/**
 * Reads all lists of a file.
 *
 * @param source Any number of lists in PEM (`X509 CRL`), or one in DER; PEM blocks of other kinds are
 * skipped.
 * @returns At least one list, in order.
 * @throws {CertificateError} `data` when there is none or one cannot be read.
 *
 * @example
 * ```ts
 * import {
 *   encodePem,
 *   makeAuthority,
 *   makeRevocationList,
 *   openAuthority,
 *   parseRevocationLists,
 * } from "@dari/dari/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const made = await makeAuthority();
 * const authority = await openAuthority(made.privateKey, [made.certificate]);
 * const pem = encodePem("X509 CRL", await makeRevocationList(authority, []));
 * assertEquals(parseRevocationLists(pem)[0].revoked.size, 0);
 * ```
 */
export function parseRevocationLists(
  source: string | Uint8Array<ArrayBuffer>,
): [RevocationList, ...RevocationList[]] {
  if (typeof source !== "string" && source[0] === tag.sequence) {
    return [parseRevocationList(source)];
  }
  const text = typeof source === "string" ? source : new TextDecoder().decode(source);
  const [first, ...others] = decodePem(text)
    .filter(({ label }) => label === "X509 CRL")
    .map((block) => parseRevocationList(block.bytes));
  if (first !== undefined) return [first, ...others];
  throw new CertificateError("absent", "The text holds no revocation list (X509 CRL)");
}

function isTime(fields: DerReader): boolean {
  const next = fields.done ? undefined : fields.peek();
  return next === tag.utcTime || next === tag.generalizedTime;
}

function readEntries(entries: DerReader): Map<string, number> {
  const revoked = new Map<string, number>();
  // RFC 5280 section 5.1.2.6: where nothing is revoked there is no list of entries.
  if (entries.done) throw malformed("an empty list of entries");
  while (!entries.done) {
    const entry = entries.sequence();
    revoked.set(serialText(readInteger(entry)), readTime(entry));
    if (entry.done) continue;
    // A critical one could say that another issuer is meant (RFC 5280 section 5.3.3).
    refuseCritical(readExtensions(entry.sequence()).critical);
    entry.end();
  }
  return revoked;
}

function readListExtensions(fields: DerReader): Extensions {
  const explicit = fields.done ? undefined : fields.optional(tag.contextConstructed(0));
  fields.end();
  if (explicit === undefined) return { all: [], critical: [] };
  const extensions = readExtensions(readWhole(explicit.contents));
  refuseCritical(extensions.critical);
  return extensions;
}

function refuseCritical(ids: readonly string[]): void {
  if (ids.length > 0) throw malformed(`the critical extension ${ids[0]} in a revocation list`);
}
