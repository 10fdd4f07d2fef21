/**
 * The names that an authority may issue for, as a person writes them and as name constraints.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { isWellFormed, type SubjectName } from "../x509/general_name.ts";
import { parseIpRange } from "../x509/ip.ts";
import type { NameConstraints } from "../x509/extension.ts";
import { formatBase } from "../path/name_constraints.ts";

/** The permits of an authority by default: names that exist on this machine and network alone. */
export const defaultPermits: readonly string[] = [
  "localhost",
  ".internal",
  "127.0.0.0/8",
  "::1/128",
  "uri:localhost",
  "uri:.internal",
];

/**
 * The addresses of private networks, which no two of them share by agreement (RFC 1918, RFC 4193): the
 * authority that a server makes permits them beside {@linkcode defaultPermits}.
 */
export const privatePermits: readonly string[] = [
  "10.0.0.0/8",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "fc00::/7",
];

/** Excludes all names of a kind: an empty DNS name, host or mailbox, or the range of all addresses. */
const everyName: Readonly<Record<SubjectName["kind"], readonly SubjectName[]>> = {
  dns: [{ kind: "dns", value: "" }],
  ip: ["0.0.0.0/0", "::/0"].map((range) => ({ kind: "ip", octets: parseIpRange(range)! })),
  email: [{ kind: "email", value: "" }],
  uri: [{ kind: "uri", value: "" }],
};

/** The two halves of name constraints. */
export interface Constraints {
  /** Names that may be issued for. */
  readonly permitted: readonly SubjectName[];
  /** Names that may not. */
  readonly excluded: readonly SubjectName[];
}

/**
 * Turns permits into name constraints. Constraints say nothing about a kind of name that they do not
 * list, so every name of a kind without a permit is excluded.
 *
 * @param permits `example.internal` or `.internal` (the DNS name and all below it), an IP address, or
 * a range such as `10.0.0.0/8`. A prefix names the kind: `dns:` and `ip:` as before,
 * `uri:host.internal` for URIs of one host and `uri:.internal` for those of all hosts below,
 * `email:internal` for mailboxes of one host, `email:.internal` for those of all hosts below, and
 * `email:ann@internal` for one mailbox.
 * @throws {DariError} `usage` when one is none of these, or there is none.
 * @see RFC 5280 section 4.2.1.10
 */
export function constraintsOf(permits: readonly string[]): Constraints {
  if (permits.length === 0) {
    throw new DariError("usage", "The authority may issue for no name at all; permit at least one");
  }
  const permitted = permits.map(parsePermit);
  const excluded = Object.entries(everyName)
    .filter(([kind]) => !permitted.some((one) => one.kind === kind))
    .flatMap(([, every]) => every);
  return { permitted, excluded };
}

/**
 * What an authority permits, in the words of {@linkcode constraintsOf}.
 *
 * @param constraints Its name constraints.
 * @returns `"any"` where it has none.
 */
export function permitsOf(constraints: NameConstraints | undefined): readonly string[] | "any" {
  if (constraints === undefined) return "any";
  const { permitted, excluded } = constraints;
  const permits = permitted.map(formatBase);
  if ([...permitted, ...excluded].some(({ kind }) => kind === "uri")) return permits;
  // Authorities of earlier versions say nothing about URIs: their hosts follow the DNS names.
  const hosts = permitted.flatMap((base) =>
    base.kind === "dns" && base.value !== "" ? [base.value] : []
  );
  return [...permits, ...hosts.flatMap((host) => [`uri:${host}`, `uri:.${host}`])];
}

/**
 * Whether an authority permits all of some permits, word for word. One that permits all the defaults
 * was made by default; of any other, a person chose what it may issue for.
 *
 * @param constraints Its name constraints.
 * @param permits The permits, as {@linkcode constraintsOf} reads them.
 */
export function permitsAll(
  constraints: NameConstraints | undefined,
  permits: readonly string[],
): boolean {
  if (constraints === undefined) return true;
  const has = new Set(permitsOf(constraints));
  return permits.every((permit) => has.has(formatBase(parsePermit(permit))));
}

function parsePermit(text: string): SubjectName {
  const [, prefix, rest = text] = /^(dns|ip|uri|email):(.*)$/is.exec(text) ?? [];
  const kind = prefix?.toLowerCase() ?? (parseIpRange(text) === undefined ? "dns" : "ip");
  const permit = readPermit(kind as SubjectName["kind"], rest);
  if (permit !== undefined) return permit;
  throw new DariError(
    "usage",
    `"${text}" is not a permit; write a domain such as .internal, addresses such as 10.0.0.0/8, or ` +
      "the hosts of another kind of name such as uri:.internal and email:example.internal",
  );
}

function readPermit(kind: SubjectName["kind"], text: string): SubjectName | undefined {
  const isHost = (host: string) =>
    isWellFormed({ kind: "dns", value: host }) && !host.includes("*");
  const value = text.toLowerCase();
  const domain = value.replace(/^\./, "");
  switch (kind) {
    case "ip": {
      const octets = parseIpRange(text);
      return octets && { kind, octets };
    }
    case "dns":
      // A DNS constraint covers the name itself and everything below; it has no leading dot.
      return isHost(domain) && !/^[\d.]+$/.test(domain) ? { kind, value: domain } : undefined;
    case "uri":
      return isHost(domain) ? { kind, value } : undefined;
    case "email":
      if (isWellFormed({ kind, value: text })) return { kind, value: text };
      return isHost(domain) ? { kind, value } : undefined;
    default:
      return kind satisfies never;
  }
}
