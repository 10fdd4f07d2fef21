/**
 * The tables of the audit in the store: adding records within a transaction, and reading them.
 *
 * @module
 */

import { encodeHex } from "@std/encoding/hex";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { byteLength } from "../../base/text/byte_length.ts";
import type { Sql } from "../../store/tables/sql.ts";
import type { AuditEvent } from "./audit.ts";
import { recordText } from "./record.ts";
import { Frontier, type Hash, leafHash, rangeRoot } from "./tree.ts";

/** The state of an audit after its last record. */
export interface Head {
  /** The random name of this audit, in hexadecimal. */
  readonly log: string;
  /** How many records there have ever been: the number of the last one. */
  readonly size: number;
  /** The number of the oldest record that is kept. */
  readonly first: number;
  /** The bytes of the records that are kept. */
  readonly bytes: number;
  /** The hash of the last record. */
  readonly last: Hash;
  /** The right edge of the tree. */
  readonly frontier: Uint8Array;
}

/** A record as it is stored. */
export interface StoredRecord {
  /** Its number. */
  readonly id: number;
  /** Its text. */
  readonly text: string;
}

/** With which time, by whom and up to which bound records are added. */
export interface Writing {
  /** The time, in milliseconds since the epoch. */
  readonly nowMs: number;
  /** Who, where an event does not say. */
  readonly by: string;
  /** The most bytes of records. @default {limits.maxAuditBytes} */
  readonly maxBytes?: number | undefined;
}

/** The height of the subtrees whose roots are stored, and of those that are made of them. */
const NODE_HEIGHT = 8;

/** The records of the lowest subtree whose root is stored: what is cut is a multiple of it. */
export const NODE_RECORDS = 2 ** NODE_HEIGHT;

/**
 * Kinds of records that others than administrators can cause without an end. They leave room for the
 * acts of administrators.
 */
const REFUSALS = new Set(["call.denied", "sign-in.failed", "connection.refused"]);
const SIGN_INS = new Set(["sign-in.accepted", "session.began", "session.ended"]);

/**
 * Reads the state of the audit.
 *
 * @param sql The store's tables.
 * @returns The state; `undefined` before the first record.
 */
export function readHead(sql: Sql): Head | undefined {
  return sql.all<Head>(
    "SELECT log, size, first, bytes, last, frontier FROM audit_head",
  )[0];
}

/**
 * Adds records, in a transaction of the store. The first one of an audit says that it began.
 *
 * @param sql The store's tables.
 * @param events What happened, in order.
 * @param writing Time, actor and bound.
 * @returns For each event whether there was room for it.
 */
export function addRecords(
  sql: Sql,
  events: readonly AuditEvent[],
  writing: Writing,
): boolean[] {
  const head = readHead(sql);
  const adding = new Adding(sql, head ?? newHead(), writing);
  if (head === undefined) adding.add({ kind: "audit.began", about: adding.log });
  const accepted = events.map((event) => adding.add(event));
  adding.end();
  return accepted;
}

/**
 * Adds records about what is written in the same transaction: without room for them nothing is.
 *
 * @param sql The store's tables.
 * @param events What happened, in order.
 * @param writing Time, actor and bound.
 * @throws {DariError} `resource_exhausted` when there is no room.
 */
export function mustAddRecords(
  sql: Sql,
  events: readonly AuditEvent[],
  writing: Writing,
): void {
  if (!addRecords(sql, events, writing).every((accepted) => accepted)) throw auditFull();
}

/**
 * Reads records in the order of their numbers.
 *
 * @param sql The store's tables.
 * @param from The number of the first one.
 * @param count How many at most.
 */
export function readRecords(
  sql: Sql,
  from: number,
  count: number = limits.auditPageRecords,
): StoredRecord[] {
  return sql.all<StoredRecord>(
    "SELECT id, text FROM audit_records WHERE id >= ? ORDER BY id LIMIT ?",
    from,
    count,
  );
}

/**
 * Finds the roots of ranges of records: stored ones where they are whole subtrees, and otherwise made
 * of the records' own hashes.
 *
 * @param sql The store's tables.
 * @returns The root from the first place, counted from 0, up to the second.
 */
