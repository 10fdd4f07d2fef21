/**
 * Distinguished names: who a certificate's subject and issuer are (RFC 5280 section 4.1.2.4).
 *
 * @module
 */

import { encodeHex } from "@std/encoding/hex";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { decodeOid, DerReader, malformed, tag } from "../der/reader.ts";
import type { DerNode, DerWriter } from "../der/writer.ts";
import { oid } from "../der/oid.ts";
import { parseIp } from "./ip.ts";

/** One attribute of a name. */
export interface NameAttribute {
  /** The attribute's short name (`CN`, `O`, …), or its dotted identifier where it has none. */
  readonly type: string;
  /** Its text. */
  readonly value: string;
}

/** A name as it stands in a certificate. */
export interface DistinguishedName {
  /** Its DER. */
  readonly der: Uint8Array<ArrayBuffer>;
  /** The attributes of each relative name, first to last. */
  readonly parts: readonly (readonly NameAttribute[])[];
}

const shortNames = new Map<string, string>([
  [oid.commonName, "CN"],
  [oid.serialNumber, "serialNumber"],
  [oid.country, "C"],
  [oid.locality, "L"],
  [oid.state, "ST"],
  [oid.street, "street"],
  [oid.organization, "O"],
  [oid.organizationalUnit, "OU"],
  [oid.title, "title"],
  [oid.givenName, "GN"],
  [oid.surname, "SN"],
  [oid.domainComponent, "DC"],
  [oid.userId, "UID"],
  [oid.emailAddress, "emailAddress"],
]);
const oidsOfNames = new Map([...shortNames].map(([id, name]) => [name.toUpperCase(), id]));

/** Controls, line separators and marks that turn the direction of text. */
const UNPRINTABLE = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;

/** Everything that a person cannot see, or sees somewhere else than it is. */
const INVISIBLE = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;

/**
 * Reads a subject as a person writes it: `C=KR, O=My Company, CN=host`. A backslash takes the
 * meaning from the character after it.
 *
 * @param text The subject.
 * @returns Its attributes, in the order that they were written in.
 * @throws {DariError} `usage` when an attribute is unknown, empty or too long.
 */
export function parseSubject(text: string): NameAttribute[] {
  const parts = text.match(/(?:\\.|[^,\\])+/gs) ?? [];
  return parts.map((part) => {
    const equals = part.indexOf("=");
    const type = part.slice(0, Math.max(equals, 0)).trim();
    const id = oidsOfNames.get(type.toUpperCase());
    if (id === undefined) {
      throw new DariError(
        "usage",
        `"${part.trim()}" in the subject is not an attribute; write one of ${
          [...shortNames.values()].join(", ")
        }, an equals sign and its value`,
      );
    }
    const value = part.slice(equals + 1).trim().replace(/\\(.)/gs, "$1");
    return checkAttribute({ type: shortNames.get(id)!, value });
  });
}

/**
 * The subject of a new certificate.
 *
 * @param subject The subject as {@linkcode parseSubject} reads it; made of the first name when left
 * out.
 * @param first The first of the certificate's names, as `formatGeneralName` writes it.
 * @returns No attributes where the first name is too long to be a common name.
 * @throws {DariError} `usage` when the subject is not usable.
 */
export function subjectFor(
  subject: string | undefined,
  first: string,
): NameAttribute[] {
  if (subject !== undefined) return parseSubject(subject);
  if (first.length > limits.maxNameAttributeLength) return [];
  // openssl would take a bare 10.0.0.1 for a DNS name, which the authority may not issue for.
  const isIpv4 = parseIp(first)?.length === 4;
  return [{ type: "CN", value: isIpv4 ? `IP:${first}` : first }];
}

/**
 * Writes a name in the order in which it is encoded, as openssl does: `C=KR, O=My Company, CN=host`.
 *
 * @param name The name.
 *
 * @example
 * ```ts
 * import { formatName, makeSelfSigned } from "@dari/dari/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const options = { algorithm: "ecdsa-p256", subject: "O=Example, CN=api" } as const;
 * const { certificate } = await makeSelfSigned("api.internal", options);
 * assertEquals(formatName(certificate.subject), "O=Example, CN=api");
 * ```
 */
