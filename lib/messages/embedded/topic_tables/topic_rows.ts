/**
 * The topics of one transaction, and the messages that it publishes.
 *
 * @module
 */

import { DariError } from "../../../base/errors.ts";
import { limits } from "../../../base/limits.ts";
import type { Sql } from "../../../store/tables/sql.ts";
import { trim } from "./retention.ts";
import {
  changedSettings,
  findTopicRow,
  groupKey,
  type TopicMessageRow,
  type TopicRow,
} from "./rows.ts";

/** What happened to messages of topics, as it is counted. */
export type TopicEvent =
  | "published"
  | "duplicate"
  | "delivered"
  | "dropped"
  | "acked"
  | "nacked"
  | "expired"
  | "died";

/** What a transaction has published. */
export interface Published {
  /** By topic, in their order. */
  readonly kept: ReadonlyMap<string, readonly TopicMessageRow[]>;
  /** Messages of topics that keep nothing. */
  readonly live: ReadonlyMap<string, readonly TopicMessageRow[]>;
}

const UPDATE = `UPDATE topics SET settings = ?, first = ?, last = ?, bytes = ?, first_at = ?,
  last_at = ? WHERE id = ?`;

/** What {@linkcode TopicRows} were at some moment. */
interface TopicRowsCopy {
  readonly rows: Map<string, TopicRow>;
  readonly kept: Map<string, TopicMessageRow[]>;
  readonly live: Map<string, TopicMessageRow[]>;
  readonly happened: Map<string, Map<TopicEvent, number>>;
  readonly woken: Set<string>;
}

/** What changes topics: one transaction. */
export interface TopicTransaction {
  /** The tables. */
  readonly sql: Sql;
  /** The time of leases, in milliseconds since the epoch. */
  readonly now: number;
  /** The time of messages, in milliseconds since the epoch. */
  readonly today: number;
  /** Gives numbers from 0 to 1. */
  readonly random: () => number;
  /** Gives bytes that nobody can guess. */
  readonly randomBytes: (length: number) => Uint8Array;
  /** The topics. */
  readonly topics: TopicRows;
}

/** The topics of one transaction. Their counts are kept here and written by `end`. */
export class TopicRows {
  readonly #sql: Sql;
  #rows = new Map<string, TopicRow>();
  #kept = new Map<string, TopicMessageRow[]>();
  #live = new Map<string, TopicMessageRow[]>();
  #happened = new Map<string, Map<TopicEvent, number>>();
  /** Groups in which a message can be given to a member that could not before. */
  #woken = new Set<string>();
  /** Members that may have one more message, by {@linkcode groupKey} of their group. */
  readonly #wokenMembers = new Map<string, Set<string>>();

