/**
 * A map with a bound on its entries.
 *
 * @module
 */

/**
 * A map that drops the entries whose last use is longest ago. An entry outlives at least half as
 * many additions as the map may hold entries, counted from its last use.
 *
 * There are two generations of at most half the bound each. Invariant: a key is in at most one of
 * them. A use of an old entry moves it to the young generation; when the young one is full, the old
 * one is dropped and the young one becomes old. So a hit on a busy entry costs one look-up and no
 * reordering.
 *
 * @example
 * ```ts
 * import { BoundedMap } from "./bounded_map.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const squares = new BoundedMap<number, number>(4);
 * for (let n = 1; n <= 10; n++) squares.set(n, n * n);
 * assertEquals(squares.get(10), 100);
 * assertEquals(squares.get(1), undefined);
 * ```
 */
export class BoundedMap<K, V> {
  readonly #maxPerGeneration: number;
  #young = new Map<K, V>();
  #old = new Map<K, V>();

  /**
   * Makes an empty map.
   *
   * @param maxEntries The most entries that it holds, 2 or more.
   * @throws {RangeError} If it is less than 2.
   */
  constructor(maxEntries: number) {
    if (!(maxEntries >= 2)) throw new RangeError(`maxEntries must be 2 or more, not ${maxEntries}`);
    this.#maxPerGeneration = Math.floor(maxEntries / 2);
  }

  /** How many entries it holds. */
  get size(): number {
    return this.#young.size + this.#old.size;
  }

  /**
   * Looks an entry up, and counts that as its use.
   *
   * @param key The key.
   * @returns The value, or `undefined`.
   */
  get(key: K): V | undefined {
    const value = this.#young.get(key);
    if (value !== undefined || this.#old.size === 0) return value;
    const older = this.#old.get(key);
    if (older !== undefined) this.set(key, older);
    return older;
  }

  /**
   * Sets an entry; this may drop the entries whose last use is longest ago.
   *
   * @param key The key.
   * @param value The value; not `undefined`.
   */
  set(key: K, value: V): void {
    this.#old.delete(key);
    if (this.#young.size >= this.#maxPerGeneration && !this.#young.has(key)) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, value);
  }

  /**
   * Removes an entry.
   *
   * @param key The key.
   * @returns Whether it was there.
   */
  delete(key: K): boolean {
    return this.#young.delete(key) || this.#old.delete(key);
  }

  /** Removes every entry. */
  clear(): void {
    this.#young.clear();
    this.#old.clear();
  }

  /** The values, in no particular order. */
  *values(): Generator<V> {
    yield* this.#young.values();
    yield* this.#old.values();
  }
}
