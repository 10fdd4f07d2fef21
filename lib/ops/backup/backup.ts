/**
 * Makes a backup of a data directory while it is in use: the store with the ledger, the authority and
 * the policy, all of one moment.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import { DariError } from "../../base/errors.ts";
import { exists } from "../../base/file/file_state.ts";
import { directoryOf, reasonOf, syncDirectory } from "../../base/file/files.ts";
import { createSha256 } from "../../base/file/sha256.ts";
import { sweepTemporaries, temporaryFor } from "../../base/file/temporary_files.ts";
import { limits } from "../../base/limits.ts";
import { VERSION } from "../../base/version.ts";
import { openSqliteStore } from "../../store/sqlite.ts";
import { snapshotStore } from "../../store/sqlite_backup.ts";
import type { Entry } from "../../store/store.ts";
import { addRecords } from "../audit/tables.ts";
import { type ArchiveFile, sealArchive, type SealOptions } from "./archive.ts";
import { writeEntries } from "./cluster_entries.ts";
import {
  backupFiles,
  CLUSTER_ENTRIES,
  formatManifest,
  MANIFEST,
  type Manifest,
} from "./manifest.ts";

/** What a backup is made of, and where it goes. */
export interface BackupOptions extends SealOptions {
  /** The data directory. */
  readonly directory: string;
  /** The new file. */
  readonly file: string;
  /** Keeps others from changing the authority meanwhile. */
  readonly lockAuthority: () => Promise<Disposable>;
  /** Reads the entries of the store of the cluster to which the directory belongs. @default {it belongs to none} */
  readonly clusterEntries?: (() => Promise<readonly Entry[]>) | undefined;
  /** The actor, as the audit names it: `os:root`. */
  readonly actor: string;
  /** The time. */
  readonly clock: Clock;
  /** Called before each step, with its name; for tests that end the program there. */
  readonly onStep?: (step: string) => void;
}

/** A backup that was made. */
export interface MadeBackup {
  /** What is in it. */
  readonly manifest: Manifest;
  /** Its size. */
  readonly bytes: number;
  /** The copy of the store's record beside it. */
  readonly record: string;
}

/**
 * Makes a backup. The file appears complete or not at all.
 *
 * @param options What is backed up.
 * @returns What was made.
 * @throws {DariError} `not_found` where there is no store, `already_exists` where the file exists,
 * `unavailable` where the files change all the time, `io` where something cannot be read or written,
 * and what opening the store throws.
 */
export async function makeBackup(options: BackupOptions): Promise<MadeBackup> {
  const { directory, file, clock, onStep = () => {} } = options;
  const store = `${directory}/${limits.storeFile}`;
  if (!await exists(store)) {
    throw new DariError("not_found", `There is no store in "${directory}"; nothing to back up`);
  }
  if (await exists(file)) {
    throw new DariError("already_exists", `"${file}" exists already; name another file`);
  }
  for (const place of [directory, directoryOf(file)]) {
    await sweepTemporaries(place, { nowMs: clock.now(), prefix: place === directory ? COPY : "" });
  }
  const copies: Copies = new Map([[limits.storeFile, temporaryFor(`${directory}/${COPY}`)]]);
  try {
    onStep("copy");
    await recordBackup(options, store);
    const { facts, files } = await copyMoment(options, copies.get(limits.storeFile)!);
    await copyEntries(options, copies);
    const manifest = await manifestOf(facts, files, copies, clock);
    onStep("write");
    const bytes = await writeSealed(options, manifest, files, copies);
    return { manifest, bytes, record: facts.record };
  } finally {
    for (const copy of copies.values()) await Deno.remove(copy).catch(() => {});
  }
}

const COPY = "backup";

/** Copies of what is large, by the names that they have in the backup. */
type Copies = Map<string, string>;

/** What the directory's own store has not. */
async function copyEntries(
  { directory, clusterEntries }: BackupOptions,
  copies: Copies,
): Promise<void> {
  if (clusterEntries === undefined) return;
  const path = temporaryFor(`${directory}/${COPY}`);
  copies.set(CLUSTER_ENTRIES, path);
  await writeEntries(path, await clusterEntries());
}

/** Before the store is copied, so that the backup has it; a full audit keeps nobody from a backup. */
async function recordBackup({ file, actor, clock }: BackupOptions, path: string): Promise<void> {
  await using store = await openSqliteStore(path);
  const event = { kind: "backup.began", data: { file } };
  await store.transact((sql) => addRecords(sql, [event], { nowMs: clock.now(), by: actor }));
}

