/**
 * What a peer is told of a disk that failed: enough to know whose fault it is, and no path.
 *
 * @module
 */

import { DariError } from "../errors.ts";
import { limits } from "../limits.ts";

/** The primary code of SQLite for a full disk (https://sqlite.org/rescode.html#full). */
const SQLITE_FULL = 13;
const FULL: ReadonlySet<unknown> = new Set(["ENOSPC", "EDQUOT"]);

/**
 * The error that may cross the wire in the place of an `io` error.
 *
 * @param error What happened, with paths and causes.
 * @returns `resource_exhausted` where the disk is full, otherwise `unavailable`; `undefined` for an
 * error of another code.
 *
 * @example
 * ```ts
 * import { DariError } from "@dari/dari";
 * import { diskFailure } from "./disk_failure.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const cause = Object.assign(new Error("No space left on device"), { code: "ENOSPC" });
 * const told = diskFailure(new DariError("io", 'Cannot write "/srv/dari.db"', { cause }));
 * assertEquals([told?.code, told?.message], [
 *   "resource_exhausted",
 *   "The server's disk is full, and nothing was written; try again later",
 * ]);
 * ```
 */
export function diskFailure(error: DariError): DariError | undefined {
  if (error.code !== "io") return undefined;
  const retryAfterMs = limits.diskRetryAfterMs;
  return isFull(error.cause)
    ? new DariError(
      "resource_exhausted",
      "The server's disk is full, and nothing was written; try again later",
      { retryAfterMs },
    )
    : new DariError(
      "unavailable",
      "The server could not read or write its disk; try again later",
      { retryAfterMs },
    );
}

/** Looks through the causes as well: the store's error is often the cause of another. */
function isFull(cause: unknown): boolean {
  for (let error = cause; error instanceof Error; error = error.cause) {
    const { code, errcode } = error as { code?: unknown; errcode?: unknown };
    if (FULL.has(code) || (typeof errcode === "number" && (errcode & 0xff) === SQLITE_FULL)) {
      return true;
    }
  }
  return false;
}
