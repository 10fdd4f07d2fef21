/**
 * Records that are made while they wait to be written, so that the transaction has little left to do:
 * calls of that moment wait for it.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import type { Sql } from "../../store/tables/sql.ts";
import type { AuditEvent } from "./audit.ts";
import type { Chain, MadeRecord } from "./chain.ts";
import { openChain, writeChain, type Writing } from "./tables.ts";

/**
 * Makes records ahead, for the place that they will most likely have.
 *
 * Invariant: the records in `#made` follow each other in the order in which their events came, and
 * `#chain` stands behind the last one. Whoever else writes to the audit takes their place: each record
 * has the hash of the one before, so those that came too late are seen and made anew.
 */
export class RecordsAhead {
  readonly #made = new Map<AuditEvent, MadeRecord>();
  /** `undefined` while it is not known where the next record belongs. */
  #chain: Chain | undefined;

  /**
   * Makes the record of an event that has come, unless it is not known where it belongs.
   *
   * @param event The event, which is written after all that came before it.
   * @param atMs When it came, in milliseconds since the epoch.
   */
  make(event: AuditEvent, atMs: number): void {
    if (this.#chain === undefined) return;
    const made = this.#made.size < limits.maxAuditRecordsAhead
      ? this.#chain.add(event, atMs)
      : undefined;
    if (made !== undefined) this.#made.set(event, made);
    else this.#chain = undefined; // what follows belongs behind this one
  }

  /**
   * Writes events, within a transaction.
   *
   * @param sql The store's tables.
   * @param events What happened, in order.
   * @param writing Time, actor and bound.
   * @returns For each event whether there was room for it.
   */
  write(sql: Sql, events: readonly AuditEvent[], writing: Writing): boolean[] {
    const chain = openChain(sql, writing);
    const records = events.map((event) => {
      const made = this.#made.get(event);
      if (made === undefined) return chain.add(event, writing.nowMs);
      this.#made.delete(event);
      return chain.take(made) ? made : chain.add(event, writing.nowMs);
    });
    writeChain(sql, chain, records);
    // Those that are made already go on from where they were made.
    if (this.#made.size === 0) this.#chain = chain;
    return records.map((record) => record !== undefined);
  }

  /** A write failed: what waits will be written in another order, or not at all. */
  forget(): void {
    this.#made.clear();
    this.#chain = undefined;
  }
}
