/**
 * The ledger of a data directory: in its store, opened when it is needed.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";
import { exists } from "../base/file/file_state.ts";
import { ensurePrivateDirectory } from "../base/file/files.ts";
import { limits } from "../base/limits.ts";
import { recordKeyPath } from "../cluster/record_key.ts";
import { type Ledger, openStoreLedger } from "../cert/ledger/ledger.ts";
import type { Store } from "../store/store.ts";
import { openDataStore } from "./store/shared_store.ts";

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
    const isShared = await exists(recordKeyPath(directory));
    if (!create && !isShared && !await exists(path)) return null;
    await ensurePrivateDirectory(directory);
    return await openOwned(directory, clock);
  }, { directory, storeFile: path, clock });
}

/** The store of the directory; closing it closes all that it was opened with. */
async function openOwned(directory: string, clock: Clock | undefined): Promise<Store> {
  const kept = await openDataStore(directory, { clock });
  const { store } = kept;
  const close = store.close.bind(store);
  let isClosed = false;
  store.close = async () => {
    if (isClosed) return await close();
    isClosed = true;
    await kept[Symbol.asyncDispose]();
  };
  return store;
}
