/**
 * An audit as a sequence of parts, from the store or from an exported file: what is verified and what
 * is exported is the same.
 *
 * @module
 */

import { encodeBase64Url } from "@std/encoding/base64url";
import { DariError } from "../../../base/errors.ts";
import { limits } from "../../../base/limits.ts";
import { byteLength } from "../../../base/text/byte_length.ts";
import type { Sql } from "../../../store/tables/sql.ts";
import { frontierAt, readHead, readRecords } from "../tables.ts";

/** The beginning of an audit. */
export interface AuditBegin {
  /** The version of this form. */
  readonly audit: 1;
  /** The audit's name. */
  readonly log: string;
  /** The number of the oldest record that is kept. */
  readonly first: number;
  /**
   * The roots of the whole subtrees over the records before that one, the largest first, side by side
   * in base64url; absent where none was cut.
   */
  readonly before?: string;
}

/** The end of an audit. */
export interface AuditEnd {
  /** How many records there have ever been. */
  readonly end: number;
  /** The hash of the last one, in base64url. */
  readonly last: string;
}

/** A certificate that signed checkpoints. */
export interface AuditSigner {
  /** How checkpoints name it. */
  readonly signer: string;
  /** The certificate. */
  readonly pem: string;
}

/** A record as it stands in an audit. */
export interface AuditLine {
  /** Its text. */
  readonly text: string;
  /** The number under which it stands, where it stands under one. */
  readonly place?: number;
}

/** One part of an audit: a line of an export. The first is the beginning, and the last the end. */
export type AuditPart =
  | AuditBegin
  | AuditSigner
  | { readonly checkpoint: string }
  | AuditLine
  | AuditEnd;

/** Reads tables, page by page. */
export interface AuditReader {
  /** Reads. */
  query<T>(work: (sql: Sql) => T): Promise<T>;
}

/**
 * Reads an audit from its store.
 *
 * @param reader The store.
 * @throws {DariError} `not_found` before the first record.
 */
export async function* contentOf(
  reader: AuditReader,
): AsyncIterableIterator<AuditPart> {
  const head = await reader.query(readHead);
  if (head === undefined) throw new DariError("not_found", "Nothing is recorded yet");
  const { log, first, size, last } = head;
  yield {
    audit: 1,
    log,
    first,
    ...(first === 1 ? {} : { before: await treeBefore(reader, first) }),
  };
  for (const { id, pem } of await reader.query(readSigners)) yield { signer: id, pem };
  for (const { text } of await reader.query(readCheckpointTexts)) yield { checkpoint: text };
  for (let from = first;;) {
    const page = await reader.query((sql) => readRecords(sql, from));
    for (const { id, text } of page) yield { text, place: id };
    const newest = page.at(-1)?.id;
    if (newest === undefined) break;
    from = newest + 1;
  }
  yield { end: size, last: encodeBase64Url(last) };
}

/**
 * Writes a part as a line. A record is its own text, so that the line is what was hashed.
 *
 * @param part The part.
 */
export function partLine(part: AuditPart): string {
  if ("text" in part) return part.text;
  if ("checkpoint" in part) return `{"checkpoint":${part.checkpoint}}`;
  return JSON.stringify(part);
}

/**
 * Reads an exported audit.
 *
 * @param lines Its lines.
 * @throws {DariError} `data` for a line that is too long.
 */
export async function* partsOf(lines: AsyncIterable<string>): AsyncIterableIterator<AuditPart> {
  let number = 0;
  for await (const line of lines) {
    number++;
    if (byteLength(line) > limits.maxAuditLineBytes) {
      throw new DariError("data", `Line ${number} is too long for an audit`);
    }
    if (line !== "") yield partOf(line);
  }
}

function partOf(line: string): AuditPart {
  const value = parsed(line);
  if (value.audit === 1 && typeof value.log === "string" && Number.isSafeInteger(value.first)) {
    return value as unknown as AuditBegin;
  }
  if (typeof value.signer === "string" && typeof value.pem === "string") {
    return value as unknown as AuditSigner;
  }
  if (value.checkpoint !== undefined) return { checkpoint: JSON.stringify(value.checkpoint) };
  if (Number.isSafeInteger(value.end) && typeof value.last === "string") {
    return value as unknown as AuditEnd;
  }
  return { text: line };
}

function parsed(line: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(line));
  } catch {
    return {};
  }
}

async function treeBefore(reader: AuditReader, first: number): Promise<string> {
  return encodeBase64Url(await reader.query((sql) => frontierAt(sql, first - 1)));
}

function readSigners(sql: Sql): { id: string; pem: string }[] {
  return sql.all("SELECT id, pem FROM audit_signers ORDER BY id");
}

function readCheckpointTexts(sql: Sql): { text: string }[] {
  return sql.all("SELECT text FROM audit_checkpoints ORDER BY size");
}
