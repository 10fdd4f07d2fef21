/**
 * Reading DER, strictly: what was not encoded in the one way that X.690 allows is refused.
 *
 * @module
 */

import { encodeHex } from "@std/encoding/hex";
import { CertificateError } from "../reasons.ts";

/** The identifier octets that certificates use (X.690 section 8.1.2). */
export const tag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  enumerated: 0x0a,
  utf8String: 0x0c,
  printableString: 0x13,
  teletexString: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  universalString: 0x1c,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
  /** @returns The identifier of `[number]` with primitive contents. */
  context: (number: number): number => 0x80 | number,
  /** @returns The identifier of `[number]` with further elements inside. */
  contextConstructed: (number: number): number => 0xa0 | number,
} as const;

/** One element: an identifier, a length and that many octets. */
export interface DerElement {
  /** The identifier octet. */
  readonly tag: number;
  /** The octets after the length. */
  readonly contents: Uint8Array<ArrayBuffer>;
  /** The whole element, as it stood in the input: what a signature covers. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** A cursor over the elements of one level. It shares the input's memory. */
export class DerReader {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  #offset = 0;

  /** @param bytes DER of zero or more elements, one after the other. */
  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.#bytes = bytes;
  }

  /** Whether every element has been taken. */
  get done(): boolean {
    return this.#offset >= this.#bytes.length;
  }

  /** @returns The next element's identifier without taking it; `undefined` at the end. */
  peek(): number | undefined {
    return this.#bytes[this.#offset];
  }

  /**
   * Takes the next element.
   *
   * @param expected The identifier it must have; any when left out.
   * @throws {CertificateError} `data` when there is none, it is another one, or it is not DER.
   */
  element(expected?: number): DerElement {
    const start = this.#offset;
    const identifier = this.#octet();
    if ((identifier & 0x1f) === 0x1f) throw malformed("a tag number above 30", start);
    if (expected !== undefined && identifier !== expected) {
      throw malformed(`tag 0x${hex(identifier)} where 0x${hex(expected)} belongs`, start);
    }
    const length = this.#length();
    if (length > this.#bytes.length - this.#offset) throw malformed("a truncated element", start);
    const from = this.#offset;
    this.#offset += length;
    return {
      tag: identifier,
      contents: this.#bytes.subarray(from, this.#offset),
      bytes: this.#bytes.subarray(start, this.#offset),
    };
  }

  /** Takes the next element when it has this identifier. */
  optional(expected: number): DerElement | undefined {
    return this.peek() === expected ? this.element(expected) : undefined;
  }

  /** Takes a SEQUENCE (or another constructed element) and gives a reader of what is inside. */
  sequence(expected: number = tag.sequence): DerReader {
    return new DerReader(this.element(expected).contents);
  }

  /**
   * Says that nothing may follow.
   *
   * @throws {CertificateError} `data` when something does.
   */
  end(): void {
    if (!this.done) throw malformed("octets after the last element", this.#offset);
  }

  #octet(): number {
    const octet = this.#bytes[this.#offset];
    if (octet === undefined) throw malformed("a missing element", this.#offset);
    this.#offset++;
    return octet;
  }

  /** X.690 section 10.1: definite, and in as few octets as possible. */
  #length(): number {
    const start = this.#offset;
    const first = this.#octet();
    if (first < 0x80) return first;
    const count = first & 0x7f;
    if (count === 0 || count > 3) throw malformed("an indefinite or huge length", start);
    let length = 0;
    for (let i = 0; i < count; i++) length = length * 256 + this.#octet();
    if (length < 0x80 || length < 256 ** (count - 1)) {
      throw malformed("a length that is not minimal", start);
    }
    return length;
  }
}

/**
 * Reads one element that is the whole input.
 *
 * @param bytes DER.
 * @param expected The identifier it must have.
 * @returns A reader of what is inside.
 */
export function readWhole(
  bytes: Uint8Array<ArrayBuffer>,
  expected: number = tag.sequence,
): DerReader {
  const outer = new DerReader(bytes);
  const inner = outer.sequence(expected);
  outer.end();
  return inner;
}

/** Takes a BOOLEAN (X.690 section 11.1: TRUE is FF). */
export function readBoolean(reader: DerReader): boolean {
  const { contents } = reader.element(tag.boolean);
  if (contents.length !== 1 || (contents[0] !== 0 && contents[0] !== 0xff)) {
    throw malformed("a BOOLEAN that is neither 00 nor FF");
  }
  return contents[0] === 0xff;
}

/**
 * Takes an INTEGER.
 *
 * @returns Its octets in two's complement, as few as possible.
 */
export function readInteger(reader: DerReader): Uint8Array<ArrayBuffer> {
  const { contents } = reader.element(tag.integer);
  const [first, second] = contents;
  if (first === undefined) throw malformed("an empty INTEGER");
  if (
    second !== undefined && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80))
  ) {
    throw malformed("an INTEGER that is not minimal");
  }
  return contents;
}

