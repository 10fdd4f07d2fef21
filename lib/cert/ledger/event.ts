/**
 * The lines of the ledger, and what is said of one certificate.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";

/** Why a certificate was revoked (RFC 5280 section 5.3.1), with the number that a CRL carries. */
export const revocationReasons = {
  unspecified: 0,
  keyCompromise: 1,
  affiliationChanged: 3,
  superseded: 4,
  cessationOfOperation: 5,
  privilegeWithdrawn: 9,
} as const;

/** Why a certificate was revoked. */
export type RevocationReason = keyof typeof revocationReasons;

/**
 * Whether a reason takes the trust from the key, and so from every certificate of that key: those
 * that a certificate was renewed from, those that it was renewed as, and those that are still to come.
 *
 * All reasons do but `superseded`: it says that another certificate is used instead, and that may well
 * be the renewed one with the same key.
 *
 * @param reason The reason.
 *
 * @example
 * ```ts
 * import { concernsKey } from "@dari/dari/cert";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals([concernsKey("keyCompromise"), concernsKey("superseded")], [true, false]);
 * ```
 */
export function concernsKey(reason: RevocationReason): boolean {
  return reason !== "superseded";
}

/** A certificate was issued. */
export interface IssuedEvent {
  /** The kind of event. */
  readonly event: "issued";
  /** When, in milliseconds since the epoch. */
  readonly atMs: number;
  /** The serial number in lower-case hexadecimal without leading zeros. */
  readonly serial: string;
  /** The key identifier of the authority that issued it, in hexadecimal. */
  readonly authority: string;
  /** The subject's name. */
  readonly subject: string;
  /** The subject's names. */
  readonly names: readonly string[];
  /** Its purposes: `server`, `client` or `authority`. */
  readonly purposes: readonly string[];
  /** The first moment at which it is valid, in milliseconds since the epoch. */
  readonly notBeforeMs: number;
  /** The last moment at which it is valid, in milliseconds since the epoch. */
  readonly notAfterMs: number;
  /** For how long it was to be valid, in milliseconds, where it ends sooner, with its authority. */
  readonly lifeMs?: number;
  /** Where its file was written, as an absolute path. */
  readonly file?: string;
  /** The serial of the certificate whose place it takes. */
  readonly replaces?: string;
  /**
   * The identifier of its key, in hexadecimal. Absent from what older versions recorded, and from an
   * authority's own certificate, whose identifier is `authority`.
   */
  readonly key?: string;
  /** An authority's own certificate, DER in base64, from which a lost `ca.crt` is written again. */
  readonly certificate?: string;
}

/** A certificate was revoked; {@linkcode concernsKey} says whether its key was with it. */
export interface RevokedEvent {
  /** The kind of event. */
  readonly event: "revoked";
  /** When, in milliseconds since the epoch. */
  readonly atMs: number;
  /** The certificate's serial number. */
  readonly serial: string;
  /** Why. */
  readonly reason: RevocationReason;
}

/** A revocation list got its number. */
export interface ListedEvent {
  /** The kind of event. */
  readonly event: "listed";
  /** When, in milliseconds since the epoch. */
  readonly atMs: number;
  /** The key identifier of the authority that signs the list, in hexadecimal. */
  readonly authority: string;
  /** The list's number in lower-case hexadecimal without leading zeros. */
  readonly number: string;
}

/** One line of the ledger. */
export type LedgerEvent = IssuedEvent | RevokedEvent | ListedEvent;

/** One certificate, as all its lines together tell. */
export interface LedgerEntry extends Omit<IssuedEvent, "event"> {
  /** When it was revoked and why. */
  readonly revoked?: { readonly atMs: number; readonly reason: RevocationReason };
  /** The serial of the certificate that has taken its place. */
  readonly replacedBy?: string;
}

/** Where a certificate stands in its life. */
export type CertificateState = "valid" | "renewed" | "expired" | "revoked";

