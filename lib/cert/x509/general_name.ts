/**
 * The names of a certificate's subject: subjectAltName (RFC 5280 section 4.2.1.6).
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { DerReader, malformed, tag } from "../der/reader.ts";
import type { DerNode, DerWriter } from "../der/writer.ts";
import { type DistinguishedName, formatName, readName } from "./distinguished_name.ts";
import { formatIp, parseIp } from "./ip.ts";

/** One name of a certificate. */
export type GeneralName =
  | { readonly kind: "dns" | "uri" | "email"; readonly value: string }
  | { readonly kind: "ip"; readonly octets: Uint8Array<ArrayBuffer> }
  | { readonly kind: "directory"; readonly name: DistinguishedName }
  | { readonly kind: "other"; readonly tag: number };

/** A name that dari issues certificates for. */
export type SubjectName = Exclude<GeneralName, { kind: "directory" | "other" }>;

const LABEL = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/;
const PRINTABLE = /^[\x21-\x7e]+$/;

/**
 * Reads a name as a person writes it and finds its kind: `127.0.0.1` and `::1` are addresses,
 * `spiffe://example.internal/worker` is a URI, `ann@example.internal` is an e-mail address, and
 * what is left must be a DNS name, with `*` at most as its whole first label.
 *
 * @param text The name.
 * @returns The name, DNS names in lower case.
 * @throws {DariError} `usage` when it is none of these.
 *
 * @example
 * ```ts
 * import { parseSubjectName } from "@dari/dari/cert";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(parseSubjectName("API.internal"), { kind: "dns", value: "api.internal" });
 * assertEquals(parseSubjectName("spiffe://example.internal/worker").kind, "uri");
 * ```
 */
export function parseSubjectName(text: string): SubjectName {
  const octets = parseIp(text);
  if (octets !== undefined) return { kind: "ip", octets };
  if (/^[a-zA-Z][a-zA-Z0-9+.-]*:/.test(text)) return { kind: "uri", value: checkUri(text) };
  if (text.includes("@")) return { kind: "email", value: checkEmail(text) };
  const value = text.toLowerCase();
  const labels = value.split(".");
  if (labels[0] === "*" && labels.length > 2) labels.shift();
  const address = labels.every((label) => /^\d+$/.test(label));
  if (value.length > 253 || address || !labels.every((label) => LABEL.test(label))) {
    throw new DariError(
      "usage",
      `"${text}" is not a name that a certificate can hold; write a DNS name (in its xn-- form ` +
        "where it is not ASCII), an IP address, a URI or an e-mail address",
    );
  }
  return { kind: "dns", value };
}

/**
 * Reads the names of a new certificate.
 *
 * @param texts The names, as {@linkcode parseSubjectName} takes them.
 * @returns Each once, in order.
 * @throws {DariError} `usage` when one is not a name, there is none, or there are too many.
 */
export function parseSubjectNames(texts: readonly string[]): SubjectName[] {
  const names = new Map(texts.map((text) => {
    const name = parseSubjectName(text);
    return [`${name.kind} ${formatGeneralName(name)}`, name];
  }));
  if (names.size === 0) {
    throw new DariError("usage", "A certificate needs a name; give at least one");
  }
  if (names.size > limits.maxCertificateNames) {
    throw new DariError(
      "usage",
      `${names.size} names are too many for one certificate; give at most ${limits.maxCertificateNames}`,
    );
  }
  return [...names.values()];
}

/**
 * Writes a name as {@linkcode parseSubjectName} reads it.
 *
 * @param name The name.
 *
 * @example
 * ```ts
 * import { formatGeneralName, parseSubjectName } from "@dari/dari/cert";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(formatGeneralName(parseSubjectName("0:0:0:0:0:0:0:1")), "::1");
 * ```
 */
export function formatGeneralName(name: GeneralName): string {
  switch (name.kind) {
    case "dns":
    case "uri":
    case "email":
      return name.value;
    case "ip":
      return formatIp(name.octets);
    case "directory":
      return formatName(name.name);
    case "other":
      return `[${name.tag & 0x1f}]`;
    default:
      return name satisfies never;
  }
}

/** Reads the next GeneralName. IP octets are not checked: a name constraint holds a mask as well. */
export function readGeneralName(reader: DerReader): GeneralName {
  const element = reader.element();
  switch (element.tag) {
    case tag.context(1):
      return { kind: "email", value: ia5(element.contents) };
    case tag.context(2):
      return { kind: "dns", value: ia5(element.contents) };
    case tag.contextConstructed(4): {
      const inner = new DerReader(element.contents);
      const name = readName(inner);
      inner.end();
      return { kind: "directory", name };
    }
    case tag.context(6):
      return { kind: "uri", value: ia5(element.contents) };
    case tag.context(7):
      return { kind: "ip", octets: element.contents };
    default:
      if ((element.tag & 0xc0) !== 0x80) throw malformed("something else than a GeneralName");
      return { kind: "other", tag: element.tag };
  }
}

/** Writes a name. */
export function generalNameNode(writer: DerWriter, name: SubjectName): DerNode {
  if (name.kind === "ip") return writer.implicit(7, name.octets);
  const number = { email: 1, dns: 2, uri: 6 }[name.kind];
  return writer.implicit(number, new TextEncoder().encode(name.value));
}

function ia5(octets: Uint8Array): string {
  // A NUL inside has been used to pass one name off as another, and names are shown to people.
  if (octets.some((octet) => octet < 0x20 || octet > 0x7e)) {
    throw malformed("a name that is not printable ASCII");
  }
  return new TextDecoder().decode(octets);
}

function checkUri(text: string): string {
  if (!PRINTABLE.test(text) || !URL.canParse(text)) {
    throw new DariError("usage", `"${text}" is not a URI in ASCII; check it for spaces`);
  }
  return text;
}

function checkEmail(text: string): string {
  const at = text.lastIndexOf("@");
  const host = text.slice(at + 1).toLowerCase();
  const ok = PRINTABLE.test(text) && at > 0 && text.indexOf("@") === at &&
    host.split(".").every((label) => LABEL.test(label));
  if (!ok) throw new DariError("usage", `"${text}" is not an e-mail address in ASCII`);
  return `${text.slice(0, at)}@${host}`;
}
