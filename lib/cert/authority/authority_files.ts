/**
 * The files of an authority in a data directory: which there are, who changes them, and who may.
 *
 * @module
 */

import { systemClock } from "../../base/clock.ts";
import { DariError } from "../../base/errors.ts";
import {
  directoryOf,
  readOwnFile,
  readSecretFile,
  reasonOf,
  syncDirectory,
} from "../../base/file/files.ts";
import { exists } from "../../base/file/file_state.ts";
import { openOwnFile } from "../../base/file/own_file.ts";
import { sweepTemporaries } from "../../base/file/temporary_files.ts";

/** The names of an authority's files in the data directory. */
export const authorityFiles = {
  /** Every authority that peers are to trust: one, or two while one replaces the other. */
  certificates: "ca.crt",
  /** The key that issues. */
  key: "ca.key",
  /** The key that is to issue next. */
  nextKey: "ca.next.key",
  /** The key that issued before; it still signs revocations. */
  previousKey: "ca.previous.key",
} as const;

/**
 * Waits until no other process, and nothing else in this one, makes or replaces what belongs to the
 * authority.
 *
 * @param directory The data directory.
 * @returns The lock; disposing it lets the next one in, and so does the end of the process.
 * @throws {DariError} `configuration` when others can change the file of the lock, `io` when it cannot
 * be locked.
 *
 * @example
 * ```ts
 * import { lockAuthority } from "@dari/dari/cert";
 *
 * const directory = await Deno.makeTempDir();
 * {
 *   using _lock = await lockAuthority(directory);
 *   // Nobody else makes or replaces the authority here.
 * }
 * await Deno.remove(directory, { recursive: true });
 * ```
 */
export async function lockAuthority(directory: string): Promise<Disposable> {
  const path = `${directory}/authority.lock`;
  try {
    const file = await openOwnFile(path);
    await file.lock(true);
    // A process that changes something here removes what killed ones have left.
    await sweepTemporaries(directory, { nowMs: systemClock.now() });
    return file;
  } catch (cause) {
    if (cause instanceof DariError) throw cause;
    throw new DariError("io", `Cannot lock "${path}": ${reasonOf(cause)}`, { cause });
  }
}

/**
 * Puts the key of a new authority in its place, where a crash has come in between: it is written as
 * `ca.next.key` before its certificate, and gets its name after it.
 *
 * @param directory The data directory. No rotation is under way: it always leaves a `ca.key`.
 * @throws {DariError} `io` when it cannot be renamed.
 */
export async function settleKey(directory: string): Promise<void> {
  if (!await isCut(directory)) return;
  using _lock = await lockAuthority(directory);
  await settleKeyLocked(directory);
}

/** Does what {@linkcode settleKey} does, for a caller that holds the lock. */
export async function settleKeyLocked(directory: string): Promise<void> {
  if (!await isCut(directory)) return;
  const { key, nextKey } = authorityFiles;
  await rename(`${directory}/${nextKey}`, `${directory}/${key}`);
}

async function isCut(directory: string): Promise<boolean> {
  const { certificates, key, nextKey } = authorityFiles;
  return !await exists(`${directory}/${key}`) && await exists(`${directory}/${nextKey}`) &&
    await exists(`${directory}/${certificates}`);
}

/** Gives a file another name. */
export async function rename(from: string, to: string): Promise<void> {
  try {
    await Deno.rename(from, to);
    await syncDirectory(directoryOf(to));
  } catch (cause) {
    throw new DariError("io", `Cannot rename "${from}" to "${to}": ${reasonOf(cause)}`, { cause });
  }
}

/**
 * Refuses files of the authority and its server that another user could have written or read, also
 * those that are not needed right now.
 *
 * @param directory The data directory.
 * @throws {DariError} `configuration`, with what to do.
 */
export async function checkDataFiles(directory: string): Promise<void> {
  const { certificates, ...keys } = authorityFiles;
  for (const name of [...Object.values(keys), "server.key"]) {
    await ifThere(readSecretFile(`${directory}/${name}`));
  }
  for (const name of [certificates, "server.crt"]) {
    await ifThere(readOwnFile(`${directory}/${name}`));
  }
}

async function ifThere(reading: Promise<string>): Promise<void> {
  try {
    await reading;
  } catch (error) {
    if (!(error instanceof DariError && error.code === "not_found")) throw error;
  }
}
