/**
 * Takes that wait until there is a message.
 *
 * @module
 */

import { after } from "../../base/abort.ts";
import type { Clock } from "../../base/clock.ts";
import type { SqliteStore } from "../../store/store.ts";
import type { MessageWriter } from "../operation/writer.ts";
import type { TakeOptions } from "../queue/operations.ts";
import type { Spread } from "../operation/spread.ts";
import { JointTakes } from "./joint_takes.ts";
import type { MessageClock } from "./steady_clock.ts";
import { futureLeases } from "./tables/future_leases.ts";
import { outlook, type TakenRow } from "./tables/take.ts";
import { Takers } from "./takers.ts";
import type { QueueTransaction } from "./tables/transaction.ts";

/** What {@linkcode Taking} works with. */
export interface TakingParts {
  readonly store: Pick<SqliteStore, "query">;
  readonly writer: MessageWriter;
  readonly clock: Clock;
  readonly steady: MessageClock;
  /**
   * Whether takes that come in one turn are one operation. A log has to carry each operation; a write to
   * this process's own file counts them instead, to know whether all who wait for answers have come.
   */
  readonly isJoint: boolean;
  /** Makes what keeps servers apart that want the same message. */
  readonly newSpread: () => Spread;
  /** How often to look for messages of other processes, in milliseconds. */
  readonly pollMs: number;
  /** Ends all waits. */
  readonly ended: AbortSignal;
}

/** Takes messages for callers who may wait. */
export class Taking {
  readonly #parts: TakingParts;
  readonly #takers: Takers;
  readonly #joint: JointTakes;
  /** Queues that had messages for everybody when this process last looked. */
  readonly #plentiful = new Set<string>();
  /** By queue. */
  readonly #spreads = new Map<string, Spread>();
  /** Set by the first take. */
  #begun: Promise<void> | undefined;
  /** Grows when a message becomes ready. */
  #wakes = 0;

  /** @param parts The store and the time. */
  constructor(parts: TakingParts) {
    this.#parts = parts;
    const { store, writer, steady, pollMs } = parts;
    this.#joint = new JointTakes(writer);
    this.#takers = new Takers({
      look: (names) =>
        store.query((sql) => {
          const time = { now: steady.now(), today: steady.today() };
          return new Map(names.map((name) => [name, outlook(sql, name, time)]));
        }),
      now: () => steady.today(),
      pollMs,
      pauseMs: (name) => this.#spreads.get(name)?.pauseMs() ?? 0,
    });
  }

  /** How many callers wait. */
  get waiting(): number {
    return this.#takers.waiting;
  }

  /** Wakes those who wait for what a transaction made ready, here or at another server. */
  committed(transaction: QueueTransaction, isOwn: boolean): void {
    for (const { name, ready, paused, settings } of transaction.queues) {
      const isOpen = !paused && settings.rate === null && settings.concurrency === null;
      if (isOpen && ready > 0) this.#plentiful.add(name);
      else this.#plentiful.delete(name);
    }
    if (transaction.woken.size > 0) this.#wakes++;
    for (const [name, count] of transaction.woken) {
      this.#takers.wake(name, count, isOwn ? 0 : this.#spreadOf(name).pauseMs());
    }
  }

  /** Forgets what was known of queues: they may be others now. */
  reset(): void {
    this.#plentiful.clear();
    this.#wakes++;
  }

  /**
   * Takes messages.
   *
   * @param name The queue.
   * @param options How many, and how long to wait.
   * @param holder The name of the taker.
   * @returns The messages; none when none came in time.
   * @throws {DariError} `resource_exhausted` when too many wait.
   * @throws The signal's reason.
   */
  async take(name: string, options: TakeOptions, holder: string): Promise<TakenRow[]> {
    const { clock, ended, writer, isJoint } = this.#parts;
    const { max = 1, leaseMs, waitMs = 0, signal } = options;
    const endsAtMs = clock.monotonic() + waitMs;
    await (this.#begun ??= this.#begin(holder));
    for (;;) {
      signal?.throwIfAborted();
      ended.throwIfAborted();
      const seen = this.#wakes;
      const nextAt = await this.#nextAt(name);
      if (nextAt === undefined) {
        const rows = isJoint
          ? await this.#joint.take(name, { max, leaseMs, holder })
          : await writer.write("queue.take", holder, { queue: name, max, leaseMs });
        this.#spreadOf(name).note(rows.length > 0);
        if (rows.length > 0) return await this.#given(name, rows, holder, signal);
        continue;
      }
      if (this.#wakes !== seen) continue; // one became ready while this looked
      const leftMs = endsAtMs - clock.monotonic();
      if (leftMs <= 0 || !await this.#wait(name, { leftMs, nextAt, signal })) return [];
    }
  }

  /** The clock may have been set back while no process kept its own time. */
  async #begin(by: string): Promise<void> {
    const { store, writer, steady } = this.#parts;
    try {
      if (await store.query((sql) => futureLeases(sql, steady.now()).length === 0)) return;
      await writer.write("queue.beginFutureLeases", by, {});
    } catch (error) {
      this.#begun = undefined; // the next take tries it again
      throw error;
    }
  }

  #spreadOf(name: string): Spread {
    let spread = this.#spreads.get(name);
    if (spread === undefined) this.#spreads.set(name, spread = this.#parts.newSpread());
    return spread;
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

  /** A taker that has gone by now gets nothing, and others need not wait for the lease to end. */
  async #given(
    queue: string,
    rows: TakenRow[],
    holder: string,
    signal: AbortSignal | undefined,
  ): Promise<TakenRow[]> {
    if (!signal?.aborted) return rows;
    const { writer } = this.#parts;
    await Promise.all(
      rows.map(({ lease }) => writer.write("queue.giveBack", holder, { queue, lease })),
    );
    throw signal.reason;
  }
}
