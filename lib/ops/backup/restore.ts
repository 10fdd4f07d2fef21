/**
 * Puts a backup in the place of a data directory, without what was taken back since it was made.
 *
 * Everything is made ready beside the directory, which then changes places with it; so a restore that
 * ends early, for whatever reason, leaves the directory as it was or the new one complete.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import { DariError } from "../../base/errors.ts";
import { exists } from "../../base/file/file_state.ts";
import { ensurePrivateDirectory, reasonOf, syncDirectory } from "../../base/file/files.ts";
import { directoryOf } from "../../base/file/files.ts";
import { finishReplacement, replaceDirectory } from "../../base/file/replace_directory.ts";
import { limits } from "../../base/limits.ts";
import { holdStore, knownSchema } from "../../store/sqlite_backup.ts";
import { chooseFiles, type ChosenFiles, type FileJudges } from "./choose_files.ts";
import { findRecords, type KnownRecords } from "./known_records.ts";
import type { Manifest } from "./manifest.ts";
import { type ChangedStore, restrictStore } from "./restrict_store.ts";
import { unpackBackup } from "./unpack.ts";

/** What is restored, and to where. */
export interface RestoreOptions extends FileJudges {
  /** The backup. */
  readonly file: string;
  /** Its passphrase. */
  readonly passphrase: string;
  /** The data directory. */
  readonly directory: string;
  /**
   * Go on where nobody knows what was taken back after the backup: all sessions and invitations end,
   * and all API keys and public keys are disabled.
   *
   * @default {false}
   */
  readonly withoutRecord?: boolean;
  /** Takes the data directory, so that no server uses it meanwhile. */
  readonly hold: (directory: string) => Promise<Disposable>;
  /** The actor, as the audit names it: `os:root`. */
  readonly actor: string;
  /** The time. */
  readonly clock: Clock;
  /** Called before each step, with its name; for tests that end the program there. */
  readonly onStep?: (step: string) => void;
}

/** What was restored. */
export interface Restored extends ChangedStore, ChosenFiles {
  /** What the backup is. */
  readonly manifest: Manifest;
  /** The records that told what was taken back since. */
  readonly records: readonly string[];
  /** Whether all that was taken back since is known. */
  readonly isComplete: boolean;
  /** Where the old data directory is; absent where there was none. */
  readonly old?: string;
}

/** What a backup is, and what a restore of it would do. */
export interface Verified {
  /** What the backup is. */
  readonly manifest: Manifest;
  /** The records that tell what was taken back since. */
  readonly records: readonly string[];
  /** Whether all that was taken back since is known, so that a restore needs no `withoutRecord`. */
  readonly isComplete: boolean;
  /** Changes since the backup that a restore would keep to. */
  readonly changesSince: number;
}

/**
 * Reads a whole backup and writes nothing.
 *
 * @param options The backup, and the directory that it would be restored to.
 * @returns What it is, and what a restore would do.
 * @throws {DariError} What {@linkcode restoreBackup} throws.
 */
export async function verifyBackup(
  { file, passphrase, directory }: Pick<RestoreOptions, "file" | "passphrase" | "directory">,
): Promise<Verified> {
  const manifest = await unpackBackup({ file, passphrase });
  checkSchema(manifest, file);
  const { paths, isComplete, changes } = await findRecords(file, directory, manifest);
  return { manifest, records: paths, isComplete, changesSince: changes.length };
}

/**
 * Restores a backup.
 *
 * @param options What is restored, and to where.
 * @returns What was restored.
 * @throws {DariError} `permission_denied` for a wrong passphrase, `data` where the backup is damaged,
 * `configuration` where a newer dari made it, `failed_precondition` where nobody knows what was taken
 * back since, `unavailable` where the directory is in use, `io` where something cannot be written. The
 * directory is then as it was.
 */
