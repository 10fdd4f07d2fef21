/**
 * The audit of a data directory, for the commands that read it: they need no server, and change nothing.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { openTables, type TablesReader } from "../../store/tables/reader.ts";
import type { Io } from "../app/command.ts";
import { type DataChoice, dataDirectoryOf } from "../workspace/data_directory.ts";

/** The audit of a data directory; disposing closes its file. */
export interface AuditedDirectory extends TablesReader {
  /** The data directory. */
  readonly directory: string;
}

/**
 * Opens the audit of a data directory to read it.
 *
 * @param choice What the user typed for the directory.
 * @param io Its environment names the default.
 * @throws {DariError} `not_found` where there is none, `data` or `io` where it cannot be read.
 */
export async function openAudit(choice: DataChoice, io: Io): Promise<AuditedDirectory> {
  const directory = dataDirectoryOf(choice, io);
  const path = `${directory}/${limits.storeFile}`;
  const reader = await openTables(path, "audit_records").catch((cause) => {
    if (!(cause instanceof DariError && cause.code === "not_found")) throw cause;
    const message = `There is no audit in "${directory}": nothing was recorded there yet`;
    throw new DariError("not_found", message, { cause });
  });
  return {
    directory,
    query: (work) => reader.query(work),
    [Symbol.dispose]: () => reader[Symbol.dispose](),
  };
}
