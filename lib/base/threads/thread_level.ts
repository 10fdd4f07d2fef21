/**
 * A sum to which each thread of a program adds its part.
 *
 * @module
 */

/** The parts of a sum, one for each thread, in shared memory. */
export class ThreadLevel {
  readonly #cells: Int32Array<SharedArrayBuffer>;
  readonly #thread: number;
  readonly #unit: number;

  /**
   * Allocates the memory.
   *
   * @param threads How many threads there are.
   */
  static allocate(threads: number): SharedArrayBuffer {
    return new SharedArrayBuffer(4 * threads);
  }

  /**
   * @param memory What `allocate` made.
   * @param thread The number of this thread, from 0.
   * @param unit What the parts are counted in: each is rounded up to a multiple of it.
   */
  constructor(memory: SharedArrayBuffer, thread: number, unit = 1) {
    this.#cells = new Int32Array(memory);
    this.#thread = thread;
    this.#unit = unit;
  }

  /** How many threads there are. */
  get threads(): number {
    return this.#cells.length;
  }

  /**
   * Says how large the part of this thread is now.
   *
   * @param part Its size.
   */
  set(part: number): void {
    Atomics.store(this.#cells, this.#thread, Math.ceil(part / this.#unit));
  }

  /** The parts of the other threads together. */
  get others(): number {
    let sum = 0;
    for (let thread = 0; thread < this.#cells.length; thread++) {
      if (thread !== this.#thread) sum += Atomics.load(this.#cells, thread);
    }
    return sum * this.#unit;
  }

  /**
   * Takes the part of a thread out that has ended.
   *
   * @param thread The number of that thread.
   */
  forget(thread: number): void {
    Atomics.store(this.#cells, thread, 0);
  }
}

/** Bytes that all threads of a program take from one supply. */
export class ThreadBytes {
  /** The most bytes that may be taken. */
  readonly maxBytes: number;
  readonly #level: ThreadLevel;
  #own = 0;

  /**
   * @param maxBytes The most bytes that may be taken.
   * @param level What each thread has taken.
   */
  constructor(maxBytes: number, level: ThreadLevel) {
    this.maxBytes = maxBytes;
    this.#level = level;
  }

  /** The bytes that all threads have taken. */
  get used(): number {
    return this.#own + this.#level.others;
  }

  /**
   * Takes bytes for this thread, or gives some back.
   *
   * @param bytes How many; negative for giving back.
   */
  take(bytes: number): void {
    this.#own += bytes;
    this.#level.set(this.#own);
  }
}