export function formatName(name: DistinguishedName): string {
  return name.parts.map((part) => part.map(formatAttribute).join(" + ")).join(", ");
}

/**
 * The common names of a name.
 *
 * @param name The name.
 * @returns All of them; the last is the most specific.
 */
export function commonNamesOf(name: DistinguishedName): string[] {
  return name.parts.flat().filter(({ type }) => type === "CN").map(({ value }) => value);
}

/**
 * The common name by which somebody is known, where it can be read in one way only.
 *
 * @param name The name.
 * @returns `undefined` where there is none or more than one, or where it has spaces at its ends or
 * characters that cannot be seen: controls, marks that turn the direction of text, joiners.
 */
export function plainCommonNameOf(name: DistinguishedName): string | undefined {
  const [commonName, ...others] = commonNamesOf(name);
  if (commonName === undefined || commonName === "" || others.length > 0) return undefined;
  const isPlain = commonName.trim() === commonName && !INVISIBLE.test(commonName);
  return isPlain ? commonName : undefined;
}

/** Reads the next Name. */
export function readName(reader: DerReader): DistinguishedName {
  const { bytes, contents } = reader.element(tag.sequence);
  const parts: NameAttribute[][] = [];
  const sets = new DerReader(contents);
  while (!sets.done) {
    const attributes: NameAttribute[] = [];
    const set = sets.sequence(tag.set);
    do attributes.push(readAttribute(set)); while (!set.done);
    parts.push(attributes);
  }
  return { der: bytes, parts };
}

/** Writes a name with one attribute in each relative name. */
export function nameNode(writer: DerWriter, attributes: readonly NameAttribute[]): DerNode {
  return writer.sequence(...attributes.map(({ type, value }) => {
    const id = oidsOfNames.get(type.toUpperCase());
    if (id === undefined) throw new TypeError(`No attribute of a name is called "${type}"`);
    checkAttribute({ type, value });
    // RFC 5280 appendix A.1 fixes the string of these three; everything else is UTF8String.
    const kind = type === "C" || type === "serialNumber"
      ? "printable"
      : type === "DC" || type === "emailAddress"
      ? "ia5"
      : "utf8";
    return writer.set(writer.sequence(writer.oid(id), writer.string(kind, value)));
  }));
}

function readAttribute(set: DerReader): NameAttribute {
  const pair = set.sequence();
  const id = decodeOid(pair.element(tag.oid).contents);
  const element = pair.element();
  pair.end();
  return { type: shortNames.get(id) ?? id, value: decodeString(element.tag, element.contents) };
}

function decodeString(identifier: number, octets: Uint8Array): string {
  switch (identifier) {
    case tag.utf8String:
    case tag.printableString:
    case tag.ia5String:
      try {
        return new TextDecoder("utf-8", { fatal: true }).decode(octets);
      } catch {
        throw malformed("a string that is not UTF-8");
      }
    case tag.bmpString:
      return new TextDecoder("utf-16be").decode(octets);
    case tag.teletexString:
      return new TextDecoder("latin1").decode(octets);
    default:
      // RFC 4514 section 2.4 shows a value of any other kind as its octets.
      return `#${encodeHex(octets)}`;
  }
}

function formatAttribute({ type, value }: NameAttribute): string {
  // What steers a terminal, or turns text around, must not reach one (RFC 4514 section 2.4).
  const visible = value.replace(/[,+"<>;\\]/g, "\\$&").replace(
    UNPRINTABLE,
    (character) => encodeHex(new TextEncoder().encode(character)).replace(/../g, "\\$&"),
  );
  return `${type}=${visible}`;
}

function checkAttribute(attribute: NameAttribute): NameAttribute {
  const { type, value } = attribute;
  // A NUL has been used to pass one name off as another.
  const ok = value.length > 0 && value.length <= limits.maxNameAttributeLength &&
    value.search(UNPRINTABLE) < 0;
  if (!ok) {
    throw new DariError(
      "usage",
      `The subject's ${type} is ${
        JSON.stringify(value)
      }; give 1 to ${limits.maxNameAttributeLength} ` +
        "characters, none of them a control character",
    );
  }
  if (type === "C" && !/^[A-Z]{2}$/.test(value)) {
    throw new DariError("usage", `The subject's C is "${value}"; give a country's two capitals`);
  }
  return attribute;
}
