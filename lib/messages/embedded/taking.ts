/**
 * Takes that wait until there is a message.
 *
 * @module
 */

import { after } from "../../base/abort.ts";
import type { Clock } from "../../base/clock.ts";
import type { SqliteStore } from "../../store/store.ts";
import type { Sql } from "../../store/tables/sql.ts";
import type { TakeOptions } from "../queue/operations.ts";
import { returnUnseen } from "./tables/answers.ts";
import type { QueueGroup } from "./group.ts";
import type { SteadyClock } from "./steady_clock.ts";
import { outlook, takeMessages, type TakenRow } from "./tables/take.ts";
import { Takers } from "./takers.ts";
import type { QueueTransaction } from "./tables/transaction.ts";

/** What {@linkcode Taking} works with. */
export interface TakingParts {
  readonly store: Pick<SqliteStore, "query">;
  readonly group: QueueGroup;
  readonly clock: Clock;
  readonly steady: SteadyClock;
  /** How often to look for messages of other processes, in milliseconds. */
  readonly pollMs: number;
  /** Ends all waits. */
  readonly ended: AbortSignal;
}

/** Takes messages for callers who may wait. */
export class Taking {
  readonly #parts: TakingParts;
  readonly #takers: Takers;
  /** Queues that had messages for everybody when this process last looked. */
  readonly #plentiful = new Set<string>();
  /** Set by the first take. */
  #begun: Promise<void> | undefined;
  /** Grows when a message becomes ready. */
  #wakes = 0;

  /** @param parts The store and the time. */
  constructor(parts: TakingParts) {
    this.#parts = parts;
    const { store, steady, pollMs } = parts;
    this.#takers = new Takers({
      look: (names) =>
        store.query((sql) => {
          const time = { now: steady.now(), today: steady.today() };
          return new Map(names.map((name) => [name, outlook(sql, name, time)]));
        }),
      now: () => steady.today(),
      pollMs,
    });
  }

  /** How many callers wait. */
  get waiting(): number {
    return this.#takers.waiting;
  }

  /** Wakes those who wait for what a transaction made ready. */
  committed(transaction: QueueTransaction): void {
    for (const { name, ready, paused, settings } of transaction.queues) {
      const isOpen = !paused && settings.rate === null && settings.concurrency === null;
      if (isOpen && ready > 0) this.#plentiful.add(name);
      else this.#plentiful.delete(name);
    }
    if (transaction.woken.size > 0) this.#wakes++;
    for (const [name, count] of transaction.woken) this.#takers.wake(name, count);
  }

  /**
   * Takes messages.
   *
   * @param name The queue.
   * @param options How many, and how long to wait.
   * @param holder Who takes them.
   * @returns The messages; none when none came in time.
   * @throws {DariError} `resource_exhausted` when too many wait.
   * @throws The signal's reason.
   */
  async take(name: string, options: TakeOptions, holder: string): Promise<TakenRow[]> {
    const { clock, ended } = this.#parts;
    const { max = 1, leaseMs, waitMs = 0, signal } = options;
    const endsAtMs = clock.monotonic() + waitMs;
    await (this.#begun ??= this.#begin());
    for (;;) {
      signal?.throwIfAborted();
      ended.throwIfAborted();
      const seen = this.#wakes;
      const nextAt = await this.#nextAt(name);
      if (nextAt === undefined) {
        const taking = { max, leaseMs, holder };
        const rows = await this.#parts.group.run((transaction) =>
          takeMessages(transaction, name, taking)
        );
        if (rows.length > 0) return await this.#given(name, rows, holder, signal);
        continue;
      }
      if (this.#wakes !== seen) continue; // one became ready while this looked
      const leftMs = endsAtMs - clock.monotonic();
      if (leftMs <= 0 || !await this.#wait(name, { leftMs, nextAt, signal })) return [];
    }
  }

  /**
   * The clock may have been set back while no process kept its own time: a lease that seems to begin
   * in the future then lasts as long as it is, from now on.
   */
  async #begin(): Promise<void> {
    const { store, group, steady } = this.#parts;
    try {
      if (await store.query((sql) => futureLeases(sql, steady.now()).length === 0)) return;
      await group.run(({ sql, now }) => {
        for (const { number } of futureLeases(sql, now)) {
          sql.run("UPDATE queue_messages SET due_at = ? + lease_ms WHERE number = ?", now, number);
        }
      });
    } catch (error) {
      this.#begun = undefined; // the next take tries it again
      throw error;
    }
  }

  /** When time alone may bring a message; `undefined` where there is one now. */
  async #nextAt(name: string): Promise<number | undefined> {
    if (this.#plentiful.has(name)) return undefined;
    const { store, steady } = this.#parts;
    const { canTake, nextAt } = await store.query((sql) =>
      outlook(sql, name, { now: steady.now(), today: steady.today() })
    );
    return canTake ? undefined : nextAt;
  }

  /** Whether there may be a message; false once the time is over. */
  async #wait(
    name: string,
    { leftMs, nextAt, signal }: {
      readonly leftMs: number;
      readonly nextAt: number;
      readonly signal: AbortSignal | undefined;
    },
  ): Promise<boolean> {
    const over = new AbortController();
    const forget = after(leftMs, () => over.abort());
    const signals = [over.signal, this.#parts.ended, ...(signal === undefined ? [] : [signal])];
    try {
      await this.#takers.wait(name, AbortSignal.any(signals), nextAt);
      return true;
    } catch (error) {
      if (over.signal.aborted && error === over.signal.reason) return false;
      throw error;
    } finally {
      forget();
    }
  }

  /** Whoever has gone by now gets nothing, and others need not wait for the lease to end. */
  async #given(
    queue: string,
    rows: TakenRow[],
    holder: string,
    signal: AbortSignal | undefined,
  ): Promise<TakenRow[]> {
    if (!signal?.aborted) return rows;
    await this.#parts.group.run((transaction) => {
      for (const { lease } of rows) returnUnseen(transaction, { queue, lease, holder });
    });
    throw signal.reason;
  }
}

function futureLeases(sql: Sql, now: number): { readonly number: number }[] {
  return sql.all<{ number: number }>(
    `SELECT m.number FROM queues q CROSS JOIN queue_messages m INDEXED BY queue_leased
     ON m.queue = q.id AND m.state = 2 WHERE m.due_at > ? + m.lease_ms`,
    now,
  );
}
