import { StoreLog } from "../../lib/cert/ledger/store_log.ts";
import { diskFiles, FileMove, type MoveFiles } from "../../lib/cert/ledger/file_move.ts";
import { systemClock } from "../../lib/base/clock.ts";
import type { Store } from "../../lib/store/mod.ts";

/**
 * A ledger's log over a store that takes over the file of a directory, with a stop before and after
 * each thing that it does to the disk and to the store.
 *
 * @param stop Called at each of these moments, counted from 0.
 */
export function interruptedMove(
  store: Store,
  directory: string,
  stop: (moment: number) => void,
): StoreLog {
  let moment = 0;
  const between = async <T>(operate: () => Promise<T>): Promise<T> => {
    stop(moment++);
    const result = await operate();
    try {
      stop(moment++);
    } catch (error) {
      // A process that ends lets go of its locks.
      (result as Partial<Disposable> | null)?.[Symbol.dispose]?.();
      throw error;
    }
    return result;
  };
  const files: MoveFiles = {
    list: (path) => between(() => diskFiles.list(path)),
    lock: (path) => between(() => diskFiles.lock(path)),
    rename: (from, to) => between(() => diskFiles.rename(from, to)),
  };
  return new StoreLog({
    clock: systemClock,
    move: new FileMove(directory, systemClock, files),
    store: {
      ...store,
      get: (key) => between(() => store.get(key)),
      list: (prefix) => between(() => store.list(prefix)),
      batch: (operations) => between(() => store.batch(operations)),
      put: (...args) => between(() => store.put(...args)),
      delete: (...args) => between(() => store.delete(...args)),
      watch: (prefix, listener) => store.watch(prefix, listener),
      close: () => store.close(),
      [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
    },
  });
}
