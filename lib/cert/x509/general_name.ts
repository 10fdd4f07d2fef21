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

/** RFC 1123 section 2.1: letters, digits and hyphens inside; no underscore (RFC 5280 section 4.2.1.6). */
const LABEL = /^(?!-)[a-z0-9-]{1,63}(?<!-)$/i;
const PRINTABLE = /^[\x21-\x7e]+$/;

/** RFC 5321 section 4.1.2: a local part that needs no quotes. */
const MAILBOX = /^[a-z0-9!#$%&'*+/=?^_`{|}~.-]+$/i;
/** A URI that needs no prefix to be told from a host and its port. */
const PLAIN_URI = /^(?:[a-z][a-z0-9+.-]*:\/\/|urn:)/i;
const PREFIX = /^(dns|ip|email|uri):(.*)$/is;

/**
 * Reads a name as a person writes it and finds its kind: `127.0.0.1` and `::1` are addresses,
 * `spiffe://example.internal/worker` and `urn:uuid:…` are URIs, `ann@example.internal` is an e-mail
 * address, and what is left must be a DNS name, with `*` at most as its whole first label. A prefix
 * settles the kind, as openssl writes it: `dns:`, `ip:`, `email:` or `uri:`.
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
 * assertEquals(parseSubjectName("DNS:api.internal"), { kind: "dns", value: "api.internal" });
 * assertEquals(parseSubjectName("spiffe://example.internal/worker").kind, "uri");
 * ```
 */
export function parseSubjectName(text: string): SubjectName {
  const [, prefix, rest = ""] = PREFIX.exec(text) ?? [];
  if (prefix !== undefined) return parseKind(prefix.toLowerCase() as SubjectName["kind"], rest);
  if (parseIp(text) !== undefined) return parseKind("ip", text);
  // `localhost:9090` has the form of a URI of the scheme "localhost".
  if (PLAIN_URI.test(text)) return parseKind("uri", text);
  return parseKind(text.includes("@") ? "email" : "dns", text);
}

/** A name of a kind that is known; a stranger's request says it for each of its names. */
function parseKind(kind: SubjectName["kind"], text: string): SubjectName {
  switch (kind) {
    case "dns":
      return { kind, value: checkDns(text) };
    case "ip": {
      const octets = parseIp(text);
      if (octets !== undefined) return { kind, octets };
      throw new DariError("usage", `"${text}" is not an IP address; write one such as 10.0.0.1`);
    }
    case "email":
      return { kind, value: checkEmail(text) };
    case "uri":
      return { kind, value: checkUri(text) };
    default:
      return kind satisfies never;
  }
}

/**
 * A name as {@linkcode parseSubjectName} reads it, with a prefix only where it needs one.
 *
 * @param name The name.
 */
export function nameText(name: SubjectName): string {
  const text = formatGeneralName(name);
  return name.kind === "uri" && !PLAIN_URI.test(text) ? prefixedName(name) : text;
}

/**
 * A name with the prefix of its kind, from which {@linkcode parseSubjectName} reads exactly this name.
 *
 * @param name The name.
 */
export function prefixedName(name: SubjectName): string {
  return `${name.kind}:${formatGeneralName(name)}`;
}

/**
 * Reads the names of a new certificate.
 *
 * @param texts The names, as {@linkcode parseSubjectName} takes them.
 * @returns Each once, in order.
 * @throws {DariError} `usage` when one is not a name, there is none, or there are too many.
 */
export function parseSubjectNames(texts: readonly string[]): [SubjectName, ...SubjectName[]] {
  const names = new Map(texts.map((text) => {
    const name = parseSubjectName(text);
    return [prefixedName(name), name];
  }));
  const [first, ...others] = names.values();
  if (first === undefined) {
    throw new DariError("usage", "A certificate needs a name; give at least one");
  }
  if (names.size > limits.maxCertificateNames) {
    throw new DariError(
      "usage",
      `${names.size} names are too many for one certificate; give at most ${limits.maxCertificateNames}`,
    );
  }
  return [first, ...others];
}

/**
 * Writes a name for people, without the prefix of its kind.
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

/**
 * Whether a name has the form that RFC 5280 section 4.2.1.6 wants. What has not could be read in
 * several ways, so it is no name of anybody.
 *
 * @param name A name that a stranger has written.
 */
export function isWellFormed(name: GeneralName): boolean {
  switch (name.kind) {
    case "dns":
      return isDomain(name.value.replace(/^\*\./, ""));
    case "email": {
      const at = name.value.indexOf("@");
      return PRINTABLE.test(name.value) && at > 0 && isDomain(name.value.slice(at + 1));
    }
    case "uri":
      return /^[a-zA-Z][a-zA-Z0-9+.-]*:./.test(name.value) && PRINTABLE.test(name.value) &&
        URL.canParse(name.value);
    case "ip":
      return name.octets.length === 4 || name.octets.length === 16;
    case "directory":
      return name.name.parts.length > 0;
    case "other":
      return true; // dari does not read it, and nothing matches it
    default:
      return name satisfies never;
  }
}

function isDomain(text: string): boolean {
  return text.length <= 253 && text.split(".").every((label) => LABEL.test(label));
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

function checkDns(text: string): string {
  const value = text.toLowerCase();
  const labels = value.split(".");
  if (labels[0] === "*" && labels.length > 2) labels.shift();
  const isAddress = labels.every((label) => /^\d+$/.test(label));
  if (isAddress || !isDomain(labels.join("."))) {
    const port = /^([^/]+):\d+$/.exec(text);
    throw new DariError(
      "usage",
      port === null
        ? `"${text}" is not a name that a certificate can hold; write a DNS name of letters, digits ` +
          "and hyphens (in its xn-- form where it is not ASCII), an IP address, a URI or an e-mail " +
          "address"
        : `"${text}" has a port, and a certificate's name has none; write "${port[1]}"`,
    );
  }
  return value;
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
  if (!MAILBOX.test(text.slice(0, Math.max(at, 0))) || !isDomain(host)) {
    throw new DariError("usage", `"${text}" is not an e-mail address in ASCII`);
  }
  return `${text.slice(0, at)}@${host}`;
}
