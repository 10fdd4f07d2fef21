/**
 * Who runs which call: one word in shared memory for each call that was handed to the workers.
 *
 * A worker runs a call only after it has moved the call's word from "queued" to "running on me", in
 * one step. So a call that is cancelled while it is queued never starts, a call that is put into the
 * queue twice runs once, and after a worker's death it is known what it was running.
 *
 * @module
 */

const CODE_BITS = 10;
const CODE_MASK = (1 << CODE_BITS) - 1;
const QUEUED = 1;
const FIRST_WORKER = 16;
/** The most workers of one pool. */
export const MAX_WORKERS = CODE_MASK - FIRST_WORKER;
/** Turns after which a slot's generation begins again. */
const GENERATIONS = 1 << (31 - CODE_BITS);

/** One call's place in the table; the generation tells it from the slot's earlier calls. */
export interface Place {
  readonly slot: number;
  readonly generation: number;
}

/** The table, seen from the pool or from a worker. */
export class PoolSlots {
  readonly #words: Int32Array;
  readonly #free: number[] = [];

  constructor(readonly buffer: SharedArrayBuffer) {
    this.#words = new Int32Array(buffer);
    for (let slot = this.#words.length - 1; slot >= 0; slot--) this.#free.push(slot);
  }

  static allocate(length: number): PoolSlots {
    return new PoolSlots(new SharedArrayBuffer(length * Int32Array.BYTES_PER_ELEMENT));
  }

  /** The pool takes a slot for a call that it is about to queue. */
  take(): Place | undefined {
    const slot = this.#free.pop();
    if (slot === undefined) return undefined;
    const before = Atomics.load(this.#words, slot) >>> CODE_BITS;
    const generation = (before + 1) % GENERATIONS;
    Atomics.store(this.#words, slot, generation << CODE_BITS | QUEUED);
    return { slot, generation };
  }

  /** The pool gives the slot back: no worker can claim the call any more. */
  release({ slot, generation }: Place): void {
    Atomics.store(this.#words, slot, generation << CODE_BITS);
    this.#free.push(slot);
  }

  /** A worker claims the call; `false` where it was cancelled or another one has it. */
  claim({ slot, generation }: Place, worker: number): boolean {
    const queued = generation << CODE_BITS | QUEUED;
    const running = generation << CODE_BITS | (FIRST_WORKER + worker);
    return Atomics.compareExchange(this.#words, slot, queued, running) === queued;
  }

  /** The pool withdraws a call; `false` where a worker has it already. */
  withdraw({ slot, generation }: Place): boolean {
    const queued = generation << CODE_BITS | QUEUED;
    return Atomics.compareExchange(this.#words, slot, queued, generation << CODE_BITS) === queued;
  }

  /** The worker that runs the call, or `undefined` while it is queued. */
  workerOf({ slot }: Place): number | undefined {
    const code = Atomics.load(this.#words, slot) & CODE_MASK;
    return code >= FIRST_WORKER ? code - FIRST_WORKER : undefined;
  }
}
