/**
 * Values by number, for numbers that are handed out here: an array and a mask, since a Map that is
 * added to and deleted from for every call keeps its discarded tables, and the calls in them, alive
 * until the next full collection (41% of a busy client's time).
 *
 * Invariant: both arrays have the same length, 0 or a power of two, and are at most half full once
 * `nextId` has returned. The number in slot `s` is 0 where the slot is free, and otherwise an `id`
 * with `id & (length - 1) === s`, whose value stands in the same slot.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";

/** Not a bound: the arrays grow. */
const { initialCallSlots: INITIAL_LENGTH } = limits;

/** Values by the numbers that {@linkcode Slots.nextId} gave them. */
export class Slots<T> {
  // Made by the first number: most connections of a server never call.
  #values: (T | undefined)[] = [];
  #ids: number[] = [];
  #size = 0;
  #lastId = 0;

  /** How many values there are. */
  get size(): number {
    return this.#size;
  }

  /** @returns A number greater than any before, whose slot is free. */
  nextId(): number {
    if (this.#size * 2 >= this.#ids.length) this.#grow();
    const mask = this.#ids.length - 1;
    do this.#lastId++; while (this.#ids[this.#lastId & mask] !== 0);
    return this.#lastId;
  }

  /** Adds a value under the number that `nextId` gave last. */
  set(id: number, value: T): void {
    const slot = id & (this.#ids.length - 1);
    this.#ids[slot] = id;
    this.#values[slot] = value;
    this.#size++;
  }

  /** @returns The value, or `undefined` where there is none. */
  get(id: unknown): T | undefined {
    if (typeof id !== "number") return undefined;
    const slot = id & (this.#ids.length - 1);
    return this.#ids[slot] === id ? this.#values[slot] : undefined;
  }

  /** Takes a value out. */
  take(id: unknown): T | undefined {
    if (typeof id !== "number" || id === 0) return undefined;
    const slot = id & (this.#ids.length - 1);
    if (this.#ids[slot] !== id) return undefined;
    const value = this.#values[slot];
    this.#ids[slot] = 0;
    this.#values[slot] = undefined;
    this.#size--;
    return value;
  }

  /** The values, in no order. */
  *values(): Generator<T> {
    for (const value of this.#values) if (value !== undefined) yield value;
  }

  /** Takes all values out. */
  clear(): void {
    this.#values.fill(undefined);
    this.#ids.fill(0);
    this.#size = 0;
  }

  #grow(): void {
    const length = Math.max(INITIAL_LENGTH, this.#ids.length * 2);
    const values: (T | undefined)[] = new Array(length);
    const ids: number[] = new Array(length).fill(0);
    this.#ids.forEach((id, slot) => {
      if (id === 0) return;
      ids[id & (length - 1)] = id;
      values[id & (length - 1)] = this.#values[slot];
    });
    this.#values = values;
    this.#ids = ids;
  }
}