  /** @param sql The tables. */
  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** What was published. */
  get published(): Published {
    return { kept: this.#kept, live: this.#live };
  }

  /** What happened, by topic. */
  get happened(): ReadonlyMap<string, ReadonlyMap<TopicEvent, number>> {
    return this.#happened;
  }

  /** The topics that were looked at, as they stand now. */
  get all(): Iterable<TopicRow> {
    return this.#rows.values();
  }

  /** Groups whose members have something to look for, by {@linkcode groupKey}. */
  get woken(): ReadonlySet<string> {
    return this.#woken;
  }

  /** Members that may have one more message, by {@linkcode groupKey} of their group. */
  get wokenMembers(): ReadonlyMap<string, ReadonlySet<string>> {
    return this.#wokenMembers;
  }

  /** Finds a topic; `undefined` where there is none. */
  find(name: string): TopicRow | undefined {
    const known = this.#rows.get(name);
    if (known !== undefined) return known;
    const row = findTopicRow(this.#sql, name);
    if (row !== undefined) this.#rows.set(name, row);
    return row;
  }

  /**
   * Finds a topic, and makes it where there is none.
   *
   * @throws {DariError} `resource_exhausted` when there are too many.
   */
  make(name: string): TopicRow {
    const known = this.find(name);
    if (known !== undefined) return known;
    const [{ count } = { count: 0 }] = this.#sql.all<{ count: number }>(
      "SELECT count(*) AS count FROM topics",
    );
    if (count >= limits.maxTopics) {
      throw new DariError(
        "resource_exhausted",
        `There are ${count} topics already, and no more can be made`,
        { retryable: false },
      );
    }
    this.#sql.run("INSERT INTO topics VALUES (NULL, ?, '{}', 1, 0, 0, 0, 0)", name);
    return this.find(name)!;
  }

  /** Notes a message that was published, for those who read. */
  publish({ name, settings }: TopicRow, message: TopicMessageRow): void {
    const published = settings.kept ? this.#kept : this.#live;
    const messages = published.get(name);
    if (messages === undefined) published.set(name, [message]);
    else messages.push(message);
    this.tell(name, "published");
  }

  /** Says that members of a group have something to look for. */
  wake(topic: string, group: string): void {
    this.#woken.add(groupKey(topic, group));
  }

  /** Says that a member may have one more message. */
  wakeMember(topic: string, group: string, member: string): void {
    const key = groupKey(topic, group);
    const members = this.#wokenMembers.get(key);
    if (members === undefined) this.#wokenMembers.set(key, new Set([member]));
    else members.add(member);
  }

  /** Counts what happened to messages. */
  tell(topic: string, event: TopicEvent, count = 1): void {
    let events = this.#happened.get(topic);
    if (events === undefined) this.#happened.set(topic, events = new Map());
    events.set(event, (events.get(event) ?? 0) + count);
  }

  /** What is kept here, to be given to {@linkcode restore} where work is taken back. */
  copy(): TopicRowsCopy {
    return {
      rows: new Map([...this.#rows].map(([name, row]) => [name, { ...row }])),
      kept: copyOf(this.#kept),
      live: copyOf(this.#live),
      happened: new Map([...this.#happened].map(([name, events]) => [name, new Map(events)])),
      woken: new Set(this.#woken),
    };
  }

  /** Makes all of it what it was. */
  restore(copy: TopicRowsCopy): void {
    this.#rows = copy.rows;
    this.#kept = copy.kept;
    this.#live = copy.live;
    this.#happened = copy.happened;
    this.#woken = copy.woken;
  }

  /** Writes which message is the last one of its name. */
  #noteNames({ id }: TopicRow, messages: readonly TopicMessageRow[]): void {
    const last = new Map(messages.map(({ name, number }) => [name, number]));
    for (const [name, number] of last) {
      this.#sql.run("INSERT OR REPLACE INTO topic_names VALUES (?, ?, ?)", id, name, number);
    }
  }

  /** Forgets ids that may be used again, a few with each transaction that publishes. */
  #forgetIds(today: number, count: number): void {
    this.#sql.run(
      `DELETE FROM topic_ids WHERE (topic, id) IN (
         SELECT topic, id FROM topic_ids INDEXED BY topic_ids_used WHERE until <= ?
         ORDER BY until, topic, id LIMIT ?)`,
      today,
      count,
    );
  }

  /**
   * Writes what is kept here, and removes what need not be kept any more.
   *
   * @param today The time, in milliseconds since the epoch.
   */
  end(today: number): void {
    for (const [name, messages] of this.#kept) {
      this.#noteNames(this.#rows.get(name)!, messages);
      trim(this.#sql, this.#rows.get(name)!, today, messages.length + limits.topicTrimCount);
      this.#forgetIds(today, messages.length + 1);
    }
    for (const { id, settings, first, last, bytes, first_at, last_at } of this.#rows.values()) {
      const text = JSON.stringify(changedSettings(settings));
      this.#sql.run(UPDATE, text, first, last, bytes, first_at, last_at, id);
    }
  }
}

function copyOf<T>(map: ReadonlyMap<string, T[]>): Map<string, T[]> {
  return new Map([...map].map(([name, list]) => [name, [...list]]));
}
