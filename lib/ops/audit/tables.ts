/**
 * The tables of the audit in the store: adding records within a transaction, and reading them.
 *
 * @module
 */

import { encodeHex } from "@std/encoding/hex";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { Sql } from "../../store/tables/sql.ts";
import type { AuditEvent } from "./audit.ts";
import { Chain, type ChainOptions, type Head, type MadeRecord, NODE_HEIGHT } from "./chain.ts";
import { type Hash, leafHash, rangeRoot } from "./tree.ts";

export type { Head };

/** A record as it is stored. */
export interface StoredRecord {
  /** Its number. */
  readonly id: number;
  /** Its text. */
  readonly text: string;
}

/** With which time, by whom and up to which bound records are added. */
export interface Writing extends ChainOptions {
  /** The time, in milliseconds since the epoch. */
  readonly nowMs: number;
}

/** A statement costs as much as what it writes: so many records are one. */
const STEP = 8;

const INSERT_ONE = "INSERT INTO audit_records (id, text) VALUES (?, ?)";
const INSERT_STEP = INSERT_ONE + ", (?, ?)".repeat(STEP - 1);

/** The records of the lowest subtree whose root is stored: what is cut is a multiple of it. */
export const NODE_RECORDS = 2 ** NODE_HEIGHT;

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
  const chain = openChain(sql, writing);
  const made = events.map((event) => chain.add(event, writing.nowMs));
  writeChain(sql, chain, made);
  return made.map((record) => record !== undefined);
}

/**
 * Takes the chain as the transaction finds it. That of a new audit has a record that says that it began.
 *
 * @param sql The store's tables.
 * @param writing Time, actor and bound.
 */
export function openChain(sql: Sql, writing: Writing): Chain {
  const head = readHead(sql);
  if (head !== undefined) return new Chain(head, writing);
  const chain = new Chain(newHead(), writing);
  const { log } = chain.head;
  const began = chain.add({ kind: "audit.began", about: log }, writing.nowMs);
  writeChain(sql, chain, [began]);
  return chain;
}

/**
 * Writes records, and the state behind the last one.
 *
 * @param sql The store's tables.
 * @param chain The chain to which they were added.
 * @param made The records; `undefined` for those that had no room.
 */
export function writeChain(
  sql: Sql,
  chain: Chain,
  made: readonly (MadeRecord | undefined)[],
): void {
  const records = made.filter((record) => record !== undefined);
  if (records.length === 0) return;
  let at = 0;
  for (; at + STEP <= records.length; at += STEP) {
    const step = records.slice(at, at + STEP);
    sql.run(INSERT_STEP, ...step.flatMap(({ id, text }) => [id, text]));
  }
  for (const { id, text } of records.slice(at)) sql.run(INSERT_ONE, id, text);
  for (const { nodes } of records) {
    for (const { level, place, root } of nodes) {
      sql.run("INSERT INTO audit_nodes VALUES (?, ?, ?)", level, place, root);
    }
  }
  const { log, size, first, bytes, last, frontier } = chain.head;
  sql.run(
    "INSERT OR REPLACE INTO audit_head VALUES (1, ?, ?, ?, ?, ?, ?)",
    ...[log, size, first, bytes, last, frontier],
  );
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
