/**
 * Lockout: too many wrong passwords stop an account's sign-in by password for a while. Its sessions,
 * API keys, public keys and certificates go on working.
 *
 * @module
 */

import { encodeHex } from "@std/encoding/hex";
import { BoundedMap } from "../../base/bounded_map.ts";
import type { Clock } from "../../base/clock.ts";
import { limits } from "../../base/limits.ts";
import { Collection, idOf } from "../../store/collection.ts";
import type { PutOperation, Store } from "../../store/store.ts";
import type { RandomBytes } from "../proof/bytes.ts";
import { AccountLockedError } from "./errors.ts";

/** When an account is locked, and for how long. */
export interface LockoutPolicy {
  /** Failures that lock. @default {5} */
  readonly failures?: number;
  /** How long a lock lasts, in milliseconds. @default {300_000} */
  readonly lockMs?: number;
}

interface LockoutRecord {
  readonly failures: number;
  /** The last attempt. */
  readonly atMs: number;
  /** The random name of the lock, where there is one. */
  readonly lock?: string;
  readonly lockedUntilMs?: number;
}

/** The end of a lock on the clock that never steps. */
interface LockEnd {
  readonly lock: string;
  readonly monotonicMs: number;
}

/** Counts failures per account in the store, for all processes and over restarts. */
export class Lockout {
  // Given to `openIdentity`; its owner closes it.
  readonly #store: Store;
  readonly #records: Collection<LockoutRecord>;
  readonly #clock: Clock;
  readonly #random: RandomBytes;
  readonly #failures: number;
  readonly #lockMs: number;
  /** Made here. Ends of known locks, so that setting the machine's time neither ends nor prolongs one. */
  readonly #ends = new BoundedMap<string, LockEnd>(limits.maxLocksRemembered);

  /**
   * Puts the lockout together; `openIdentity` does that.
   *
   * @param store Where failures are counted.
   * @param clock The time.
   * @param random Where random bytes come from.
   * @param policy When an account is locked, and for how long.
   */
  constructor(store: Store, clock: Clock, random: RandomBytes, policy: LockoutPolicy = {}) {
    this.#store = store;
    // Only what begins a lock: attempts are many, and a restored backup may forget those.
    const beginsLock = ({ lock }: LockoutRecord, before: LockoutRecord | null) =>
      lock !== undefined && lock !== before?.lock;
    this.#records = new Collection<LockoutRecord>(store, "lockout/", beginsLock);
    this.#clock = clock;
    this.#random = random;
    this.#failures = policy.failures ?? limits.lockoutFailures;
    this.#lockMs = policy.lockMs ?? limits.lockoutMs;
  }

  /**
   * Counts an attempt as failed before it is checked, so that attempts at the same time cannot share
   * one count. {@linkcode clear} takes the count back when the attempt was right.
   *
   * @param name The account's folded name; whether it exists does not matter.
   * @throws {AccountLockedError} When the account is locked; the attempt must not be checked.
   */
  async reserve(name: string): Promise<void> {
    const id = idOf(name);
    const now = this.#clock.now();
    let lockedForMs = 0;
    await this.#records.update(id, (record) => {
      lockedForMs = this.#remainingMs(id, record);
      // Written as it is: a locked name takes as long as any other, and does not show by its time.
      if (lockedForMs > 0) return record;
      const counts = record !== null && record.lock === undefined &&
        Math.abs(now - record.atMs) <= limits.failureMemoryMs;
      const failures = (counts ? record.failures : 0) + 1;
      if (failures < this.#failures) return { failures, atMs: now };
      const lock = encodeHex(this.#random(limits.lockIdBytes));
      return { failures, atMs: now, lock, lockedUntilMs: now + this.#lockMs };
    }, now + limits.failureRecordLifeMs);
    if (lockedForMs > 0) {
      throw new AccountLockedError(
        `The account is locked for ${Math.ceil(lockedForMs / 1_000)} s; try again then`,
        { retryAfterMs: Math.ceil(lockedForMs) },
      );
    }
  }

  /**
   * Forgets an account's failures, and ends its lock.
   *
   * @param name The account's folded name.
   */
  async clear(name: string): Promise<void> {
    await this.#store.batch([this.clearing(name)]);
  }

  /**
   * Prepares to forget an account's failures together with another write.
   *
   * @param name The account's folded name.
   * @returns The operation for a batch.
   */
  clearing(name: string): PutOperation {
    const id = idOf(name);
    const atMs = this.#clock.now();
    this.#ends.delete(id);
    const expiresAtMs = atMs + limits.failureRecordLifeMs;
    return this.#records.putting(id, { failures: 0, atMs }, { expiresAtMs });
  }

  /**
   * Takes back the count of one attempt that was not checked after all.
   *
   * @param name The account's folded name.
   */
  async release(name: string): Promise<void> {
    await this.#records.update(idOf(name), (record) => {
      if (record === null || record.failures === 0) return null;
      return { failures: record.failures - 1, atMs: record.atMs };
    });
  }

  /**
   * Says until when an account is locked.
   *
   * @param name The account's folded name.
   * @returns Milliseconds since the epoch; `undefined` where it is not locked.
   */
  async lockedUntilMs(name: string): Promise<number | undefined> {
    const id = idOf(name);
    const remaining = this.#remainingMs(id, (await this.#records.get(id))?.record ?? null);
    return remaining > 0 ? this.#clock.now() + remaining : undefined;
  }

  #remainingMs(id: string, record: LockoutRecord | null): number {
    const monotonic = this.#clock.monotonic();
    const known = this.#ends.get(id);
    // Without a record the clock jumped over its life: what this process knows still holds.
    if (record === null) return Math.max(0, (known?.monotonicMs ?? 0) - monotonic);
    if (record.lock === undefined || record.lockedUntilMs === undefined) {
      this.#ends.delete(id);
      return 0;
    }
    if (known?.lock === record.lock) return Math.max(0, known.monotonicMs - monotonic);
    const left = record.lockedUntilMs - this.#clock.now();
    const remaining = Math.min(Math.max(left, 0), this.#lockMs);
    this.#ends.set(id, { lock: record.lock, monotonicMs: monotonic + remaining });
    return remaining;
  }
}
