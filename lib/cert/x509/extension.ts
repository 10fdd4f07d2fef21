/**
 * Certificate extensions (RFC 5280 section 4.2), read.
 *
 * @module
 */

import { encodeHex } from "@std/encoding/hex";
import {
  DerReader,
  malformed,
  readBoolean,
  readInteger,
  readNamedBits,
  readOid,
  readSmallInteger,
  readWhole,
  tag,
} from "../der/reader.ts";
import { type GeneralName, readGeneralName } from "./general_name.ts";
import { oid } from "../der/oid.ts";

/** The bits of keyUsage, in order (RFC 5280 section 4.2.1.3). */
export const keyUsages: readonly KeyUsage[] = [
  "digitalSignature",
  "nonRepudiation",
  "keyEncipherment",
  "dataEncipherment",
  "keyAgreement",
  "keyCertSign",
  "cRLSign",
  "encipherOnly",
  "decipherOnly",
];

/** What a key may be used for. */
export type KeyUsage =
  | "digitalSignature"
  | "nonRepudiation"
  | "keyEncipherment"
  | "dataEncipherment"
  | "keyAgreement"
  | "keyCertSign"
  | "cRLSign"
  | "encipherOnly"
  | "decipherOnly";

/** Names that an authority may or may not issue for (RFC 5280 section 4.2.1.10). */
export interface NameConstraints {
  /** Of the kinds of name listed here, only names within these. An IP name is a range. */
  readonly permitted: readonly GeneralName[];
  /** No name within these. */
  readonly excluded: readonly GeneralName[];
}

/** The extensions of a certificate or a request. */
export interface Extensions {
  /** Whether the subject is an authority, and how many authorities may stand below it. */
  readonly basicConstraints?: { readonly isAuthority: boolean; readonly pathLength?: number };
  /** What the key may be used for. */
  readonly keyUsage?: ReadonlySet<KeyUsage>;
  /** What a leaf may be used for, as dotted identifiers. */
  readonly extKeyUsage?: readonly string[];
  /** The subject's names. */
  readonly subjectAltName?: readonly GeneralName[];
  /** The names that may stand below an authority. */
  readonly nameConstraints?: NameConstraints;
  /** The subject's key identifier, in hexadecimal. */
  readonly subjectKeyId?: string;
  /** The issuer's key identifier, in hexadecimal. */
  readonly authorityKeyId?: string;
  /** Only of a revocation list: its number, in hexadecimal. */
  readonly crlNumber?: string;
  /** Identifiers of every extension that is marked critical. */
  readonly critical: readonly string[];
  /** Identifiers of every extension, in order. */
  readonly all: readonly string[];
}

/** What one extension becomes. */
type Part = Partial<Omit<Extensions, "critical" | "all">>;

type Reader = (value: Uint8Array<ArrayBuffer>) => Part;

/** Extensions of certificates. */
const certificateReaders = new Map<string, Reader>([
  [oid.basicConstraints, readBasicConstraints],
  [oid.keyUsage, readKeyUsage],
  [oid.extKeyUsage, (value) => ({ extKeyUsage: many(readWhole(value), readOid) })],
  [oid.subjectAltName, readSubjectAltName],
  [oid.nameConstraints, readNameConstraints],
  [oid.subjectKeyIdentifier, readSubjectKeyIdentifier],
  [oid.authorityKeyIdentifier, readAuthorityKeyIdentifier],
]);

/**
 * Reads a list of extensions.
 *
 * @param list A reader within the SEQUENCE OF Extension.
 * @throws {CertificateError} `data` when one is malformed or stands there twice.
 */
