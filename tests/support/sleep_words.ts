import { openSealed, type SealedMemory } from "../../lib/ipc/segment/sealed_memory.ts";
import { CONTROL_BYTES } from "../../lib/ipc/ring/records.ts";
import type { MemoryOffer } from "../../lib/transport/connection.ts";

const PAGE_BYTES = 4_096;

/**
 * The words by which the readers of a connection in memory decide where they are sent to, in the hands
 * of a test. Ring 0 is that of the end that was accepted.
 */
export class SleepWords implements Disposable {
  readonly #memory: SealedMemory;
  readonly #facts: BigInt64Array;

  /** @param offer What `offer()` gave, before the other end has joined it. */
  constructor(offer: MemoryOffer) {
    const ringBytes = Math.ceil((CONTROL_BYTES + offer.ringBytes) / PAGE_BYTES) * PAGE_BYTES;
    this.#memory = openSealed(offer, PAGE_BYTES + 2 * ringBytes);
    this.#facts = new BigInt64Array(this.#memory.part(0, PAGE_BYTES));
  }

  /** Lets the reader of a ring seem to sleep without a look, or to look. */
  set(ring: 0 | 1, isAsleep: boolean): void {
    Atomics.store(this.#facts, [24, 32][ring]!, isAsleep ? 1n : 0n);
  }

  /** Changes one of them, so that the next bytes go another way. */
  flip(ring: 0 | 1): void {
    Atomics.xor(this.#facts, [24, 32][ring]!, 1n);
  }

  /** How many bytes a writer had sent over the socket when it left the memory last; or −1. */
  returnedAt(ring: 0 | 1): number {
    return Number(Atomics.load(this.#facts, [9, 17][ring]!));
  }

  /** Gives the memory back. */
  [Symbol.dispose](): void {
    this.#memory.release();
  }
}

/** xorshift32: the same numbers in each run. */
export function seededRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}
