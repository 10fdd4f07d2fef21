/**
 * Revocation lists as text for people.
 *
 * @module
 */

import { formatName } from "../x509/distinguished_name.ts";
import type { RevocationList } from "../x509/revocation_list.ts";
import { formatRows } from "./rows.ts";

/** The fields of a revocation list, as plain values that JSON can hold. */
export interface RevocationListDescription {
  /** Whose certificates it is about. */
  readonly issuer: string;
  /** Its number, in hexadecimal. */
  readonly number: string;
  /** When it was made, as ISO 8601. */
  readonly thisUpdate: string;
  /** When the next one is there at the latest, as ISO 8601. */
  readonly nextUpdate: string;
  /** The serial numbers that are revoked, in hexadecimal. */
  readonly serials: readonly string[];
}

/**
 * Describes a revocation list. Nothing of it is verified.
 *
 * @param list The list.
 *
 * @example
 * ```ts
 * import {
 *   describeRevocationList,
 *   makeAuthority,
 *   makeRevocationList,
 *   openAuthority,
 *   parseRevocationList,
 * } from "@dari/dari/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const made = await makeAuthority();
 * const authority = await openAuthority(made.privateKey, [made.certificate]);
 * const list = parseRevocationList(await makeRevocationList(authority, []));
 * assertEquals(describeRevocationList(list).serials, []);
 * ```
 */
export function describeRevocationList(list: RevocationList): RevocationListDescription {
  return {
    issuer: formatName(list.issuer),
    number: list.number.toString(16),
    thisUpdate: new Date(list.thisUpdateMs).toISOString(),
    nextUpdate: new Date(list.nextUpdateMs).toISOString(),
    serials: [...list.revoked.keys()],
  };
}

/**
 * Sets a description in lines.
 *
 * @param description What {@linkcode describeRevocationList} gave.
 * @returns Lines without an LF at the end, one for each serial number.
 *
 * @example
 * ```ts
 * import { formatRevocationList } from "@dari/dari/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const update = { thisUpdate: "2026-01-01T00:00:00.000Z", nextUpdate: "2026-01-08T00:00:00.000Z" };
 * const text = formatRevocationList({ issuer: "CN=root", number: "1", ...update, serials: ["4a"] });
 * assertEquals(text.split("\n").at(-1), "revoked    4a");
 * ```
 */
export function formatRevocationList(description: RevocationListDescription): string {
  const { issuer, number, thisUpdate, nextUpdate, serials } = description;
  return formatRows([
    ["list of", issuer],
    ["number", number],
    ["valid", `${thisUpdate} to ${nextUpdate}`],
    ...(serials.length === 0 ? ["nothing"] : serials).map((serial) => ["revoked", serial] as const),
  ]);
}
