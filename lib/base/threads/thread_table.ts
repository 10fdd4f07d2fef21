/**
 * Numbers by name that the threads of one program share.
 *
 * @module
 */

import { limits } from "../limits.ts";
import { ThreadLock } from "./thread_lock.ts";

/** The cells before the rows: the lock, and two that make the places of names unpredictable. */
const HEADER = 3;
/** Each row begins with two halves of the hash of its name; both are 0 where the row was never used. */
const KEY = 2;

/**
 * A table of rows of whole numbers in shared memory, by name. Names are kept as hashes of 64 bits. It
 * has a fixed number of rows: a row whose numbers are all 0 is given to the next name that needs one.
 *
 * @example
 * ```ts
 * import { ThreadTable } from "./thread_table.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const memory = ThreadTable.allocate(100, 1);
 * const [here, there] = [0, 1].map((thread) => new ThreadTable(memory, 1, thread));
 * here?.update("192.0.2.1", (row) => row[0] = 3);
 * assertEquals(there?.read("192.0.2.1", (row) => row[0]), 3);
 * ```
 */
export class ThreadTable {
  readonly #cells: Int32Array<SharedArrayBuffer>;
  readonly #lock: ThreadLock;
  readonly #rowLength: number;
  readonly #mask: number;

  /**
   * Allocates the memory of a table.
   *
   * @param names How many names it has room for; it gets twice as many rows.
   * @param columns How many numbers a row has.
   */
  static allocate(names: number, columns: number): SharedArrayBuffer {
    const rows = 2 ** Math.ceil(Math.log2(Math.max(limits.threadTableProbes, 2 * names)));
    const memory = new SharedArrayBuffer(4 * (HEADER + rows * (KEY + columns)));
    // Random bytes are not written into shared memory directly.
    seedOf(new Int32Array(memory)).set(crypto.getRandomValues(new Int32Array(HEADER - 1)));
    return memory;
  }

  /**
   * Opens a table.
   *
   * @param memory What `allocate` made.
   * @param columns How many numbers a row has, as in `allocate`.
   * @param thread The number of this thread, from 0.
   */
  constructor(memory: SharedArrayBuffer, columns: number, thread: number) {
    this.#cells = new Int32Array(memory);
    this.#lock = new ThreadLock(this.#cells, 0, thread);
    this.#rowLength = KEY + columns;
    this.#mask = (this.#cells.length - HEADER) / this.#rowLength - 1;
  }

  /**
   * Reads the row of a name, and nothing else meanwhile changes it.
   *
   * @param name The name.
   * @param look Is given the numbers; it must not keep them.
   * @returns What `look` returned; `undefined` where the name has no row.
   */
  read<T>(name: string, look: (row: Int32Array) => T): T | undefined {
    return this.#lock.hold(() => {
      const row = this.#find(name, false);
      return row && look(row);
    });
  }

  /**
   * Changes the row of a name, and no other thread sees it in between.
   *
   * @param name The name.
   * @param change Is given the numbers, zeros for a new name; it must not keep them.
   * @returns What `change` returned; `undefined` where the table is full.
   */
  update<T>(name: string, change: (row: Int32Array) => T): T | undefined {
    return this.#lock.hold(() => {
      const row = this.#find(name, true);
      return row && change(row);
    });
  }

  /**
   * Changes every row that is in use.
   *
   * @param change Is given the numbers of each; it must not keep them.
   */
  updateAll(change: (row: Int32Array) => void): void {
    this.#lock.hold(() => {
      for (let index = 0; index <= this.#mask; index++) {
        const row = this.#rowAt(index);
        if (!isUnused(row)) change(row);
      }
    });
  }

  /**
   * Takes the lock of the table from a thread that has ended.
   *
   * @param thread The number of that thread.
   */
  release(thread: number): void {
    this.#lock.breakOf(thread);
  }

  #find(name: string, isWanted: boolean): Int32Array | undefined {
    const [low, high] = hashOf(name, seedOf(this.#cells));
    let spare: number | undefined;
    for (let probe = 0; probe < limits.threadTableProbes; probe++) {
      const index = (low + probe) & this.#mask;
      const at = HEADER + index * this.#rowLength;
      if (this.#cells[at] === low && this.#cells[at + 1] === high) return this.#rowAt(index);
      if (spare === undefined && isUnused(this.#rowAt(index))) spare = index;
      // Names follow one another without a gap until a row that was never used.
      if (this.#cells[at] === 0 && this.#cells[at + 1] === 0) break;
    }
    if (!isWanted || spare === undefined) return undefined;
    const at = HEADER + spare * this.#rowLength;
    this.#cells[at] = low;
    this.#cells[at + 1] = high;
    return this.#rowAt(spare);
  }

  #rowAt(index: number): Int32Array {
    const at = HEADER + index * this.#rowLength + KEY;
    return this.#cells.subarray(at, at + this.#rowLength - KEY);
  }
}

function isUnused(row: Int32Array): boolean {
  return row.every((number) => number === 0);
}

function seedOf(cells: Int32Array<SharedArrayBuffer>): Int32Array<SharedArrayBuffer> {
  return cells.subarray(1, HEADER);
}

/** Two hashes with secret beginnings, so that nobody can choose names that meet in one row. */
function hashOf(name: string, seed: Int32Array): readonly [low: number, high: number] {
  let [low = 0, high = 0] = seed;
  for (let at = 0; at < name.length; at++) {
    const code = name.charCodeAt(at);
    low = Math.imul(low ^ code, 0x9e3779b1);
    high = Math.imul(high ^ code ^ (low >>> 15), 0x85ebca6b);
    low ^= low >>> 13;
    high ^= high >>> 16;
  }
  // Both 0 stands for a row that was never used.
  return [low | 0, (high | 0) || 1];
}
