/**
 * Which workers of a pool are awake.
 *
 * @module
 */

/** One word for each worker, in memory that all of them share. */
export class AwakeWorkers {
  readonly #words: Int32Array;

  constructor(readonly buffer: SharedArrayBuffer) {
    this.#words = new Int32Array(buffer);
  }

  static allocate(workers: number): AwakeWorkers {
    return new AwakeWorkers(new SharedArrayBuffer(workers * Int32Array.BYTES_PER_ELEMENT));
  }

  set(index: number, isAwake: boolean): void {
    Atomics.store(this.#words, index, isAwake ? 1 : 0);
  }

  /** Whether a thread can look out for work without taking the core from one that has some. */
  get haveFreeCore(): boolean {
    let awake = 1; // the pool's own thread
    for (let index = 0; index < this.#words.length; index++) awake += this.#words[index] ?? 0;
    return awake <= navigator.hardwareConcurrency;
  }
}
