/**
 * Whether names stay within an authority's name constraints.
 *
 * @see RFC 5280 section 4.2.1.10
 * @module
 */

import type { DistinguishedName } from "../x509/distinguished_name.ts";
import type { NameConstraints } from "../x509/extension.ts";
import { formatGeneralName, type GeneralName, isWellFormed } from "../x509/general_name.ts";
import { formatIpRange, ipInRange } from "../x509/ip.ts";

/**
 * Checks names against constraints.
 *
 * @param names The names of one certificate.
 * @param constraints The constraints of an authority above it.
 * @returns What is wrong with the first name that breaks them; `undefined` where none does.
 */
export function checkNameConstraints(
  names: readonly GeneralName[],
  constraints: NameConstraints,
): string | undefined {
  for (const name of names) {
    const about = (base: GeneralName) => sameKind(name, base);
    const permitted = constraints.permitted.filter(about);
    const excluded = constraints.excluded.filter(about);
    if (!isReadable(name) && permitted.length + excluded.length > 0) {
      return `"${formatGeneralName(name)}" cannot be held against the constraints of its kind`;
    }
    const outside = excluded.map(withoutPeriod)
      .find((base) => isWithin(name, base) || mayReach(name, base));
    if (outside !== undefined) {
      return `"${formatGeneralName(name)}" is excluded by "${formatBase(outside)}"`;
    }
    if (permitted.length > 0 && !permitted.some((base) => isWithin(name, base))) {
      const list = permitted.map((base) => `"${formatBase(base)}"`).join(", ");
      return `"${formatGeneralName(name)}" is not within ${list}`;
    }
  }
  return undefined;
}

/**
 * Whether constraints keep an authority from vouching for servers at large: the DNS names and the IP
 * addresses that it may issue for are each a list, or none at all.
 *
 * @param constraints Its name constraints.
 */
export function isConfined({ permitted, excluded }: NameConstraints): boolean {
  const dns = (name: GeneralName) => name.kind === "dns" ? [name.value.replace(/^\./, "")] : [];
  const ranges = (name: GeneralName) => name.kind === "ip" ? [formatIpRange(name.octets)] : [];
  return isList(permitted.flatMap(dns), excluded.flatMap(dns), [""]) &&
    isList(permitted.flatMap(ranges), excluded.flatMap(ranges), ["0.0.0.0/0", "::/0"]);
}

/** Something is permitted that is not everything, or everything is excluded. */
function isList(
  permitted: readonly string[],
  excluded: readonly string[],
  everything: readonly string[],
): boolean {
  return everything.every((all) => excluded.includes(all)) ||
    permitted.length > 0 && !everything.some((all) => permitted.includes(all));
}

/** A constraint for a person, as permits are written; an empty one is every name of its kind. */
export function formatBase(base: GeneralName): string {
  if (base.kind === "ip") return formatIpRange(base.octets);
  const text = formatGeneralName(base);
  if (text === "") return `every ${base.kind} name`;
  return base.kind === "uri" || base.kind === "email" ? `${base.kind}:${text}` : text;
}

function sameKind(name: GeneralName, base: GeneralName): boolean {
  if (name.kind === "other" && base.kind === "other") return name.tag === base.tag;
  return name.kind === base.kind;
}

/**
 * A name that is malformed, one whose form dari does not know, and a URI without a host can satisfy no
 * constraint: what reads it another way would find it elsewhere.
 */
function isReadable(name: GeneralName): boolean {
  if (name.kind === "other" || !isWellFormed(name)) return false;
  return name.kind !== "uri" || uriHost(name.value) !== undefined;
}

/**
 * RFC 5280 has no leading period in a DNS constraint, and programs differ about `.example.com`. So it
 * excludes whatever one of them takes it for; where it permits, no name is within it.
 */
function withoutPeriod(base: GeneralName): GeneralName {
  return base.kind === "dns" ? { kind: "dns", value: base.value.replace(/^\./, "") } : base;
}

/** A wildcard also stands for names below it that an exclusion is about. */
function mayReach(name: GeneralName, base: GeneralName): boolean {
  if (name.kind !== "dns" || base.kind !== "dns" || !name.value.startsWith("*.")) return false;
  return dnsWithin(base.value.toLowerCase(), name.value.slice(2).toLowerCase());
}

function isWithin(name: GeneralName, base: GeneralName): boolean {
  switch (name.kind) {
    case "dns":
      return base.kind === "dns" && dnsWithin(name.value.toLowerCase(), base.value.toLowerCase());
    case "ip":
      return base.kind === "ip" && ipInRange(name.octets, base.octets);
    case "email":
      return base.kind === "email" && emailWithin(name.value, base.value);
    case "uri":
      return base.kind === "uri" && uriWithin(name.value, base.value.toLowerCase());
    case "directory":
      return base.kind === "directory" && directoryWithin(name.name, base.name);
    case "other":
      return false;
    default:
      return name satisfies never;
  }
}

/** The name itself and everything below it. */
function dnsWithin(name: string, base: string): boolean {
  return base === "" || name === base || name.endsWith(`.${base}`);
}

/** A mailbox, all mailboxes of a host, or with a leading dot all below a domain. */
function emailWithin(name: string, base: string): boolean {
  const at = name.lastIndexOf("@");
  const host = name.slice(at + 1).toLowerCase();
  const baseAt = base.lastIndexOf("@");
  if (baseAt >= 0) {
    return name.slice(0, at) === base.slice(0, baseAt) &&
      host === base.slice(baseAt + 1).toLowerCase();
  }
  return hostWithin(host, base.toLowerCase());
}

function uriWithin(name: string, base: string): boolean {
  const host = uriHost(name);
  return host !== undefined && hostWithin(host, base);
}

function hostWithin(host: string, base: string): boolean {
  if (base === "") return true;
  return base.startsWith(".") ? host.endsWith(base) : host === base;
}

/** The host of a URI with an authority, in lower case; a URI without one breaks every constraint. */
function uriHost(uri: string): string | undefined {
  const match = /^[a-zA-Z][a-zA-Z0-9+.-]*:\/\/(?:[^/?#@]*@)?([^/?#:[\]@]+)(?::\d*)?(?:[/?#]|$)/
    .exec(uri);
  return match?.[1]?.toLowerCase();
}

/** The base's relative names are the first of the name's. */
function directoryWithin(name: DistinguishedName, base: DistinguishedName): boolean {
  const comparable = comparableParts(name);
  return comparableParts(base).every((part, i) => part === comparable[i]);
}

/** Case and runs of spaces do not tell names apart (RFC 5280 section 7.1). */
function comparableParts(name: DistinguishedName): string[] {
  return name.parts.map((part) =>
    JSON.stringify(part.map(({ type, value }) => [type, value.trim().toLowerCase().split(/ +/)]))
  );
}