export async function restoreBackup(options: RestoreOptions): Promise<Restored> {
  const { file, passphrase, directory, clock, onStep = () => {} } = options;
  await finishReplacement(directory);
  const staged = `${trimmed(directory)}.restoring-${crypto.randomUUID()}`;
  try {
    await sweepStaged(directory, clock);
    onStep("unpack");
    await ensurePrivateDirectory(staged);
    const manifest = await unpackBackup({ file, passphrase, into: staged });
    checkSchema(manifest, file);
    using _held = await holdDirectory(options);
    onStep("change");
    const known = await findRecords(file, directory, manifest);
    checkKnown(known, options);
    const changed = await restrictStore({
      ...{ staged, directory, known, clock },
      change: manifest.store.revision,
      actor: options.actor,
    });
    onStep("choose");
    const chosen = await chooseFiles({ ...options, staged, known });
    onStep("sync");
    await syncDirectory(staged);
    const old = await exchange(staged, options);
    return {
      manifest,
      records: known.paths,
      isComplete: known.isComplete,
      ...changed,
      ...chosen,
      ...(old === undefined ? {} : { old }),
    };
  } finally {
    await Deno.remove(staged, { recursive: true }).catch(() => {});
  }
}

function trimmed(directory: string): string {
  return directory.replace(/\/+$/, "");
}

/** Removes what restores that were killed have left. */
async function sweepStaged(directory: string, clock: Clock): Promise<void> {
  const parent = directoryOf(trimmed(directory));
  const prefix = `${trimmed(directory).split("/").at(-1)}.restoring-`;
  try {
    for await (const { name, isDirectory } of Deno.readDir(parent)) {
      if (!isDirectory || !name.startsWith(prefix)) continue;
      const path = `${parent}/${name}`;
      const changedMs = (await Deno.stat(path)).mtime?.getTime() ?? clock.now();
      if (clock.now() - changedMs > limits.temporaryFileLifeMs) {
        await Deno.remove(path, { recursive: true });
      }
    }
  } catch {
    // What stays hurts nobody, and making the directory says what is wrong there.
  }
}

function checkSchema({ store: { schema }, dari }: Manifest, file: string): void {
  if (schema <= knownSchema) return;
  throw new DariError(
    "configuration",
    `Backup "${file}" was made by a newer dari (${dari}, schema ${schema}, this one knows ` +
      `${knownSchema}); restore it with that version`,
  );
}

/** No server uses the directory, and no command writes to its store. */
async function holdDirectory({ directory, hold }: RestoreOptions): Promise<Disposable> {
  if (!await exists(directory)) return { [Symbol.dispose]() {} };
  using stack = new DisposableStack();
  stack.use(await hold(directory));
  stack.use(await holdStore(`${directory}/${limits.storeFile}`));
  return stack.move();
}

function checkKnown(known: KnownRecords, { directory, withoutRecord }: RestoreOptions): void {
  if (known.isComplete || withoutRecord === true) return;
  const reasons = known.problems.length === 0
    ? `neither "${directory}" nor the directory of the backup has the record of its store`
    : known.problems.join("; ");
  throw new DariError(
    "failed_precondition",
    `Nobody knows what was revoked after this backup: ${reasons}. Bring the record there, or restore ` +
      "with --no-record, which ends all sessions and invitations and disables all keys",
  );
}

async function exchange(
  staged: string,
  { directory, clock, onStep = () => {} }: RestoreOptions,
): Promise<string | undefined> {
  const path = trimmed(directory);
  if (await exists(path)) {
    const old = `${path}.before-restore-${
      new Date(clock.now()).toISOString().replace(/[:.]/g, "")
    }`;
    await replaceDirectory({ staged, path, old, onStep });
    return old;
  }
  try {
    onStep("name");
    await Deno.rename(staged, path);
    await syncDirectory(directoryOf(path));
    return undefined;
  } catch (cause) {
    throw new DariError("io", `Cannot make "${path}": ${reasonOf(cause)}`, { cause });
  }
}
