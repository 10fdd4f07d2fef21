/**
 * Puts a directory in the place of another, so that a crash never leaves neither: what was begun is
 * finished by the next program that looks for the directory.
 *
 * @module
 */

import { DariError } from "../errors.ts";
import { exists } from "./file_state.ts";
import { reasonOf } from "./reason.ts";

/** In the new directory while it waits for its place: says where the old one goes. */
const MARK = "replaces.json";

/** What is put where. */
export interface Replacement {
  /** The new directory, complete and on the disk. */
  readonly staged: string;
  /** The place. */
  readonly path: string;
  /** Where the directory goes that has the place now; there is nothing. */
  readonly old: string;
  /** Called before each step, with its name. */
  readonly onStep?: ((step: string) => void) | undefined;
}

/**
 * Puts a directory in the place of another, which is kept.
 *
 * @param replacement What is put where.
 * @throws {DariError} `io` when a step fails. Then the old directory has its place, or the new one gets
 * it by {@linkcode finishReplacement}.
 */
export async function replaceDirectory(replacement: Replacement): Promise<void> {
  const { staged, path, old, onStep = () => {} } = replacement;
  const waiting = waitingFor(path);
  try {
    // Left by a replacement that was cut before the old directory was moved; nobody counts on it.
    await Deno.remove(waiting, { recursive: true }).catch(ignoreMissing);
    onStep("mark");
    await Deno.writeTextFile(`${staged}/${MARK}`, JSON.stringify({ old }), { mode: 0o600 });
    await syncPath(`${staged}/${MARK}`);
    await syncPath(staged);
    onStep("wait");
    await Deno.rename(staged, waiting);
    await syncPath(parentOf(path));
    onStep("move the old one");
    await Deno.rename(path, old);
    await syncPath(parentOf(path));
    onStep("move the new one");
    // Another program may have finished it by now.
    await Deno.rename(waiting, path).catch(ignoreMissing);
    await syncPath(parentOf(path));
    onStep("remove the mark");
    await Deno.remove(`${path}/${MARK}`).catch(ignoreMissing);
  } catch (cause) {
    throw new DariError("io", `Cannot replace "${path}": ${reasonOf(cause)}`, { cause });
  }
}

/**
 * Finishes a replacement that was cut after the old directory was moved away.
 *
 * @param path The place, where there is nothing.
 * @returns Whether the new directory was waiting for it, and has it now.
 * @throws {DariError} `io` when it cannot be moved.
 */
export async function finishReplacement(path: string): Promise<boolean> {
  const waiting = waitingFor(path);
  let old: unknown;
  try {
    old = JSON.parse(await Deno.readTextFile(`${waiting}/${MARK}`)).old;
  } catch {
    return false; // nothing waits, or it was not complete
  }
  // Where the old directory was not moved away, it was removed since, and its end was meant.
  if (typeof old !== "string" || await exists(path) || !await exists(old)) return false;
  try {
    await Deno.rename(waiting, path);
    await syncPath(parentOf(path));
    await Deno.remove(`${path}/${MARK}`).catch(ignoreMissing);
    return true;
  } catch (cause) {
    if (await exists(path)) return true; // another program was faster
    throw new DariError("io", `Cannot put "${waiting}" in its place: ${reasonOf(cause)}`, {
      cause,
    });
  }
}

/** Where the new directory waits. */
function waitingFor(path: string): string {
  return `${path.replace(/\/+$/, "")}.restored`;
}

function parentOf(path: string): string {
  const trimmed = path.replace(/\/+$/, "");
  const end = trimmed.lastIndexOf("/");
  return end < 0 ? "." : end === 0 ? "/" : trimmed.slice(0, end);
}

async function syncPath(path: string): Promise<void> {
  if (Deno.build.os === "windows") return; // a directory cannot be opened there
  using file = await Deno.open(path, { read: true });
  await file.sync();
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
