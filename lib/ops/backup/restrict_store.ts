/**
 * Changes the store of a backup before it is used again.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import { exists } from "../../base/file/file_state.ts";
import { writeFileAtomic } from "../../base/file/files.ts";
import { limits } from "../../base/limits.ts";
import { headerOf, parseHeader } from "../../store/record/record_line.ts";
import { recordFileOf } from "../../store/record/store_record.ts";
import { openSqliteStore } from "../../store/sqlite.ts";
import { reviveStore } from "../../store/sqlite_backup.ts";
import type { Operation, SqliteStore, Store } from "../../store/store.ts";
import type { KnownRecords } from "./known_records.ts";
import { addRecords } from "../audit/tables.ts";
import { carryAudit } from "./carry_audit.ts";
import { takeEntries } from "./cluster_entries.ts";
import { disable, restrict } from "./restrict.ts";

/** What was changed. */
export interface ChangedStore {
  /** Entries that the record kept from coming back as they were. */
  readonly heldBack: number;
  /** Entries that were disabled because there is no record. */
  readonly disabled: number;
  /** Records of the audit that came after the backup and were brought over. */
  readonly auditRecords: number;
}

/** What the change needs. */
export interface RestrictStoreOptions {
  /** The directory with the files of the backup. */
  readonly staged: string;
  /** The data directory that is to be replaced. */
  readonly directory: string;
  /** What is known of the time since. */
  readonly known: KnownRecords;
  /** The version of the last change of the backup. */
  readonly change: number;
  /** The actor, as the audit names it. */
  readonly actor: string;
  /** The time. */
  readonly clock: Clock;
}

/** What was used up in the old store, and is found there where that can still be read. */
const USED = ["nonce/", "answers/"];

/**
 * Takes from a store what was taken back since it was copied.
 *
 * @param options The store, and what is known.
 * @returns What was changed.
 * @throws {DariError} `data`, `io` when the store cannot be used.
 */
export async function restrictStore(
  options: RestrictStoreOptions,
): Promise<ChangedStore> {
  const { staged, directory, known } = options;
  const path = `${staged}/${limits.storeFile}`;
  // The record goes on where it was; of a store without one, nothing that exists is a record.
  if (known.isComplete) await continueRecord(known.longest!, recordFileOf(path));
  await reviveStore(path, { afterVersion: known.version, isAnother: !known.isComplete });
  await using store = await openSqliteStore(path);
  await takeEntries(staged, store);
  const heldBack = await change(store, async function* () {
    // By key, since two records may both have it, and each counts.
    for (const each of known.changes) yield restrict(await store.get(each.key), each);
  });
  const disabled = known.isComplete ? 0 : await change(store, async function* () {
    for (const entry of await store.list("")) yield disable(entry);
  });
  const old = `${directory}/${limits.storeFile}`;
  const auditRecords = known.isSameStore ? await bringOver(old, store) : 0;
  const changed = { heldBack, disabled, auditRecords };
  await recordRestore(store, changed, options);
  return changed;
}

/** A full audit keeps nobody from mending the store. */
async function recordRestore(
  store: SqliteStore,
  changed: ChangedStore,
  { actor, clock, change, known: { isComplete } }: RestrictStoreOptions,
): Promise<void> {
  const event = { kind: "backup.restored", data: { change, isComplete, ...changed } };
  await store.transact((sql) => addRecords(sql, [event], { nowMs: clock.now(), by: actor }));
}

/** A copy says of which file it is one; the record of a store does not. */
async function continueRecord(from: string, to: string): Promise<void> {
  const text = await Deno.readTextFile(from);
  const end = text.indexOf("\n");
  const { id } = parseHeader(text.slice(0, end))!;
  const whole = text.slice(end, text.lastIndexOf("\n") + 1);
  await writeFileAtomic(to, headerOf(id) + whole);
}

/** Carries out the steps, many in one commit. */
async function change(
  store: Store,
  steps: () => AsyncIterable<Operation | null>,
): Promise<number> {
  let batch = new Map<string, Operation>();
  let count = 0;
  for await (const step of steps()) {
    if (step === null) continue;
    if (batch.has(step.key) || batch.size === limits.restoreBatchChanges) {
      await store.batch([...batch.values()]);
      batch = new Map();
    }
    batch.set(step.key, step);
    count++;
  }
  if (batch.size > 0) await store.batch([...batch.values()]);
  return count;
}

/**
 * Brings over what was used up, and the audit. Where the old store cannot be read, what is short-lived
 * is over before long, and the audit is in the directory that is kept.
 */
async function bringOver(old: string, store: SqliteStore): Promise<number> {
  if (!await exists(old)) return 0;
  try {
    await using source = await openSqliteStore(old);
    for (const prefix of USED) {
      const entries = await source.list(prefix);
      await change(store, async function* () {
        for (const { key, value, expiresAtMs } of entries) {
          const expiry = expiresAtMs === undefined ? {} : { expiresAtMs };
          yield { kind: "put", key, value, ...expiry };
        }
      });
    }
    return await carryAudit(source, store);
  } catch {
    return 0; // The record has all that does not end by itself.
  }
}