export function storedRoots(sql: Sql): (begin: number, end: number) => Hash {
  const leaves = new Map<number, Hash>();
  const known = (begin: number, end: number): Hash | undefined => {
    const size = end - begin;
    const height = Math.log2(size);
    if (size === 1) return leafAt(sql, leaves, begin);
    if (height % NODE_HEIGHT !== 0 || begin % size !== 0) return undefined;
    return sql.all<{ hash: Hash }>(
      "SELECT hash FROM audit_nodes WHERE level = ? AND place = ?",
      height,
      begin / size,
    )[0]?.hash;
  };
  return (begin, end) => rangeRoot(begin, end, known);
}

/**
 * The right edge of the tree as it was when there were fewer records.
 *
 * @param sql The store's tables.
 * @param size How many records there were.
 */
export function frontierAt(sql: Sql, size: number): Uint8Array {
  const rootOf = storedRoots(sql);
  const roots: Hash[] = [];
  for (let begin = 0; begin < size;) {
    const whole = 2 ** Math.floor(Math.log2(size - begin));
    roots.push(rootOf(begin, begin + whole));
    begin += whole;
  }
  return new Uint8Array(roots.flatMap((root) => [...root]));
}

/** The error of an audit that has no room left, also not for administrators. */
export function auditFull(): DariError {
  return new DariError(
    "resource_exhausted",
    "The audit is full, so nothing is done that it would have to record; make room with " +
      "dari audit cut",
    { retryable: false },
  );
}

/** Reads the hashes of a page of records at once: a proof needs those of its neighbours. */
function leafAt(sql: Sql, leaves: Map<number, Hash>, place: number): Hash {
  const known = leaves.get(place);
  if (known !== undefined) return known;
  const begin = Math.floor(place / NODE_RECORDS) * NODE_RECORDS;
  for (const { id, text } of readRecords(sql, begin + 1, NODE_RECORDS)) {
    if (id <= begin + NODE_RECORDS) leaves.set(id - 1, leafHash(text));
  }
  const leaf = leaves.get(place);
  if (leaf === undefined) throw new DariError("data", `Record ${place + 1} is missing`);
  return leaf;
}

function newHead(): Head {
  return {
    log: encodeHex(crypto.getRandomValues(new Uint8Array(limits.auditNameBytes))),
    size: 0,
    first: 1,
    bytes: 0,
    last: new Uint8Array(),
    frontier: new Uint8Array(),
  };
}

/** Records that are being added; `end` writes the state behind the last one. */
class Adding {
  readonly log: string;
  readonly #sql: Sql;
  readonly #first: number;
  readonly #writing: Writing;
  readonly #frontier: Frontier;
  #bytes: number;
  #last: Hash;
  #isChanged = false;

  constructor(sql: Sql, head: Head, writing: Writing) {
    this.#sql = sql;
    this.log = head.log;
    this.#first = head.first;
    this.#bytes = head.bytes;
    this.#last = head.last;
    this.#frontier = new Frontier(head.size, head.frontier);
    this.#writing = writing;
  }

  add(event: AuditEvent): boolean {
    const { nowMs, by, maxBytes = limits.maxAuditBytes } = this.#writing;
    const id = this.#frontier.size + 1;
    const text = recordText(event, { id, atMs: nowMs, by, prev: this.#last });
    const bytes = this.#bytes + byteLength(text);
    if (bytes > roomFor(event.kind, maxBytes)) return false;
    this.#sql.run("INSERT INTO audit_records (id, text) VALUES (?, ?)", id, text);
    this.#bytes = bytes;
    this.#last = leafHash(text);
    this.#frontier.add(this.#last, (height, place, root) => {
      if (height % NODE_HEIGHT !== 0) return;
      this.#sql.run("INSERT INTO audit_nodes VALUES (?, ?, ?)", height, place, root);
    });
    this.#isChanged = true;
    return true;
  }

  end(): void {
    if (!this.#isChanged) return;
    const { size, bytes } = this.#frontier;
    this.#sql.run(
      "INSERT OR REPLACE INTO audit_head VALUES (1, ?, ?, ?, ?, ?, ?)",
      this.log,
      size,
      this.#first,
      this.#bytes,
      this.#last,
      bytes,
    );
  }
}

function roomFor(kind: string, maxBytes: number): number {
  const reserve = Math.min(limits.auditReserveBytes, maxBytes * limits.auditReserveShare);
  if (REFUSALS.has(kind)) return (maxBytes - reserve) * limits.auditRefusalShare;
  return SIGN_INS.has(kind) ? maxBytes - reserve : maxBytes;
}
