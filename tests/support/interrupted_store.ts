import type { Store } from "../../lib/store/mod.ts";

/** A store on which something else happens right before or after one of its operations. */
export interface InterruptedStore {
  readonly store: Store;
  /** Runs `act` at a moment counted from now: each operation has one moment before it and one after. */
  arm(at: number, act: () => Promise<void>): void;
  /** Whether it has run. */
  readonly hasActed: boolean;
}

/** Wraps a store. Writes to the wrapped store itself stand for those of another server. */
export function interruptedStore(beneath: Store): InterruptedStore {
  let left = Infinity;
  let act = () => Promise.resolve();
  const moment = async () => {
    if (left-- === 0) await act();
  };
  const between = async <T>(operate: () => Promise<T>): Promise<T> => {
    await moment();
    const result = await operate();
    await moment();
    return result;
  };
  return {
    store: {
      get: (key) => between(() => beneath.get(key)),
      put: (...args) => between(() => beneath.put(...args)),
      delete: (...args) => between(() => beneath.delete(...args)),
      list: (prefix) => between(() => beneath.list(prefix)),
      batch: (operations) => between(() => beneath.batch(operations)),
      watch: (prefix, listener) => beneath.watch(prefix, listener),
      close: () => beneath.close(),
      [Symbol.asyncDispose]: () => beneath[Symbol.asyncDispose](),
    },
    arm(at, next) {
      left = at;
      act = next;
    },
    get hasActed() {
      return left < 0;
    },
  };
}
