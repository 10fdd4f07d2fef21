/**
 * One transaction on the tables of queues.
 *
 * @module
 */

import { DariError } from "../../../base/errors.ts";
import { limits } from "../../../base/limits.ts";
import type { EntriesInside } from "../../../store/store.ts";
import type { Sql } from "../../../store/tables/sql.ts";
import { defaultSettings, type QueueSettings } from "../../queue/settings.ts";
import { TopicRows } from "../topic_tables/topic_rows.ts";
import { AckRuns } from "./ack_runs.ts";
import { COUNTS, LEASED, type QueueRow, READY, type State, WHOLE, type WholeRow } from "./rows.ts";

/** What happened to messages, as it is counted. */
export type QueueEvent = "put" | "duplicate" | "taken" | "acked" | "nacked" | "expired" | "died";

/** What a transaction has: its tables, and the time at which all of it happens. */
export interface TransactionParts {
  readonly sql: Sql;
  readonly entries: EntriesInside;
  /** The time of leases, in milliseconds since the epoch. */
  readonly now: number;
  /** The time of delays, in milliseconds since the epoch. */
  readonly today: number;
  /** Gives numbers from 0 to 1. */
  readonly random: () => number;
  /** Gives bytes that nobody can guess. */
  readonly randomBytes: (length: number) => Uint8Array;
}

/** A row of `queues` as SQLite has it. */
type StoredQueue = Omit<QueueRow, "settings" | "paused"> & { settings: string; paused: number };

const COLUMNS = [...COUNTS, "bytes", "dead_bytes", "rate_at", "paused", "settings"] as const;

const UPDATE = `UPDATE queues SET ${COLUMNS.map((name) => `${name} = ?`).join(", ")} WHERE id = ?`;

const NEXT = `SELECT ${WHOLE} FROM queue_messages INDEXED BY queue_ready
  WHERE queue = ? AND state = 0 ORDER BY rank, number LIMIT ?`;

/** The queues and topics of one transaction. Their counts are kept here and written by `end`. */
export class QueueTransaction {
  readonly sql: Sql;
  readonly entries: EntriesInside;
  readonly now: number;
  readonly today: number;
  readonly random: () => number;
  readonly randomBytes: (length: number) => Uint8Array;
  /** The topics. */
  readonly topics: TopicRows;
  /** Acknowledgements that follow each other. */
  readonly acks = new AckRuns();
  /** How many messages of each queue can be taken that could not before. */
  woken = new Map<string, number>();
  /** What happened, by queue. */
  happened = new Map<string, Map<QueueEvent, number>>();
  /** Jobs that have ended. */
  readonly endedJobs = new Set<number>();
  /** Queues whose messages were looked at whether they are due. */
  readonly moved = new Set<QueueRow>();
  #queues = new Map<string, QueueRow>();
  /** Ready messages that were read and not taken, by queue. */
  readonly #ahead = new Map<QueueRow, WholeRow[]>();
  /** How many messages requests of this transaction are yet to ask for, by the queue's name. */
  readonly #wanted = new Map<string, number>();
  #number: number | undefined;
  /** How many calls of `atomically` are under way. */
  #depth = 0;

  /** @param parts Tables and time. */
  constructor({ sql, entries, now, today, random, randomBytes }: TransactionParts) {
    this.sql = sql;
    this.entries = entries;
    this.topics = new TopicRows(sql);
    this.now = now;
    this.today = today;
    this.random = random;
    this.randomBytes = randomBytes;
  }

  /** The queues that were looked at, as they stand now. */
  get queues(): Iterable<QueueRow> {
    return this.#queues.values();
  }

  /** Whether what is done now may be taken back while the rest stays. */
  get isAtomic(): boolean {
    return this.#depth > 0;
  }

  /**
   * Finds a queue.
   *
   * @param name Its name.
   * @returns The queue; `undefined` where there is none.
   */
  find(name: string): QueueRow | undefined {
    const known = this.#queues.get(name);
    if (known !== undefined) return known;
    const [row] = this.sql.all<StoredQueue>("SELECT * FROM queues WHERE name = ?", name);
    if (row === undefined) return undefined;
    const queue = queueOf(row);
    this.#queues.set(name, queue);
    return queue;
  }

  /**
   * Finds a queue, and makes it where there is none.
   *
   * @param name Its name.
   * @returns The queue.
   * @throws {DariError} `resource_exhausted` when there are too many.
   */
  make(name: string): QueueRow {
    const known = this.find(name);
    if (known !== undefined) return known;
    const [{ count } = { count: 0 }] = this.sql.all<{ count: number }>(
      "SELECT count(*) AS count FROM queues",
    );
    if (count >= limits.maxQueues) {
      throw new DariError(
        "resource_exhausted",
        `There are ${count} queues already, and no more can be made`,
        { retryable: false },
      );
    }
    this.sql.run("INSERT INTO queues VALUES (NULL, ?, '{}', 0, 0, 0, 0, 0, 0, 0, 0, 0)", name);
    return this.find(name)!;
  }

