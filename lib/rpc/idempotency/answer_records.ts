/**
 * The records of calls with an idempotency key in a store, and the room that they take.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { type AnswerRecord, parseRecord } from "./answer_record.ts";
import { AnswerShares, type ShareBounds } from "./answer_shares.ts";
import type { AnswerStore, KeepOptions } from "./answer_store.ts";
import { ANSWERS } from "./call_identity.ts";

/** A record as it was read. */
export interface ReadRecord {
  readonly record: AnswerRecord;
  readonly version: number;
}

/** Reads and writes records. */
export class AnswerRecords {
  readonly #store: AnswerStore;
  readonly #shares: AnswerShares;
  readonly #keepMs: number;
  readonly #now: () => number;
  /** Counts what the store holds; made by the first call. */
  #counted: Promise<void> | undefined;

  /**
   * @param store Where they are kept.
   * @param bounds How many, and how long.
   * @param now The time, in milliseconds since the epoch.
   */
  constructor(store: AnswerStore, bounds: ShareBounds, now: () => number) {
    this.#store = store;
    this.#shares = new AnswerShares(bounds);
    this.#keepMs = bounds.keepMs;
    this.#now = now;
  }

  /** The bytes of all that is kept, as far as it was counted. */
  get bytes(): number {
    return this.#shares.bytes;
  }

  /**
   * Reads a record.
   *
   * @param name Its name.
   * @returns The record, `undefined` where there is none.
   */
  async read(name: string): Promise<ReadRecord | undefined> {
    await (this.#counted ??= this.#count());
    const kept = await this.#store.get(name);
    if (kept === null) return undefined;
    return { record: parseRecord(kept.value), version: kept.version ?? 0 };
  }

  /**
   * Makes room for a record.
   *
   * @param name Its name.
   * @param record The record.
   * @param leastBytes How much it is counted as at least.
   * @throws {DariError} `resource_exhausted` where there is none.
   */
  async makeRoom(name: string, record: AnswerRecord, leastBytes = 0): Promise<void> {
    await this.#take(name, Math.max(leastBytes, name.length + JSON.stringify(record).length));
  }

  /** Gives the room of a record back that was not written. */
  leaveRoom(name: string): void {
    this.#shares.remove(name);
  }

  /**
   * Makes room for a record, and writes it whatever is there.
   *
   * @param name Its name.
   * @param record The record.
   * @throws {DariError} `resource_exhausted` where there is no room.
   */
  async write(name: string, record: AnswerRecord): Promise<void> {
    const text = JSON.stringify(record); // an answer may be long: it is written as text once
    await this.#take(name, name.length + text.length);
    await this.#put(name, text, {});
  }

  /**
   * Writes a record in place of one that was read.
   *
   * @param name Its name.
   * @param record The record.
   * @param ifVersion The version that was read, 0 for none.
   * @returns Whether it was written; `false` where another one has taken the place meanwhile.
   */
  async replace(name: string, record: AnswerRecord, ifVersion: number): Promise<boolean> {
    try {
      await this.#put(name, JSON.stringify(record), { ifVersion });
      return true;
    } catch (error) {
      const isConflict = error instanceof DariError && error.code === "failed_precondition" &&
        error.retryable;
      if (isConflict) return false;
      throw error;
    }
  }

  /** Removes a record. */
  async remove(name: string): Promise<void> {
    this.#shares.remove(name);
    await this.#store.delete(name);
  }

  async #take(name: string, bytes: number): Promise<void> {
    const nowMs = this.#now();
    const gone = this.#shares.makeRoom(name, bytes, nowMs);
    this.#shares.add(name, bytes, nowMs);
    for (const each of gone) await this.#store.delete(each);
  }

  async #put(
    name: string,
    text: string,
    condition: Pick<KeepOptions, "ifVersion">,
  ): Promise<void> {
    const expiresAtMs = this.#now() + this.#keepMs;
    await this.#store.put(name, text, { expiresAtMs, ...condition });
  }

  async #count(): Promise<void> {
    try {
      const kept = [...await this.#store.list(ANSWERS)];
      const sinceMs = (expiresAtMs = this.#now() + this.#keepMs) => expiresAtMs - this.#keepMs;
      kept.sort((a, b) => sinceMs(a.expiresAtMs) - sinceMs(b.expiresAtMs));
      for (const { key, value, expiresAtMs } of kept) {
        this.#shares.add(key, key.length + value.length, sinceMs(expiresAtMs));
      }
    } catch (cause) {
      this.#counted = undefined;
      throw cause;
    }
  }
}
