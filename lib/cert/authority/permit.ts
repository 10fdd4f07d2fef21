/**
 * The names that an authority may issue for, as a person writes them and as name constraints.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { parseSubjectName, type SubjectName } from "../x509/general_name.ts";
import { parseIpRange } from "../x509/ip.ts";
import type { NameConstraints } from "../x509/extension.ts";
import { formatBase } from "../path/name_constraints.ts";

/** The permits of an authority by default: names that exist on this machine and network alone. */
export const defaultPermits: readonly string[] = [
  "localhost",
  ".internal",
  "127.0.0.0/8",
  "::1/128",
];

const everyIp: readonly SubjectName[] = ["0.0.0.0/0", "::/0"].map((range) => ({
  kind: "ip",
  octets: parseIpRange(range)!,
}));

/** The two halves of name constraints. */
export interface Constraints {
  /** Names that may be issued for. */
  readonly permitted: readonly SubjectName[];
  /** Names that may not. */
  readonly excluded: readonly SubjectName[];
}

/**
 * Turns permits into name constraints. Constraints say nothing about a kind of name that they do
 * not list, so where no address is permitted every address is excluded, and where no DNS name is
 * permitted every DNS name is.
 *
 * @param permits `example.internal` or `.internal` (the name and all below it), an IP address, or a
 * range such as `10.0.0.0/8`.
 * @throws {DariError} `usage` when one is none of these, or there is none.
 * @see RFC 5280 section 4.2.1.10
 */
export function constraintsOf(permits: readonly string[]): Constraints {
  if (permits.length === 0) {
    throw new DariError("usage", "The authority may issue for no name at all; permit at least one");
  }
  const permitted = permits.map(parsePermit);
  const excluded: SubjectName[] = [];
  if (!permitted.some(({ kind }) => kind === "ip")) excluded.push(...everyIp);
  if (!permitted.some(({ kind }) => kind === "dns")) excluded.push({ kind: "dns", value: "" });
  return { permitted, excluded };
}

/**
 * What an authority permits, in the words of {@linkcode constraintsOf}.
 *
 * @param constraints Its name constraints.
 * @returns `"any"` where it has none.
 */
export function permitsOf(constraints: NameConstraints | undefined): readonly string[] | "any" {
  return constraints === undefined ? "any" : constraints.permitted.map(formatBase);
}

function parsePermit(text: string): SubjectName {
  const octets = parseIpRange(text);
  if (octets !== undefined) return { kind: "ip", octets };
  // A DNS constraint covers the name itself and everything below; it has no leading dot.
  const name = /^\.?[^*]+$/.test(text) ? parseSubjectName(text.replace(/^\./, "")) : undefined;
  if (name?.kind !== "dns") {
    throw new DariError(
      "usage",
      `"${text}" is not a permit; write a domain such as .internal, or addresses such as 10.0.0.0/8`,
    );
  }
  return name;
}