export function readExtensions(list: DerReader): Extensions {
  const parts: Part[] = [];
  const all: string[] = [];
  const critical: string[] = [];
  while (!list.done) {
    const extension = list.sequence();
    const id = readOid(extension);
    if (all.includes(id)) throw malformed(`extension ${id} twice`);
    all.push(id);
    if (extension.peek() === tag.boolean && readBoolean(extension)) critical.push(id);
    const value = extension.element(tag.octetString).contents;
    extension.end();
    const read = id === oid.crlNumber ? readCrlNumber : certificateReaders.get(id);
    if (read !== undefined) parts.push(read(value));
  }
  return Object.assign({ all, critical }, ...parts);
}

/** Identifiers of the extensions of certificates that this file reads. */
export function knownExtensions(): readonly string[] {
  return [...certificateReaders.keys()];
}

function readBasicConstraints(value: Uint8Array<ArrayBuffer>): Part {
  const fields = readWhole(value);
  const isAuthority = fields.peek() === tag.boolean && readBoolean(fields);
  if (fields.done) return { basicConstraints: { isAuthority } };
  const pathLength = readSmallInteger(fields);
  fields.end();
  // RFC 5280 section 4.2.1.9: a path length means something for an authority alone.
  if (!isAuthority) throw malformed("a path length in a certificate of no authority");
  return { basicConstraints: { isAuthority, pathLength } };
}

function readKeyUsage(value: Uint8Array<ArrayBuffer>): Part {
  const outer = new DerReader(value);
  const bits = readNamedBits(outer);
  outer.end();
  return { keyUsage: new Set(keyUsages.filter((_, bit) => bits.has(bit))) };
}

function readSubjectAltName(value: Uint8Array<ArrayBuffer>): Part {
  const names = many(readWhole(value), readGeneralName);
  for (const name of names) {
    if (name.kind === "ip" && name.octets.length !== 4 && name.octets.length !== 16) {
      throw malformed(`an IP address of ${name.octets.length} octets`);
    }
  }
  return { subjectAltName: names };
}

function readNameConstraints(value: Uint8Array<ArrayBuffer>): Part {
  const fields = readWhole(value);
  const permitted = fields.optional(tag.contextConstructed(0));
  const excluded = fields.optional(tag.contextConstructed(1));
  fields.end();
  if (permitted === undefined && excluded === undefined) throw malformed("empty name constraints");
  const subtrees = (contents: Uint8Array<ArrayBuffer> | undefined) =>
    contents === undefined ? [] : many(new DerReader(contents), readSubtree);
  return {
    nameConstraints: {
      permitted: subtrees(permitted?.contents),
      excluded: subtrees(excluded?.contents),
    },
  };
}

function readSubtree(list: DerReader): GeneralName {
  const subtree = list.sequence();
  const base = readGeneralName(subtree);
  // RFC 5280 section 4.2.1.10: minimum is 0, which DER leaves out, and maximum is absent.
  subtree.end();
  if (base.kind === "ip" && base.octets.length !== 8 && base.octets.length !== 32) {
    throw malformed(`an IP range of ${base.octets.length} octets`);
  }
  return base;
}

function readCrlNumber(value: Uint8Array<ArrayBuffer>): Part {
  const outer = new DerReader(value);
  const octets = readInteger(outer);
  outer.end();
  // RFC 5280 section 5.2.3: not negative, at most 20 octets.
  if (octets[0]! >= 0x80 || octets.length > 20) throw malformed("a CRL number out of range");
  return { crlNumber: encodeHex(octets).replace(/^0+(?=.)/, "") };
}

function readSubjectKeyIdentifier(value: Uint8Array<ArrayBuffer>): Part {
  const outer = new DerReader(value);
  const { contents } = outer.element(tag.octetString);
  outer.end();
  return { subjectKeyId: encodeHex(contents) };
}

function readAuthorityKeyIdentifier(value: Uint8Array<ArrayBuffer>): Part {
  const id = readWhole(value).optional(tag.context(0));
  return id === undefined ? {} : { authorityKeyId: encodeHex(id.contents) };
}

function many<T>(reader: DerReader, read: (reader: DerReader) => T): T[] {
  const items: T[] = [];
  do items.push(read(reader)); while (!reader.done);
  return items;
}
