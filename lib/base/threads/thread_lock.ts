/**
 * A lock that threads of one program take for a few microseconds.
 *
 * @module
 */

import { limits } from "../limits.ts";

const FREE = 0;

/**
 * A lock in shared memory. It holds the number of the thread that has it, so that the lock of a thread
 * that was ended can be broken.
 */
export class ThreadLock {
  readonly #cells: Int32Array<SharedArrayBuffer>;
  readonly #at: number;
  readonly #holder: number;

  /**
   * @param cells Shared memory that begins as zeros.
   * @param at The index of the cell that the lock is in.
   * @param thread The number of this thread, from 0.
   */
  constructor(cells: Int32Array<SharedArrayBuffer>, at: number, thread: number) {
    this.#cells = cells;
    this.#at = at;
    this.#holder = thread + 1;
  }

  /**
   * Works with the lock held. It blocks this thread until the lock is free.
   *
   * @param work What to do; it must be short, and must not take the lock again.
   * @returns What the work returned.
   */
  hold<T>(work: () => T): T {
    for (;;) {
      const found = Atomics.compareExchange(this.#cells, this.#at, FREE, this.#holder);
      if (found === FREE) break;
      // The holder may have lost its core. The time-out is for one that is ended meanwhile.
      Atomics.wait(this.#cells, this.#at, found, limits.threadLockWaitMs);
    }
    try {
      return work();
    } finally {
      Atomics.store(this.#cells, this.#at, FREE);
      Atomics.notify(this.#cells, this.#at, 1);
    }
  }

  /**
   * Frees the lock where a thread holds it that has ended.
   *
   * @param thread The number of that thread.
   */
  breakOf(thread: number): void {
    if (Atomics.compareExchange(this.#cells, this.#at, thread + 1, FREE) !== thread + 1) return;
    Atomics.notify(this.#cells, this.#at, 1);
  }
}
