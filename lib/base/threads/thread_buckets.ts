/**
 * Token buckets that the threads of one program share.
 *
 * @module
 */

import { limits } from "../limits.ts";
import type { Buckets, BucketSize } from "../token_buckets.ts";
import { ThreadTable } from "./thread_table.ts";

/** A row is a moment: seconds, and a fraction of one. */
const COLUMNS = 2;
const { threadSecondParts: PARTS } = limits;

/**
 * Buckets as `TokenBuckets` has them, in a table that other buckets may share: their names keep them
 * apart. Threads that ask for the last token at once may both get it.
 */
export class ThreadBuckets implements Buckets<string> {
  readonly #table: ThreadTable;
  readonly #name: string;
  readonly #tokenMs: number;
  /** How long before it is full a bucket holds one token. */
  readonly #lastTokenMs: number;

  /**
   * Allocates the memory of a table.
   *
   * @param keys How many buckets it has room for.
   */
  static allocate(keys: number): SharedArrayBuffer {
    return ThreadTable.allocate(keys, COLUMNS);
  }

  /**
   * @param memory What `allocate` made.
   * @param thread The number of this thread, from 0.
   * @param name The name of these buckets, the same in all threads.
   * @param size How much each bucket gives.
   */
  constructor(memory: SharedArrayBuffer, thread: number, name: string, size: BucketSize) {
    this.#table = new ThreadTable(memory, COLUMNS, thread);
    this.#name = name;
    this.#tokenMs = 1_000 / size.perSecond;
    this.#lastTokenMs = (size.burst - 1) * this.#tokenMs;
  }

  waitMs(key: string, now: number): number {
    const fullAt = this.#table.read(`${this.#name} ${key}`, momentOf) ?? 0;
    return Math.max(0, fullAt - this.#lastTokenMs - now);
  }

  take(key: string, now: number): void {
    const change = (row: Int32Array) => {
      writeMoment(row, Math.max(now, momentOf(row)) + this.#tokenMs);
      return true;
    };
    const name = `${this.#name} ${key}`;
    if (this.#table.update(name, change) !== undefined) return;
    // The table is full: buckets that are full again need no row.
    this.#table.updateAll((row) => momentOf(row) <= now && row.fill(0));
    this.#table.update(name, change);
  }
}

function momentOf([seconds = 0, fraction = 0]: Int32Array): number {
  return 1_000 * (seconds + fraction / PARTS);
}

function writeMoment(row: Int32Array, ms: number): void {
  const seconds = ms / 1_000;
  row[0] = Math.floor(seconds);
  row[1] = Math.floor((seconds - Math.floor(seconds)) * PARTS);
}
