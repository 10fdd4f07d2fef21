/**
 * Counts by name to which all threads of a program add.
 *
 * @module
 */

import { ThreadTable } from "./thread_table.ts";

/**
 * Counts in shared memory: each is the sum of the parts of all threads, so that the part of a thread
 * that has ended can be taken out.
 */
export class ThreadCounts {
  readonly #table: ThreadTable;
  readonly #thread: number;

  /**
   * Allocates the memory.
   *
   * @param names How many names it has room for.
   * @param threads How many threads there are.
   */
  static allocate(names: number, threads: number): SharedArrayBuffer {
    return ThreadTable.allocate(names, 1 + threads);
  }

  /**
   * @param memory What `allocate` made.
   * @param threads How many threads there are, as in `allocate`.
   * @param thread The number of this thread, from 0.
   */
  constructor(memory: SharedArrayBuffer, threads: number, thread: number) {
    this.#table = new ThreadTable(memory, 1 + threads, thread);
    this.#thread = thread;
  }

  /**
   * Changes a count.
   *
   * @param name Its name.
   * @param by How much is added; negative for less.
   * @returns The count of all threads after that; 0 where the table is full, and the name not counted.
   */
  change(name: string, by: number): number {
    const own = 1 + this.#thread;
    return this.#table.update(name, (row) => {
      // A name that was not counted when the table was full has nothing to give back.
      const change = Math.max(by, -(row[own] ?? 0));
      row[own] = (row[own] ?? 0) + change;
      return row[0] = (row[0] ?? 0) + change;
    }) ?? 0;
  }

  /**
   * Reads a count.
   *
   * @param name Its name.
   * @returns The count of all threads.
   */
  of(name: string): number {
    return this.#table.read(name, (row) => row[0]) ?? 0;
  }

  /**
   * Takes out what a thread has counted that has ended.
   *
   * @param thread The number of that thread.
   */
  forget(thread: number): void {
    this.#table.release(thread);
    this.#table.updateAll((row) => {
      row[0] = (row[0] ?? 0) - (row[1 + thread] ?? 0);
      row[1 + thread] = 0;
    });
  }
}
