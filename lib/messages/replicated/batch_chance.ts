/**
 * The chance of a batch: the same at every server, and guessed by nobody who has not its seed.
 *
 * @module
 */

// Web Crypto has no hash that answers at once, and a transaction cannot wait.
import { createHash } from "node:crypto";
import { limits } from "../../base/limits.ts";

/** Draws from a seed, block by block: SHA-256 of the seed and the number of the block. */
export class BatchChance {
  readonly #seed: Uint8Array;
  #block = new Uint8Array();
  #used = 0;
  #count = 0;

  /** @param seed The seed of the batch: `limits.batchSeedBytes` random bytes. */
  constructor(seed: Uint8Array) {
    if (seed.length !== limits.batchSeedBytes) {
      throw new RangeError(`A seed has ${limits.batchSeedBytes} bytes; got ${seed.length}`);
    }
    this.#seed = seed;
  }

  /** A number from 0 to 1. */
  readonly random = (): number => {
    const view = new DataView(this.randomBytes(Uint32Array.BYTES_PER_ELEMENT).buffer);
    return view.getUint32(0) / 0xffff_ffff;
  };

  /** Bytes that nobody can guess. */
  readonly randomBytes = (length: number): Uint8Array => {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length;) {
      if (this.#used === this.#block.length) this.#next();
      const part = this.#block.subarray(this.#used, this.#used + length - at);
      bytes.set(part, at);
      at += part.length;
      this.#used += part.length;
    }
    return bytes;
  };

  #next(): void {
    const count = new Uint8Array(4);
    new DataView(count.buffer).setUint32(0, this.#count++);
    this.#block = new Uint8Array(createHash("sha256").update(this.#seed).update(count).digest());
    this.#used = 0;
  }
}
