/**
 * The newest records of all servers, in one order of time.
 *
 * @module
 */

import { limits } from "../../../base/limits.ts";
import type { RecordQuery } from "../reading/query.ts";
import { type AuditRecord, parseRecord } from "../record.ts";
import type { AuditPiece } from "./piece.ts";

/** A record, and whose it is. */
export interface ServerRecord {
  /** What people call the server. */
  readonly server: string;
  /** The name of its audit. */
  readonly log: string;
  /** The number of the record. */
  readonly id: number;
  /** The record's text. */
  readonly text: string;
  /** When it was made: RFC 3339 in UTC; empty for a record that cannot be read. */
  readonly at: string;
}

/**
 * The records of a piece that match.
 *
 * @param piece The piece.
 * @param query Which are wanted.
 * @returns The records, in the order of their numbers.
 */
export function matchingRecords(
  { server, log, from, records }: AuditPiece,
  query: RecordQuery = {},
): ServerRecord[] {
  const isWanted = conditionOf(query);
  return records.flatMap((text, index) => {
    const record = readRecord(text);
    if (!isWanted(record)) return [];
    return [{ server, log, id: from + index, text, at: record?.at ?? "" }];
  });
}

/** Keeps the newest records of what comes in any order. */
export class NewestRecords {
  readonly #limit: number;
  #records: ServerRecord[] = [];

  /**
   * @param limit How many are kept.
   */
  constructor(limit: number = limits.auditShownRecords) {
    this.#limit = limit;
  }

  /**
   * Takes records.
   *
   * @param records The records.
   */
  add(records: readonly ServerRecord[]): void {
    this.#records.push(...records);
    if (this.#records.length > 2 * this.#limit + limits.auditPageRecords) this.#trim();
  }

  /** Those that are kept, the oldest first; those of one moment by server and number. */
  get all(): readonly ServerRecord[] {
    this.#trim();
    return this.#records;
  }

  /** A piece that came twice is one. */
  #trim(): void {
    const sorted = this.#records.toSorted(compare);
    this.#records = sorted
      .filter((record, at) => at === 0 || !isSame(record, sorted[at - 1]!))
      .slice(-this.#limit);
  }
}

function isSame(a: ServerRecord, b: ServerRecord): boolean {
  return a.log === b.log && a.id === b.id && a.text === b.text;
}

function compare(a: ServerRecord, b: ServerRecord): number {
  if (a.at !== b.at) return a.at < b.at ? -1 : 1;
  if (a.server !== b.server) return a.server < b.server ? -1 : 1;
  if (a.log !== b.log) return a.log < b.log ? -1 : 1;
  return a.id - b.id;
}

function conditionOf(query: RecordQuery): (record: AuditRecord | undefined) => boolean {
  const { by, about, sinceMs = -Infinity, untilMs = Infinity } = query;
  const [kind, peer] = [patternOf(query.kind), patternOf(query.peer)];
  const isAny = Object.entries(query).every(([name, value]) =>
    name === "limit" || value === undefined
  );
  return (record) => {
    if (record === undefined) return isAny;
    const atMs = Date.parse(record.at);
    return atMs >= sinceMs && atMs < untilMs &&
      (by === undefined || record.by === by) &&
      (about === undefined || record.about === about) &&
      (kind === undefined || kind.test(record.kind)) &&
      (peer === undefined || peer.test(record.peer ?? ""));
  };
}

/** `*` stands for any text. */
function patternOf(text: string | undefined): RegExp | undefined {
  if (text === undefined) return undefined;
  return new RegExp(`^${text.split("*").map((part) => RegExp.escape(part)).join(".*")}$`, "su");
}

function readRecord(text: string): AuditRecord | undefined {
  try {
    return parseRecord(text);
  } catch {
    return undefined;
  }
}
