/**
 * What is known of the time after a backup: the record in the data directory, and the copy beside the
 * backup.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { exists } from "../../base/file/file_state.ts";
import { directoryOf } from "../../base/file/files.ts";
import { limits } from "../../base/limits.ts";
import { type ReadRecord, readRecord, recordOwner } from "../../store/record/read_record.ts";
import type { KeptChange } from "../../store/record/record_line.ts";
import { recordFileOf } from "../../store/record/store_record.ts";
import { recordCopyIn } from "../../store/sqlite_backup.ts";
import { isOfCluster, type Manifest } from "./manifest.ts";

/** What is known. */
export interface KnownRecords {
  /** The files that were read. */
  readonly paths: readonly string[];
  /** Whether one of them is a record that the store itself adds to. */
  readonly isComplete: boolean;
  /** Why a file that is there could not be used. */
  readonly problems: readonly string[];
  /** Whether the data directory is one of the store that was backed up. */
  readonly isSameStore: boolean;
  /** The newest version that the records name; 0 where there is none. */
  readonly version: number;
  /** The longest record, to go on with. */
  readonly longest: string | undefined;
  /** The changes after the backup, the oldest first. */
  readonly changes: readonly KeptChange[];
}

/**
 * Looks for the records of the store that was backed up.
 *
 * @param file The backup.
 * @param directory The data directory that is to be replaced; there may be none.
 * @param manifest What the backup is.
 * @returns What is known.
 * @throws {DariError} `failed_precondition` when the directory holds another store.
 */
export async function findRecords(
  file: string,
  directory: string,
  { store: { identity, revision }, files }: Manifest,
): Promise<KnownRecords> {
  const own = recordFileOf(`${directory}/${limits.storeFile}`);
  const owner = await recordOwner(own);
  if (owner !== undefined && owner !== identity.id) {
    throw new DariError(
      "failed_precondition",
      `"${directory}" holds another store than the one that was backed up; name another directory ` +
        "(--data DIR), or move it away",
    );
  }
  const places = [own, recordCopyIn(directoryOf(file), identity.id)];
  const read: { path: string; record: ReadRecord }[] = [];
  const problems: string[] = [];
  for (const path of places) {
    if (!await exists(path)) continue;
    try {
      const record = await readRecord(path, identity);
      read.push({ path, record });
      if (!record.isOriginal) problems.push(`"${path}" is a copy, and may be out of date`);
    } catch (cause) {
      if (!(cause instanceof DariError)) throw cause;
      problems.push(cause.message);
    }
  }
  const isRecorded = !isOfCluster({ files });
  if (!isRecorded) problems.push("what was revoked in the cluster since then is not recorded here");
  // Both records have most changes; where they differ, each counts.
  const changes = new Map<string, KeptChange>();
  for (const { record } of read) {
    for (const { version, changes: committed } of record.commits) {
      if (version <= revision) continue;
      for (const each of committed) changes.set(JSON.stringify([version, each]), each);
    }
  }
  const longest = read.toSorted((a, b) => b.record.version - a.record.version)[0];
  return {
    paths: read.map(({ path }) => path),
    isComplete: isRecorded && read.some(({ record }) => record.isOriginal),
    problems,
    isSameStore: owner === identity.id,
    version: longest?.record.version ?? 0,
    longest: longest?.path,
    changes: [...changes.values()],
  };
}
