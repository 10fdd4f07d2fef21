/**
 * Writing DER with node-forge's encoder, the only thing that dari asks of it beside key derivation
 * for PKCS#12.
 *
 * @module
 */

import type forge from "node-forge";

/** An element that is not bytes yet. */
export type DerNode = forge.asn1.Asn1;

/** Makes elements, and bytes of them. */
export interface DerWriter {
  /** @returns SEQUENCE of the elements; those that are `undefined` are left out. */
  sequence(...elements: (DerNode | undefined)[]): DerNode;
  /** @returns SET OF one element. */
  set(element: DerNode): DerNode;
  /** @returns SET OF several elements, in the order of their encodings (X.690 section 11.6). */
  setOf(elements: readonly DerNode[]): DerNode;
  /** @returns `[number]` around further elements. */
  explicit(number: number, ...elements: DerNode[]): DerNode;
  /** @returns `[number]` in the place of a primitive element's own tag. */
  implicit(number: number, contents: Uint8Array): DerNode;
  /** @returns INTEGER of a number that is not negative: octets big-endian, or a small value. */
  integer(value: Uint8Array | number): DerNode;
  /** @returns ENUMERATED. */
  enumerated(value: number): DerNode;
  /** @returns BOOLEAN TRUE; FALSE is always a default here, and DER leaves defaults out. */
  true(): DerNode;
  /** @returns NULL. */
  null(): DerNode;
  /** @returns OBJECT IDENTIFIER of the dotted form. */
  oid(dotted: string): DerNode;
  /** @returns BIT STRING of whole octets. */
  bitString(octets: Uint8Array): DerNode;
  /** @returns BIT STRING of named bits, without trailing zero bits (X.690 section 11.2.2). */
  namedBits(bits: readonly number[]): DerNode;
  /** @returns OCTET STRING. */
  octetString(octets: Uint8Array): DerNode;
  /** @returns A string of the kind that RFC 5280 wants: `utf8`, `printable`, `ia5` or `bmp`. */
  string(kind: StringKind, text: string): DerNode;
  /** @returns UTCTime until 2049, then GeneralizedTime (RFC 5280 section 4.1.2.5). */
  time(ms: number): DerNode;
  /** @returns The element that these bytes are the DER of, to be written as it is. */
  raw(der: Uint8Array): DerNode;
  /** @returns The element's DER. */
  encode(node: DerNode): Uint8Array<ArrayBuffer>;
}

/** The character strings that certificates use. */
export type StringKind = "utf8" | "printable" | "ia5" | "bmp";

let loaded: Promise<DerWriter> | undefined;

/**
 * Loads the encoder once. It takes 50 to 75 ms, so only what makes something calls it.
 *
 * @returns The writer.
 */
export function loadDerWriter(): Promise<DerWriter> {
  loaded ??= import("node-forge").then((module) => derWriter(module.default.asn1));
  return loaded;
}

function derWriter(asn1: typeof forge.asn1): DerWriter {
  const { UNIVERSAL, CONTEXT_SPECIFIC } = asn1.Class;
  const type = asn1.Type;
  const stringTypes = {
    utf8: type.UTF8,
    printable: type.PRINTABLESTRING,
    ia5: type.IA5STRING,
    bmp: type.BMPSTRING,
  };
  const primitive = (kind: forge.asn1.Type, contents: string) =>
    asn1.create(UNIVERSAL, kind, false, contents);
  const constructed = (kind: forge.asn1.Type, elements: (DerNode | undefined)[]) =>
    asn1.create(UNIVERSAL, kind, true, elements.filter((element) => element !== undefined));
  return {
    sequence: (...elements) => constructed(type.SEQUENCE, elements),
    set: (element) => constructed(type.SET, [element]),
    setOf: (elements) => {
      const keyed = elements.map((element) => ({ element, key: asn1.toDer(element).getBytes() }));
      keyed.sort((a, b) => (a.key < b.key ? -1 : 1));
      return constructed(type.SET, keyed.map(({ element }) => element));
    },
    explicit: (number, ...elements) => asn1.create(CONTEXT_SPECIFIC, number, true, elements),
    implicit: (number, contents) => asn1.create(CONTEXT_SPECIFIC, number, false, binary(contents)),
    integer: (value) => primitive(type.INTEGER, binary(integerOctets(value))),
    enumerated: (value) => primitive(type.ENUMERATED, binary(integerOctets(value))),
    true: () => primitive(type.BOOLEAN, "\xff"),
    null: () => primitive(type.NULL, ""),
    oid: (dotted) => primitive(type.OID, asn1.oidToDer(dotted).getBytes()),
    bitString: (octets) => primitive(type.BITSTRING, "\0" + binary(octets)),
    namedBits: (bits) => primitive(type.BITSTRING, binary(namedBitOctets(bits))),
    octetString: (octets) => primitive(type.OCTETSTRING, binary(octets)),
    string: (kind, text) => primitive(stringTypes[kind], stringOctets(kind, text)),
    time: (ms) => {
      const date = new Date(ms);
      return date.getUTCFullYear() < 2050
        ? primitive(type.UTCTIME, asn1.dateToUtcTime(date) as string)
        : primitive(type.GENERALIZEDTIME, asn1.dateToGeneralizedTime(date) as string);
    },
    // The types know the older second argument alone; a BIT STRING must not be looked into, or a
    // key whose octets happen to be DER would be written as a constructed one.
    raw: (der) =>
      (asn1.fromDer as (bytes: string, options: unknown) => DerNode)(binary(der), {
        decodeBitStrings: false,
      }),
    encode: (node) => octets(asn1.toDer(node).getBytes()),
  };
}

/** Two's complement of a number that is not negative, as short as possible. */
function integerOctets(value: Uint8Array | number): Uint8Array {
  let octets = value instanceof Uint8Array ? value : smallOctets(value);
  let zeros = 0;
  while (zeros < octets.length - 1 && octets[zeros] === 0) zeros++;
  octets = octets.subarray(zeros);
  return (octets[0] ?? 0) < 0x80 ? octets : Uint8Array.of(0, ...octets);
}

function smallOctets(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}

function namedBitOctets(bits: readonly number[]): Uint8Array {
  if (bits.length === 0) return Uint8Array.of(0);
  const highest = Math.max(...bits);
  const octets = new Uint8Array(2 + (highest >> 3));
  octets[0] = 7 - (highest & 7);
  for (const bit of bits) octets[1 + (bit >> 3)]! |= 0x80 >> (bit & 7);
  return octets;
}

function stringOctets(kind: StringKind, text: string): string {
  // forge writes two octets for each unit of a BMPString by itself.
  return kind === "utf8" ? binary(new TextEncoder().encode(text)) : text;
}

// forge keeps octets as a string with one character each.
function binary(octets: Uint8Array): string {
  let text = "";
  for (const octet of octets) text += String.fromCharCode(octet);
  return text;
}

function octets(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}
