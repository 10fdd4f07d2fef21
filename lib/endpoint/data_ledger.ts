/**
 * The ledger of a data directory: in its store, opened when it is needed.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";
import { exists } from "../base/file/file_state.ts";
import { ensurePrivateDirectory } from "../base/file/files.ts";
import { limits } from "../base/limits.ts";
import { openAuditedStore } from "./audit/audited_store.ts";
import { type Ledger, openStoreLedger } from "../cert/ledger/ledger.ts";

/**
 * Opens the ledger of a data directory. Nothing is read or made yet, and reading makes nothing.
 *
 * @param directory The data directory; the first certificate makes it.
 * @param clock Where the time comes from.
 * @returns The ledger; dispose of it to close the store.
 */
export function dataLedger(directory: string, clock?: Clock): Ledger {
  const path = `${directory}/${limits.storeFile}`;
  return openStoreLedger(async (create) => {
    if (!create && !await exists(path)) return null;
    await ensurePrivateDirectory(directory);
    return await openAuditedStore(directory, { clock });
  }, { directory, storeFile: path, clock });
}
