/**
 * Keys in their order, of which there may be millions.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";

/**
 * A set of keys in the order of their UTF-16 units. They are kept in runs of bounded length, so that no
 * addition moves many.
 *
 * @example
 * ```ts
 * import { OrderedKeys } from "./ordered_keys.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const keys = new OrderedKeys();
 * for (const key of ["b/1", "a/2", "a/1"]) keys.add(key);
 * assertEquals([...keys.from("a/")], ["a/1", "a/2"]);
 * ```
 */
export class OrderedKeys {
  /** Each in order, and all of one before all of the next; none is empty but the only one. */
  #runs: string[][] = [[]];

  /**
   * Adds a key.
   *
   * @param key The key; one that is there already is not added again.
   */
  add(key: string): void {
    const at = this.#runOf(key);
    const run = this.#runs[at]!;
    const place = placeIn(run, key);
    if (run[place] === key) return;
    run.splice(place, 0, key);
    if (run.length <= limits.storeKeyRunLength) return;
    this.#runs.splice(at + 1, 0, run.splice(run.length >> 1));
  }

  /**
   * Removes a key.
   *
   * @param key The key.
   */
  delete(key: string): void {
    const at = this.#runOf(key);
    const run = this.#runs[at]!;
    const place = placeIn(run, key);
    if (run[place] !== key) return;
    run.splice(place, 1);
    if (run.length === 0 && this.#runs.length > 1) this.#runs.splice(at, 1);
  }

  /**
   * Gives the keys with a prefix, in order. Nothing may be added or removed meanwhile.
   *
   * @param prefix What they begin with.
   */
  *from(prefix: string): Generator<string> {
    let at = this.#runOf(prefix);
    let place = placeIn(this.#runs[at]!, prefix);
    for (; at < this.#runs.length; at++, place = 0) {
      const run = this.#runs[at]!;
      for (; place < run.length; place++) {
        const key = run[place]!;
        if (!key.startsWith(prefix)) return;
        yield key;
      }
    }
  }

  /** The last run whose first key is not after this one. */
  #runOf(key: string): number {
    let [low, high] = [0, this.#runs.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#runs[middle]![0]! <= key) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/** Where a key is in a run, or would be. */
function placeIn(run: readonly string[], key: string): number {
  let [low, high] = [0, run.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (run[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
