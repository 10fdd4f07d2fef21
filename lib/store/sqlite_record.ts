/**
 * The record of a SQLite store: what it reads from the database.
 *
 * @module
 */

import { encodeHex } from "@std/encoding/hex";
// Deno has no SQLite of its own.
import type { DatabaseSync } from "node:sqlite";
import { DariError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { checkIdentity } from "./record/read_record.ts";
import type { KeptChange, KeptCommit, StoreIdentity } from "./record/record_line.ts";
import { type RecordCopy, recordFileOf, StoreRecord } from "./record/store_record.ts";
import { damagedStore } from "./tables/sqlite_errors.ts";
import type { Row, Statements } from "./sqlite_statements.ts";

/** An open database, and where it is. */
export interface RecordedDatabase {
  readonly database: DatabaseSync;
  readonly statements: Statements;
  readonly path: string;
}

/**
 * Opens the record of a store and brings it up to date.
 *
 * @param file The open store.
 * @returns The record.
 * @throws {DariError} `data` when the store is older than its record, or the record is another store's;
 * `io` when it cannot be used.
 */
export async function openRecord({ database, statements, path }: RecordedDatabase): Promise<
  StoreRecord
> {
  const { record, version } = await StoreRecord.open({
    identity: identityOf(database, path),
    path: recordFileOf(path),
    commitsSince: (version) => commitsOf(statements.kept.all(version) as unknown as Row[]),
    copies: () => statements.copies.all() as unknown as RecordCopy[],
  });
  // Read after the record, to which another process may have added meanwhile.
  const revision = Number(statements.counter.get("revision")?.value);
  if (version > revision) throw olderThanRecord(path, revision, version);
  return record;
}

/**
 * Remembers a copy of the record, so that later changes go there as well.
 *
 * @param database The store.
 * @param copy The copy; one at the same path is replaced.
 */
export function rememberCopy(database: DatabaseSync, { path, file }: RecordCopy): void {
  database.prepare("INSERT OR REPLACE INTO record_copies VALUES (?, ?)").run(path, file);
  database.prepare(
    "DELETE FROM record_copies WHERE path IN (SELECT path FROM record_copies WHERE path <> ? " +
      "LIMIT -1 OFFSET ?)",
  ).run(path, limits.maxRecordCopies - 1);
}

/**
 * Reads what tells a store from all others.
 *
 * @param database The store, at the newest schema.
 * @param path Its file, for errors.
 * @throws {DariError} `data` where it is malformed.
 */
export function identityOf(database: DatabaseSync, path: string): StoreIdentity {
  const read = database.prepare("SELECT value FROM identity WHERE name = ?");
  const identity = checkIdentity(read.get("id")?.value, read.get("record-key")?.value);
  if (identity === undefined) throw damagedStore(path);
  return identity;
}

/**
 * Makes another store of this one: records of the old one do not belong to it.
 *
 * @param database The store.
 */
export function renewIdentity(database: DatabaseSync): void {
  database.exec("DELETE FROM record_copies; DELETE FROM identity");
  makeIdentity(database);
}

/**
 * Gives a store an identity where it has none, as part of a transaction.
 *
 * @param database The store, at the newest schema.
 */
export function makeIdentity(database: DatabaseSync): void {
  const random = (bytes: number) => encodeHex(crypto.getRandomValues(new Uint8Array(bytes)));
  database.prepare("INSERT OR IGNORE INTO identity VALUES ('id', ?), ('record-key', ?)")
    .run(random(limits.storeIdBytes), random(limits.recordKeyBytes));
}

function commitsOf(rows: readonly Row[]): KeptCommit[] {
  const commits: { version: number; changes: KeptChange[] }[] = [];
  for (const { key, value, version, expires_at } of rows) {
    const change = { key, value, ...(expires_at === null ? {} : { expiresAtMs: expires_at }) };
    const last = commits.at(-1);
    if (last?.version === version) last.changes.push(change);
    else commits.push({ version, changes: [change] });
  }
  return commits;
}

function olderThanRecord(path: string, revision: number, recorded: number): DariError {
  return new DariError(
    "data",
    `Store "${path}" is older than its record: it is at change ${revision}, and change ${recorded} ` +
      `is in "${
        recordFileOf(path)
      }", so what was revoked since would be valid again. Put the newest ` +
      "store back, or use dari restore, which keeps to the record",
  );
}
