/**
 * Token buckets: how often something may happen, for each of many keys.
 *
 * @module
 */

import { BoundedMap } from "./bounded_map.ts";

/** How much a bucket gives. */
export interface BucketSize {
  /** Tokens that come back each second, above 0; fractions are possible. */
  readonly perSecond: number;
  /** The most tokens that a bucket holds, 1 or more. Each begins full. */
  readonly burst: number;
}

/** A bucket for each of many keys. */
export interface Buckets<K> {
  /**
   * Says when a bucket has a token.
   *
   * @param key Whose bucket.
   * @param now The time on a monotonic clock, in milliseconds.
   * @returns The time until then in milliseconds; 0 where it has one.
   */
  waitMs(key: K, now: number): number;
  /**
   * Takes a token out of a bucket that has one.
   *
   * @param key Whose bucket.
   * @param now The time on the same clock, in milliseconds.
   */
  take(key: K, now: number): void;
}

/**
 * One bucket for each key, made when it is first used. A bucket is kept as one number, the time at
 * which it will be full again (GCRA, ITU-T I.371). Keys that were not used for longest are forgotten
 * first, and their buckets are full then.
 *
 * @example
 * ```ts
 * import { TokenBuckets } from "./token_buckets.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const buckets = new TokenBuckets<string>({ perSecond: 10, burst: 1 }, 1_000);
 * assertEquals(buckets.waitMs("alice", 0), 0);
 * buckets.take("alice", 0);
 * assertEquals(buckets.waitMs("alice", 40), 60);
 * ```
 */
export class TokenBuckets<K> implements Buckets<K> {
  readonly #tokenMs: number;
  /** How long before it is full a bucket holds one token. */
  readonly #lastTokenMs: number;
  readonly #fullAt: BoundedMap<K, number>;

  /**
   * @param size How much each bucket gives.
   * @param maxKeys The most keys that are remembered, 2 or more.
   */
  constructor({ perSecond, burst }: BucketSize, maxKeys: number) {
    this.#tokenMs = 1_000 / perSecond;
    this.#lastTokenMs = (burst - 1) * this.#tokenMs;
    this.#fullAt = new BoundedMap(maxKeys);
  }

  /**
   * Says when a bucket has a token.
   *
   * @param key Whose bucket.
   * @param now The time on a monotonic clock, in milliseconds.
   * @returns The time until then in milliseconds; 0 where it has one.
   */
  waitMs(key: K, now: number): number {
    const fullAt = this.#fullAt.get(key);
    return fullAt === undefined ? 0 : Math.max(0, fullAt - this.#lastTokenMs - now);
  }

  /**
   * Takes a token out of a bucket that has one.
   *
   * @param key Whose bucket.
   * @param now The time on the same clock, in milliseconds.
   */
  take(key: K, now: number): void {
    this.#fullAt.set(key, Math.max(now, this.#fullAt.get(key) ?? now) + this.#tokenMs);
  }
}
