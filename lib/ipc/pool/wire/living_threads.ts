/**
 * Which thread of each worker may run calls: one word in shared memory for each worker.
 *
 * Invariants:
 * - A word only rises, by one when a thread begins and by one when it is to end; it is odd while a
 *   thread lives, and then it is that thread's number. Only the pool changes it.
 * - The pool ends a thread before it looks for the calls of that thread. A worker looks here after it
 *   has claimed a call. So a call that is claimed while its thread is being ended is found by the pool
 *   or given back by the worker.
 *
 * @module
 */

/** The table, as the pool or a worker uses it. */
export class LivingThreads {
  readonly #words: Int32Array;

  /** @param buffer The memory; made by `allocate`. */
  constructor(readonly buffer: SharedArrayBuffer) {
    this.#words = new Int32Array(buffer);
  }

  /** Makes a table without threads. */
  static allocate(workers: number): LivingThreads {
    return new LivingThreads(new SharedArrayBuffer(workers * Int32Array.BYTES_PER_ELEMENT));
  }

  /** Lets another thread take over a worker whose last one was ended; returns its number. */
  begin(worker: number): number {
    return Atomics.add(this.#words, worker, 1) + 1;
  }

  /** Ends a thread: it begins no more calls. A second call does nothing. */
  end(worker: number, thread: number): void {
    Atomics.compareExchange(this.#words, worker, thread, thread + 1);
  }

  /** Whether the thread may run calls. */
  has(worker: number, thread: number): boolean {
    return Atomics.load(this.#words, worker) === thread;
  }
}
