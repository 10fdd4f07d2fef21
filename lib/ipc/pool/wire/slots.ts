/**
 * Which worker runs which call: one word in shared memory for each dispatched call.
 *
 * A word is the generation of its slot (21 bits) and a code (10 bits): free, queued, or the worker
 * that runs the call.
 *
 * Invariants:
 * - free → queued → running on a worker → free, or queued → free when the call is withdrawn, or
 *   running → queued when a worker that is being ended gives the call back. Only the pool moves a word
 *   from free and to free; a worker moves it from queued to running on itself, in one step, before it
 *   runs the call. So a call that is cancelled while it is queued never starts, a
 *   call that is in the queue twice runs once, and the pool knows what a dead worker was running.
 * - Each use of a slot has another generation than the one before, so that a late reply or a late
 *   request in the queue does not match. Generations repeat after two million uses of one slot.
 * - `#free` has the slots that no call has; only the pool uses it.
 *
 * @module
 */

const CODE_BITS = 10;
const CODE_MASK = (1 << CODE_BITS) - 1;
const QUEUED = 1;
const FIRST_WORKER = 16;
/** The most workers of one pool. */
export const MAX_WORKERS = CODE_MASK - FIRST_WORKER;
/** How many uses of a slot have different generations. */
const GENERATIONS = 1 << (31 - CODE_BITS);

/** The place of one call: its slot, and the generation that tells it from earlier calls there. */
export interface Place {
  readonly slot: number;
  readonly generation: number;
}

/** The table, as the pool or a worker uses it. */
export class CallSlots {
  readonly #words: Int32Array;
  readonly #free: number[] = [];

  /** @param buffer The memory; made by `allocate`. */
  constructor(readonly buffer: SharedArrayBuffer) {
    this.#words = new Int32Array(buffer);
    for (let slot = this.#words.length - 1; slot >= 0; slot--) this.#free.push(slot);
  }

  /** Makes a table whose slots are all free. */
  static allocate(length: number): CallSlots {
    return new CallSlots(new SharedArrayBuffer(length * Int32Array.BYTES_PER_ELEMENT));
  }

  /**
   * Takes a free slot for a call that the pool is about to queue; `undefined` where none is free.
   */
  take(): Place | undefined {
    const slot = this.#free.pop();
    if (slot === undefined) return undefined;
    const before = Atomics.load(this.#words, slot) >>> CODE_BITS;
    const generation = (before + 1) % GENERATIONS;
    Atomics.store(this.#words, slot, generation << CODE_BITS | QUEUED);
    return { slot, generation };
  }

  /** Frees the slot; no worker can claim the call any more. */
  release({ slot, generation }: Place): void {
    Atomics.store(this.#words, slot, generation << CODE_BITS);
    this.#free.push(slot);
  }

  /** Claims the call for a worker; `false` where it was withdrawn or another worker has it. */
  claim({ slot, generation }: Place, worker: number): boolean {
    const queued = generation << CODE_BITS | QUEUED;
    const running = generation << CODE_BITS | (FIRST_WORKER + worker);
    return Atomics.compareExchange(this.#words, slot, queued, running) === queued;
  }

  /** Gives back a call that its worker has claimed and will not run; `false` where the pool was faster. */
  giveBack({ slot, generation }: Place, worker: number): boolean {
    const queued = generation << CODE_BITS | QUEUED;
    const running = generation << CODE_BITS | (FIRST_WORKER + worker);
    return Atomics.compareExchange(this.#words, slot, running, queued) === running;
  }

  /** Withdraws a call from the workers; `false` where one of them has claimed it. */
  withdraw({ slot, generation }: Place): boolean {
    const queued = generation << CODE_BITS | QUEUED;
    return Atomics.compareExchange(this.#words, slot, queued, generation << CODE_BITS) === queued;
  }

  /** The index of the worker that runs the call; `undefined` while no worker does. */
  workerOf({ slot }: Place): number | undefined {
    const code = Atomics.load(this.#words, slot) & CODE_MASK;
    return code >= FIRST_WORKER ? code - FIRST_WORKER : undefined;
  }
}