/**
 * Where a certificate stands in its life.
 *
 * @param entry Its entry.
 * @param nowMs The time, in milliseconds since the epoch.
 * @returns `renewed` for one that would still be valid, but whose place another has taken.
 *
 * @example
 * ```ts
 * import { openStoreLedger, stateOf } from "@dari/dari/cert";
 * import { createMemoryStore } from "@dari/dari/store";
 * import { assertEquals } from "@std/assert";
 *
 * await using store = createMemoryStore();
 * const ledger = openStoreLedger(store);
 * await ledger.recordIssued({
 *   serial: "4a0d",
 *   authority: "aa",
 *   subject: "CN=api.internal",
 *   names: ["api.internal"],
 *   purposes: ["server"],
 *   notBeforeMs: 0,
 *   notAfterMs: 60_000,
 * });
 * assertEquals(stateOf(await ledger.entry("4a0d"), 1_000), "valid");
 * assertEquals(stateOf(await ledger.revoke("4a0d"), 1_000), "revoked");
 * ```
 */
export function stateOf(entry: LedgerEntry, nowMs: number): CertificateState {
  if (entry.revoked !== undefined) return "revoked";
  if (nowMs > entry.notAfterMs) return "expired";
  return entry.replacedBy === undefined ? "valid" : "renewed";
}

/**
 * For how long a certificate was issued. One that begins with its young authority is backdated by less
 * than others are; there the time counts at which it was recorded.
 *
 * @param entry Its entry.
 * @returns The life in milliseconds, in whole seconds. The last second of a certificate counts to its
 * end: with it, each successor would live a little longer.
 */
export function issuedLifeMs(
  { atMs, notBeforeMs, notAfterMs, lifeMs }: LedgerEntry,
): number {
  if (lifeMs !== undefined) return lifeMs;
  const lastsMs = notAfterMs - Math.min(atMs, notBeforeMs + limits.certificateBackdateMs);
  return lastsMs - lastsMs % 1_000;
}

/**
 * Reads one line.
 *
 * @param line The line without its LF.
 * @throws {DariError} `data` when it is not an event.
 */
export function parseLedgerLine(line: string): LedgerEvent {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new DariError("data", "it is not JSON", { cause });
  }
  if (typeof value === "object" && value !== null && hasFields(value as Fields)) {
    return value as LedgerEvent;
  }
  throw new DariError("data", "it is not an event of a ledger");
}

type Fields = Record<string, unknown>;

function hasFields(fields: Fields): boolean {
  if (!isTime(fields.atMs)) return false;
  if (fields.event === "listed") return isText(fields.authority) && isHex(fields.number);
  if (!isHex(fields.serial)) return false;
  if (fields.event === "revoked") return Object.hasOwn(revocationReasons, String(fields.reason));
  return fields.event === "issued" && isText(fields.authority) && isText(fields.subject) &&
    isTextList(fields.names) && isTextList(fields.purposes) &&
    isTime(fields.notBeforeMs) && isTime(fields.notAfterMs) &&
    (fields.lifeMs === undefined || isTime(fields.lifeMs)) &&
    (fields.file === undefined || isText(fields.file)) &&
    (fields.replaces === undefined || isHex(fields.replaces)) &&
    (fields.certificate === undefined || isText(fields.certificate)) &&
    (fields.key === undefined || isKey(fields.key));
}

function isHex(value: unknown): boolean {
  return typeof value === "string" && /^[0-9a-f]{1,40}$/.test(value);
}

function isKey(value: unknown): boolean {
  return typeof value === "string" && /^[0-9a-f]{40}$/.test(value);
}

function isTime(value: unknown): boolean {
  return typeof value === "number" && Number.isSafeInteger(value);
}

function isText(value: unknown): boolean {
  return typeof value === "string";
}

function isTextList(value: unknown): boolean {
  return Array.isArray(value) && value.every(isText);
}