/** Takes an INTEGER that is not negative and not above 2^31 − 1: a version, a path length. */
export function readSmallInteger(reader: DerReader): number {
  const octets = readInteger(reader);
  if (octets[0]! >= 0x80 || octets.length > 4) throw malformed("an INTEGER out of range");
  return octets.reduce((value, octet) => value * 256 + octet, 0);
}

/** Takes an OBJECT IDENTIFIER. */
export function readOid(reader: DerReader): string {
  return decodeOid(reader.element(tag.oid).contents);
}

/** The dotted form of an OBJECT IDENTIFIER's contents (X.690 section 8.19). */
export function decodeOid(contents: Uint8Array): string {
  const arcs: number[] = [];
  let value = 0;
  let starts = true;
  for (const octet of contents) {
    if (starts && octet === 0x80) throw malformed("an OBJECT IDENTIFIER with padding");
    value = value * 128 + (octet & 0x7f);
    if (value > Number.MAX_SAFE_INTEGER / 128) throw malformed("a huge OBJECT IDENTIFIER");
    starts = octet < 0x80;
    if (!starts) continue;
    if (arcs.length === 0) {
      const root = Math.min(Math.floor(value / 40), 2);
      arcs.push(root, value - root * 40);
    } else {
      arcs.push(value);
    }
    value = 0;
  }
  if (!starts || arcs.length === 0) throw malformed("a truncated OBJECT IDENTIFIER");
  return arcs.join(".");
}

/**
 * Takes a BIT STRING that holds whole octets: a key, a signature.
 */
export function readBitStringOctets(reader: DerReader): Uint8Array<ArrayBuffer> {
  const { contents } = reader.element(tag.bitString);
  if (contents[0] !== 0) throw malformed("a BIT STRING that is not whole octets");
  return contents.subarray(1);
}

/** Takes a BIT STRING of named bits; bit 0 is the first. */
export function readNamedBits(reader: DerReader): ReadonlySet<number> {
  const { contents } = reader.element(tag.bitString);
  const unused = contents[0];
  if (unused === undefined || unused > 7 || (unused > 0 && contents.length === 1)) {
    throw malformed("a BIT STRING with a wrong count of unused bits");
  }
  const last = contents[contents.length - 1]!;
  if (contents.length > 1 && (last & ((1 << unused) - 1)) !== 0) {
    throw malformed("a BIT STRING with unused bits set");
  }
  const bits = new Set<number>();
  for (let i = 0; i < (contents.length - 1) * 8; i++) {
    if ((contents[1 + (i >> 3)]! & (0x80 >> (i & 7))) !== 0) bits.add(i);
  }
  return bits;
}

/**
 * Takes a time as RFC 5280 section 4.1.2.5 writes it: with seconds, in UTC, without fractions.
 *
 * @returns Milliseconds since the epoch.
 */
export function readTime(reader: DerReader): number {
  const element = reader.element();
  const text = new TextDecoder().decode(element.contents);
  const short = element.tag === tag.utcTime;
  if (!short && element.tag !== tag.generalizedTime) throw malformed("something else than a time");
  const match =
    (short ? /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/ : /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/)
      .exec(text);
  if (match === null) throw malformed(`the time "${text}"`);
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  // RFC 5280 section 4.1.2.5.1: two digits from 50 on are of the last century.
  const full = short ? year + (year >= 50 ? 1900 : 2000) : year;
  const iso = `${String(full).padStart(4, "0")}-${pad(month)}-${pad(day)}T${pad(hour)}:${
    pad(minute)
  }:${pad(second)}.000Z`;
  const ms = Date.parse(iso);
  // Date.parse takes 31 February for 3 March and 24:00 for the next day.
  if (Number.isNaN(ms) || new Date(ms).toISOString() !== iso) throw malformed(`the time "${text}"`);
  return ms;
}

/** An error about bytes that are not what they should be. */
export function malformed(what: string, offset?: number): CertificateError {
  const where = offset === undefined ? "" : ` at octet ${offset}`;
  return new CertificateError("malformed", `Malformed DER: found ${what}${where}`);
}

function hex(identifier: number): string {
  return encodeHex(Uint8Array.of(identifier));
}

function pad(value: number): string {
  return String(value).padStart(2, "0");
}
