/**
 * What stands at a path, without reading it.
 *
 * @module
 */

import { DariError } from "../errors.ts";
import { reasonOf } from "./reason.ts";

/**
 * Whether something stands at a path: a file, or anything else.
 *
 * @param path The path; a link counts, wherever it leads.
 * @throws {DariError} `io` when that cannot be told.
 */
export async function exists(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return false;
    throw new DariError("io", `Cannot look at "${path}": ${reasonOf(cause)}`, { cause });
  }
}

/**
 * A text that changes when a file does.
 *
 * @param path The file, or a link to it.
 * @returns Its time, size and number; `gone` where it cannot be looked at, for a moment or for good.
 */
export function fileStamp(path: string): string {
  try {
    const { mtime, size, ino } = Deno.statSync(path);
    return `${mtime?.getTime()} ${size} ${ino}`;
  } catch {
    return "gone";
  }
}