  /** A number for a message that is put. */
  nextNumber(): number {
    this.#number ??= this.sql.all<{ value: number }>(
      "SELECT value FROM counters WHERE name = 'message'",
    )[0]!.value;
    return ++this.#number;
  }

  /**
   * Counts a message of a queue into a state.
   *
   * @param queue The queue.
   * @param state The state.
   * @param by 1, or -1 for one that leaves the state.
   */
  count(queue: QueueRow, state: State, by: 1 | -1): void {
    queue[COUNTS[state]!] += by;
    if (state === READY) this.#ahead.delete(queue);
    const makesRoom = state === LEASED && by === -1 && queue.settings.concurrency !== null;
    if (makesRoom || (state === READY && by === 1)) {
      this.woken.set(queue.name, (this.woken.get(queue.name) ?? 0) + 1);
    }
  }

  /**
   * Hears that messages of a queue will be asked for, so that they are read together.
   *
   * @param name The queue's name.
   * @param count How many.
   */
  expectTake(name: string, count: number): void {
    this.#wanted.set(name, (this.#wanted.get(name) ?? 0) + count);
  }

  /**
   * Reads ready messages of a queue in their order. What the next takes of the same transaction are
   * expected to ask for is read with them: a statement costs more than a row.
   *
   * @param queue The queue.
   * @param count How many at most.
   * @param room How many its limits let be taken.
   * @returns The messages, which the caller lends one after the other.
   */
  nextReady(queue: QueueRow, count: number, room: number): readonly WholeRow[] {
    const wanted = this.#wanted.get(queue.name) ?? 0;
    let ahead = this.#ahead.get(queue);
    if (ahead === undefined || ahead.length < count) {
      const together = Math.min(wanted, room, limits.maxTakesAhead);
      ahead = this.sql.all<WholeRow>(NEXT, queue.id, Math.max(count, together));
      this.#ahead.set(queue, ahead);
    }
    this.#wanted.set(queue.name, wanted - count);
    return ahead.slice(0, count);
  }

  /** Counts the first of the ready messages as leased. */
  lendNext(queue: QueueRow): void {
    this.#ahead.get(queue)?.shift();
    queue.ready--;
    queue.leased++;
  }

  /** Counts what happened to a message. */
  tell({ name }: QueueRow, event: QueueEvent): void {
    let events = this.happened.get(name);
    if (events === undefined) this.happened.set(name, events = new Map());
    events.set(event, (events.get(event) ?? 0) + 1);
  }

  /**
   * Does work of others of which all or nothing holds, whatever else the transaction does.
   *
   * @param work The work.
   * @returns What it gave.
   * @throws What it throws, once all that it did is taken back.
   */
  atomically<T>(work: () => T): T {
    const before = {
      queues: new Map([...this.#queues].map(([name, queue]) => [name, { ...queue }])),
      number: this.#number,
      woken: new Map(this.woken),
      happened: new Map([...this.happened].map(([name, events]) => [name, new Map(events)])),
      topics: this.topics.copy(),
    };
    this.sql.run("SAVEPOINT work");
    this.#depth++;
    try {
      const result = work();
      this.sql.run("RELEASE work");
      return result;
    } catch (error) {
      this.sql.run("ROLLBACK TO work");
      this.sql.run("RELEASE work");
      this.#queues = before.queues;
      this.#number = before.number;
      this.woken = before.woken;
      this.happened = before.happened;
      this.topics.restore(before.topics);
      this.moved.clear();
      this.#ahead.clear();
      throw error;
    } finally {
      this.#depth--;
    }
  }

  /** Writes what is kept here. */
  end(): void {
    this.acks.end();
    for (const queue of this.#queues.values()) {
      const values = COLUMNS.map((name) => {
        if (name === "settings") return JSON.stringify(changedSettings(queue.settings));
        return name === "paused" ? Number(queue.paused) : queue[name];
      });
      this.sql.run(UPDATE, ...values, queue.id);
    }
    this.topics.end(this.today);
    if (this.#number === undefined) return;
    this.sql.run("UPDATE counters SET value = ? WHERE name = 'message'", this.#number);
  }
}

/**
 * Reads a row of `queues`.
 *
 * @param row As SQLite gives it.
 */
export function queueOf(row: StoredQueue): QueueRow {
  const settings = row.settings === "{}"
    ? defaultSettings
    : { ...defaultSettings, ...JSON.parse(row.settings) as Partial<QueueSettings> };
  return { ...row, settings, paused: row.paused !== 0 };
}

/** Only what differs from the defaults is stored, so that a better default reaches old queues. */
function changedSettings(settings: QueueSettings): Partial<QueueSettings> {
  if (settings === defaultSettings) return {};
  return Object.fromEntries(
    Object.entries(settings).filter(([name, value]) =>
      value !== defaultSettings[name as keyof QueueSettings]
    ),
  );
}
