/**
 * A record of the audit: what is written of an event, and how it is read back.
 *
 * @module
 */

import { decodeBase64Url, encodeBase64Url } from "@std/encoding/base64url";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { byteLength } from "../../base/text/byte_length.ts";
import { escapeControls } from "../../base/text/printable.ts";
import type { AuditEvent, AuditValue } from "./audit.ts";
import type { Hash } from "./tree.ts";

/** One record. Its members stand in this order in the text that is stored. */
export interface AuditRecord {
  /** Counts the records of an audit from 1, without a gap. */
  readonly id: number;
  /** When, by the clock of the machine: RFC 3339 in UTC with milliseconds. */
  readonly at: string;
  /** What happened. */
  readonly kind: string;
  /** The actor: a principal's name, or a user of the system, as `os:root`. */
  readonly by: string;
  /** The credential that they used. */
  readonly via?: string;
  /** The address of the other end. */
  readonly peer?: string;
  /** What it was done to. */
  readonly about?: string;
  /** What else there is to know. */
  readonly data?: Readonly<Record<string, AuditValue>>;
  /** The hash of the record before, in base64url; empty in the first one. */
  readonly prev: string;
}

/** Where a record stands. */
export interface RecordPlace {
  /** Its number. */
  readonly id: number;
  /** When, in milliseconds since the epoch. */
  readonly atMs: number;
  /** The actor of events that name none. */
  readonly by: string;
  /** The hash of the record before; empty before the first one. */
  readonly prev: Uint8Array;
}

const KIND = /^[a-z][a-z-]{0,30}(?:\.[a-z][a-z-]{0,30}){1,2}$/;
const encoder = new TextEncoder();

/**
 * Writes a record. Names stay readable: only control characters and those that turn the direction of
 * writing are escaped, as JSON escapes them.
 *
 * @param event What happened.
 * @param place Where the record stands.
 * @returns Its text: one line of JSON.
 * @throws {TypeError} For a kind that is none.
 *
 * @example
 * ```ts
 * import { recordText } from "./record.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const place = { id: 1, atMs: 0, by: "os:root", prev: new Uint8Array() };
 * assertEquals(
 *   recordText({ kind: "account.added", about: "alice" }, place),
 *   '{"id":1,"at":"1970-01-01T00:00:00.000Z","kind":"account.added","by":"os:root",' +
 *     '"about":"alice","prev":""}',
 * );
 * ```
 */
export function recordText(event: AuditEvent, place: RecordPlace): string {
  const { kind, by = place.by, via, peer, about, data } = event;
  if (!KIND.test(kind)) throw new TypeError(`"${kind}" is not a kind of record`);
  const record = {
    id: place.id,
    at: new Date(place.atMs).toISOString(),
    kind,
    by: cutText(by),
    via: via && cutText(via),
    peer: peer && cutText(peer),
    about: about && cutText(about),
    data: data && cutValues(data),
    prev: encodeBase64Url(place.prev),
  };
  const text = escapeControls(JSON.stringify(record));
  if (
    text.length <= limits.maxAuditRecordBytes / 3 || byteLength(text) <= limits.maxAuditRecordBytes
  ) {
    return text;
  }
  const bare = { ...record, data: { cut: byteLength(JSON.stringify(record.data)) } };
  return escapeControls(JSON.stringify(bare));
}

/**
 * Reads a record.
 *
 * @param text Its text.
 * @returns The record.
 * @throws {DariError} `data` when it is not one; it says nothing of the text.
 */
export function parseRecord(text: string): AuditRecord {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new DariError("data", "it is not JSON", { cause });
  }
  if (isRecord(value)) return value;
  throw new DariError("data", "it is not a record of an audit");
}

/**
 * Reads a hash.
 *
 * @param text Its base64url.
 * @returns The hash; `undefined` where it is none.
 */
export function parseHash(text: string): Hash | undefined {
  try {
    const bytes = decodeBase64Url(text);
    return bytes.length === limits.auditHashBytes ? new Uint8Array(bytes) : undefined;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is AuditRecord {
  if (typeof value !== "object" || value === null) return false;
  const { id, at, kind, by, via, peer, about, data, prev } = value as Record<string, unknown>;
  return Number.isSafeInteger(id) && typeof at === "string" && !Number.isNaN(Date.parse(at)) &&
    typeof kind === "string" && KIND.test(kind) && typeof by === "string" &&
    [via, peer, about].every((text) => text === undefined || typeof text === "string") &&
    (data === undefined || (typeof data === "object" && data !== null)) &&
    typeof prev === "string";
}

/** A text that is too long keeps its beginning, and says how long it was. */
function cutText(text: string): string {
  const most = limits.maxAuditTextBytes;
  if (text.length <= most / 3) return text;
  const bytes = byteLength(text);
  if (bytes <= most) return text;
  const head = new Uint8Array(most);
  // `encodeInto` ends between two characters.
  const { written } = encoder.encodeInto(text, head);
  return `${new TextDecoder().decode(head.subarray(0, written))}… (${bytes} bytes)`;
}

function cutValues(
  data: NonNullable<AuditEvent["data"]>,
): Readonly<Record<string, AuditValue>> | undefined {
  const entries = Object.entries(data).filter((entry): entry is [string, AuditValue] =>
    entry[1] !== undefined
  ).slice(0, limits.maxAuditValues);
  if (entries.length === 0) return undefined;
  return Object.fromEntries(entries.map(([name, value]) => [cutText(name), cutValue(value)]));
}

function cutValue(value: AuditValue): AuditValue {
  if (typeof value === "string") return cutText(value);
  if (typeof value !== "object") return value;
  const most = limits.maxAuditListItems;
  const more = value.length > most ? [`… (${value.length} in all)`] : [];
  return [...value.slice(0, most).map(cutText), ...more];
}