type Facts = Awaited<ReturnType<typeof snapshotStore>>;
type SmallFiles = ReadonlyMap<string, Uint8Array<ArrayBuffer>>;

/** The store is copied between two looks at the files, which have to show the same. */
async function copyMoment(
  { directory, file, lockAuthority, onStep = () => {} }: BackupOptions,
  copy: string,
): Promise<{ facts: Facts; files: SmallFiles }> {
  const recordIn = await Deno.realPath(directoryOf(file)).catch((cause) => {
    throw new DariError("io", `Cannot write "${file}": ${reasonOf(cause)}`, { cause });
  });
  for (let attempt = 0; attempt < limits.maxBackupAttempts; attempt++) {
    using _lock = await lockAuthority();
    const files = await readSmallFiles(directory);
    await Deno.remove(copy).catch(() => {});
    const facts = await snapshotStore(`${directory}/${limits.storeFile}`, { to: copy, recordIn });
    onStep("look again");
    if (isSame(files, await readSmallFiles(directory))) return { facts, files };
  }
  throw new DariError("unavailable", `The files in "${directory}" change all the time; try again`);
}

async function readSmallFiles(directory: string): Promise<SmallFiles> {
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const name of backupFiles.slice(1)) {
    const path = `${directory}/${name}`;
    try {
      if ((await Deno.stat(path)).size > limits.maxBackupSmallFileBytes) {
        throw new DariError("data", `"${path}" is too large for a backup`);
      }
      files.set(name, await Deno.readFile(path));
    } catch (cause) {
      if (cause instanceof Deno.errors.NotFound) continue;
      if (cause instanceof DariError) throw cause;
      throw new DariError("io", `Cannot read "${path}": ${reasonOf(cause)}`, { cause });
    }
  }
  return files;
}

function isSame(left: SmallFiles, right: SmallFiles): boolean {
  return left.size === right.size && [...left].every(([name, bytes]) => {
    const other = right.get(name);
    return other?.length === bytes.length && bytes.every((byte, i) => byte === other[i]);
  });
}

async function manifestOf(
  { identity, revision, schema }: Facts,
  files: SmallFiles,
  copies: Copies,
  clock: Clock,
): Promise<Manifest> {
  const hashed = async (name: string, body: ReadableStream<Uint8Array>) => {
    const hash = await createSha256();
    let bytes = 0;
    for await (const piece of body) {
      hash.update(piece);
      bytes += piece.length;
    }
    return { name, bytes, sha256: hash.digest() };
  };
  const listed: Manifest["files"][number][] = [];
  for (const [name, copy] of copies) {
    listed.push(await hashed(name, (await Deno.open(copy)).readable));
  }
  for (const [name, bytes] of files) listed.push(await hashed(name, new Blob([bytes]).stream()));
  return {
    dari: VERSION,
    createdAtMs: clock.now(),
    store: { identity, revision, schema },
    files: listed,
  };
}

async function writeSealed(
  options: BackupOptions,
  manifest: Manifest,
  small: SmallFiles,
  copies: Copies,
): Promise<number> {
  const { file, onStep = () => {} } = options;
  const head = new TextEncoder().encode(formatManifest(manifest));
  const archive: ArchiveFile[] = [
    { name: MANIFEST, bytes: head.length, open: () => new Blob([head]).stream() },
    ...manifest.files.map(({ name, bytes }) => {
      const content = small.get(name);
      return {
        name,
        bytes,
        open: async () =>
          content === undefined
            ? (await Deno.open(copies.get(name)!)).readable
            : new Blob([content]).stream(),
      };
    }),
  ];
  const temporary = temporaryFor(file);
  try {
    using target = await Deno.open(temporary, { write: true, createNew: true, mode: 0o600 });
    let written = 0;
    for await (const piece of await sealArchive(archive, options)) {
      for (let sent = 0; sent < piece.length;) sent += await target.write(piece.subarray(sent));
      written += piece.length;
    }
    onStep("sync");
    await target.sync();
    onStep("name");
    await Deno.rename(temporary, file);
    onStep("named");
    await syncDirectory(directoryOf(file));
    return written;
  } catch (cause) {
    await Deno.remove(temporary).catch(() => {});
    if (cause instanceof DariError) throw cause;
    throw new DariError("io", `Cannot write "${file}": ${reasonOf(cause)}`, { cause });
  }
}
