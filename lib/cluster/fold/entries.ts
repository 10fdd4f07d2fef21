/**
 * The entries that all servers have, in memory.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import type { Change, Entry, Operation } from "../../store/store.ts";
import { OrderedKeys } from "./ordered_keys.ts";

/** The entries by their keys, the keys in order, and which of them end when. */
export class Entries {
  readonly #entries = new Map<string, Entry>();
  readonly #keys = new OrderedKeys();
  /** Keys of entries that end, by the slice of time in which they do. */
  readonly #ending = new Map<number, Set<string>>();
  /** The slice of time whose entries, and those of all before it, are gone. */
  #swept: number;
  /** Characters of all keys and values. */
  #length = 0;

  /**
   * @param swept Until when entries that had ended were removed, in slices of time.
   */
  constructor(swept = 0) {
    this.#swept = swept;
  }

  /** How many there are, those that have expired and were not removed included. */
  get size(): number {
    return this.#entries.size;
  }

  /** About how much they take, in characters. */
  get length(): number {
    return this.#length;
  }

  /** About how many bytes of memory they take. */
  get bytes(): number {
    return this.#length + this.size * limits.storeEntryBytes;
  }

  /** Until when entries that had ended were removed, in slices of time. */
  get swept(): number {
    return this.#swept;
  }

  /**
   * Whether there is an entry under a key, also one that has expired.
   *
   * @param key The key.
   */
  has(key: string): boolean {
    return this.#entries.has(key);
  }

  /**
   * Gives what is stored under a key and has not expired.
   *
   * @param key The key.
   * @param nowMs The time.
   */
  at(key: string, nowMs: number): Entry | null {
    const entry = this.#entries.get(key);
    return entry === undefined || isOver(entry, nowMs) ? null : entry;
  }

  /**
   * Gives what has not expired under a prefix, in the order of the keys.
   *
   * @param prefix What the keys begin with.
   * @param nowMs The time.
   */
  list(prefix: string, nowMs: number): Entry[] {
    const found: Entry[] = [];
    for (const key of this.#keys.from(prefix)) {
      const entry = this.at(key, nowMs);
      if (entry !== null) found.push(entry);
    }
    return found;
  }

  /** All entries, those that have expired included. */
  all(): Entry[] {
    return [...this.#entries.values()];
  }

  /**
   * Carries out the steps of a batch.
   *
   * @param operations The steps, checked.
   * @param version The version that what they write gets.
   * @returns What changed, in order.
   */
  apply(operations: readonly Operation[], version: number): Change[] {
    return operations.flatMap((operation): Change[] => {
      const { key } = operation;
      if (operation.kind === "delete") return this.#remove(key) ? [{ kind: "delete", key }] : [];
      const { value, expiresAtMs } = operation;
      const entry = { key, value, version, ...(expiresAtMs === undefined ? {} : { expiresAtMs }) };
      this.put(entry);
      return [{ kind: "put", entry }];
    });
  }

  /**
   * Puts an entry in the place of the one under its key.
   *
   * @param entry The entry.
   */
  put(entry: Entry): void {
    const { key, value, expiresAtMs } = entry;
    this.#forget(key);
    this.#keys.add(key);
    this.#entries.set(key, entry);
    this.#length += key.length + value.length;
    if (expiresAtMs === undefined) return;
    const slice = sliceOf(expiresAtMs);
    const ending = this.#ending.get(slice);
    if (ending === undefined) this.#ending.set(slice, new Set([key]));
    else ending.add(key);
  }

  /**
   * Removes entries that ended long ago. What is removed depends on nothing but the entries and the
   * time, so that all servers remove the same.
   *
   * @param nowMs The time.
   */
  sweep(nowMs: number): void {
    const until = sliceOf(nowMs - limits.storeSweepAfterMs);
    if (until <= this.#swept) return;
    this.#swept = until;
    for (const [slice, keys] of this.#ending) {
      if (slice >= until) continue;
      for (const key of [...keys]) this.#remove(key);
    }
  }

  #remove(key: string): boolean {
    if (!this.#forget(key)) return false;
    this.#entries.delete(key);
    this.#keys.delete(key);
    return true;
  }

  /** Takes an entry out of what is counted. */
  #forget(key: string): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined) return false;
    this.#length -= key.length + entry.value.length;
    if (entry.expiresAtMs === undefined) return true;
    const slice = sliceOf(entry.expiresAtMs);
    const ending = this.#ending.get(slice);
    ending?.delete(key);
    if (ending?.size === 0) this.#ending.delete(slice);
    return true;
  }
}

function isOver({ expiresAtMs }: Entry, nowMs: number): boolean {
  return expiresAtMs !== undefined && expiresAtMs <= nowMs;
}

function sliceOf(timeMs: number): number {
  return Math.floor(timeMs / limits.storeSweepMs);
}
