/**
 * How long a store takes.
 *
 * @module
 */

import type { Store } from "../../store/store.ts";
import type { MetricsRegistry } from "./registry.ts";

/** Upper bounds for what a store takes, in seconds. */
export const STORE_BUCKETS: readonly number[] = [
  .000_05,
  .000_1,
  .000_25,
  .000_5,
  .001,
  .0025,
  .005,
  .01,
  .025,
  .05,
  .1,
  .5,
  1,
];

/**
 * Measures a store.
 *
 * @param store The store.
 * @param registry Where its times are registered.
 * @param monotonic Where they come from, in milliseconds.
 * @returns The store, whose reads and writes are measured, failures included.
 */
export function measuredStore(
  store: Store,
  registry: MetricsRegistry,
  monotonic: () => number = () => performance.now(),
): Store {
  const times = registry.histogram({
    name: "dari.store.duration",
    help: "How long reads and writes of the store took.",
    unit: "s",
    labels: ["operation"],
    bounds: STORE_BUCKETS,
  });
  const measured = async <T>(operation: string, work: () => Promise<T>): Promise<T> => {
    const begun = monotonic();
    try {
      return await work();
    } finally {
      times.of(operation).record((monotonic() - begun) / 1_000);
    }
  };
  return {
    get: (key) => measured("get", () => store.get(key)),
    put: (key, value, options) => measured("put", () => store.put(key, value, options)),
    delete: (key, options) => measured("delete", () => store.delete(key, options)),
    list: (prefix) => measured("list", () => store.list(prefix)),
    batch: (operations) => measured("batch", () => store.batch(operations)),
    watch: (prefix, listener) => store.watch(prefix, listener),
    close: () => store.close(),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}
