/**
 * The lines of the ledger, and what they add up to.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";

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
  /** Where its file was written, as an absolute path. */
  readonly file?: string;
  /** The serial of the certificate whose place it takes. */
  readonly replaces?: string;
}

/** A certificate was revoked, and with it those that it was renewed from. */
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

/** One line of the ledger. */
export type LedgerEvent = IssuedEvent | RevokedEvent;

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
 * import { initAuthority, openStoreLedger, stateOf } from "@dari/dari/cert";
 * import { createMemoryStore } from "@dari/dari/store";
 * import { assertEquals } from "@std/assert";
 *
 * await using store = createMemoryStore();
 * const ledger = openStoreLedger(store);
 * const { serial } = await initAuthority(`${await Deno.makeTempDir()}/data`, { ledger });
 * assertEquals(stateOf(await ledger.entry(serial), Date.now()), "valid");
 * assertEquals(stateOf(await ledger.revoke(serial), Date.now()), "revoked");
 * ```
 */
export function stateOf(entry: LedgerEntry, nowMs: number): CertificateState {
  if (entry.revoked !== undefined) return "revoked";
  if (nowMs > entry.notAfterMs) return "expired";
  return entry.replacedBy === undefined ? "valid" : "renewed";
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

/** Adds one event to the entries. */
export function applyEvent(entries: Map<string, LedgerEntry>, event: LedgerEvent): void {
  if (event.event === "revoked") {
    const entry = entries.get(event.serial);
    if (entry === undefined) throw new DariError("data", "it revokes what was never issued");
    markRevoked(entries, entry, event);
    return;
  }
  const { event: _, ...entry } = event;
  if (entries.has(entry.serial)) throw new DariError("data", "it issues the same serial again");
  entries.set(entry.serial, entry);
  const replaced = entry.replaces === undefined ? undefined : entries.get(entry.replaces);
  if (replaced !== undefined) {
    entries.set(replaced.serial, { ...replaced, replacedBy: entry.serial });
  }
}

/** Renewal keeps the key: where a certificate falls, so do those that it was renewed from. */
function markRevoked(
  entries: Map<string, LedgerEntry>,
  entry: LedgerEntry,
  { atMs, reason }: RevokedEvent,
): void {
  let falling: LedgerEntry | undefined = entry;
  // The first revocation counts: it is the one that peers have acted on.
  while (falling !== undefined && falling.revoked === undefined) {
    entries.set(falling.serial, { ...falling, revoked: { atMs, reason } });
    falling = falling.replaces === undefined ? undefined : entries.get(falling.replaces);
  }
}

type Fields = Record<string, unknown>;

function hasFields(fields: Fields): boolean {
  if (!isSerial(fields.serial) || !isTime(fields.atMs)) return false;
  if (fields.event === "revoked") return Object.hasOwn(revocationReasons, String(fields.reason));
  return fields.event === "issued" && isText(fields.authority) && isText(fields.subject) &&
    isTextList(fields.names) && isTextList(fields.purposes) &&
    isTime(fields.notBeforeMs) && isTime(fields.notAfterMs) &&
    (fields.file === undefined || isText(fields.file)) &&
    (fields.replaces === undefined || isSerial(fields.replaces));
}

function isSerial(value: unknown): boolean {
  return typeof value === "string" && /^[0-9a-f]{1,40}$/.test(value);
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
