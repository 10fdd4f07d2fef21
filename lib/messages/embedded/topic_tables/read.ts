/**
 * Reading messages without changing anything.
 *
 * @module
 */

import { DariError } from "../../../base/errors.ts";
import { limits } from "../../../base/limits.ts";
import type { Sql } from "../../../store/tables/sql.ts";
import { writeCursor } from "../../topic/cursor.ts";
import type { Beginning } from "../../topic/params.ts";
import { findTopicRow, type TopicMessageRow, type TopicRow } from "./rows.ts";

/** Some messages of a topic, as the store has them now. */
export interface ReadMessages {
  /** The messages, in their order. */
  readonly rows: readonly TopicMessageRow[];
  /** The number of the last message that was looked at. */
  readonly upTo: number;
  /** The number of the oldest message that is kept. */
  readonly first: number;
  /** The number of the last message. */
  readonly last: number;
}

/** Between which messages a place of a topic can be. */
type Place = Pick<TopicRow, "id" | "name" | "first" | "last">;

const COLUMNS = "number, name, published_at, published_by, id, bytes, types, value";

/**
 * Reads messages behind one, as many as fit into a step.
 *
 * @param sql The tables.
 * @param name The topic.
 * @param after The number of the message behind which to begin.
 * @param fits Whether a name is wanted.
 * @returns What was found.
 */
export function readAfter(
  sql: Sql,
  name: string,
  after: number,
  fits: (name: string) => boolean,
): ReadMessages {
  const topic = findTopicRow(sql, name);
  if (topic === undefined) return { rows: [], upTo: after, first: 1, last: 0 };
  const { first, last } = topic;
  // What is not read does not come into memory: first the names and sizes, then the messages.
  const heads = sql.all<Pick<TopicMessageRow, "number" | "name" | "bytes">>(
    "SELECT number, name, bytes FROM topic_messages WHERE topic = ? AND number > ? ORDER BY number LIMIT ?",
    topic.id,
    after,
    limits.topicScanCount,
  );
  const rows: TopicMessageRow[] = [];
  let [bytes, upTo] = [0, after];
  for (const head of heads) {
    if (fits(head.name)) {
      bytes += head.bytes;
      if (rows.length > 0 && bytes > limits.topicReadBytes) break;
      rows.push(readOne(sql, topic, head.number));
      if (rows.length >= limits.topicReadCount) {
        upTo = head.number;
        break;
      }
    }
    upTo = head.number;
  }
  return { rows, upTo, first, last };
}

/** Reads one message that is kept. */
export function readOne(sql: Sql, topic: Pick<TopicRow, "id">, number: number): TopicMessageRow {
  return sql.all<TopicMessageRow>(
    `SELECT ${COLUMNS} FROM topic_messages WHERE topic = ? AND number = ?`,
    topic.id,
    number,
  )[0]!;
}

/** The last messages of some names. */
export interface ReadLast {
  /** The messages, in the order of their names. */
  readonly rows: readonly TopicMessageRow[];
  /** The name that was looked at last; `undefined` where there are no more. */
  readonly name: string | undefined;
}

/**
 * Reads the last message of each name, as many as fit into a step.
 *
 * @param sql The tables.
 * @param topic The name of the topic.
 * @param range Behind which name to begin, and up to which message.
 * @param fits Whether a name is wanted.
 * @returns What was found. Names with a later message are left out.
 */
export function readLast(
  sql: Sql,
  topic: string,
  { after, upTo }: { readonly after: string; readonly upTo: number },
  fits: (name: string) => boolean,
): ReadLast {
  const row = findTopicRow(sql, topic);
  if (row === undefined) return { rows: [], name: undefined };
  const heads = sql.all<{ number: number; name: string; bytes: number }>(
    `SELECT n.number, n.name, m.bytes FROM topic_names n JOIN topic_messages m
     ON m.topic = n.topic AND m.number = n.number
     WHERE n.topic = ? AND n.name > ? ORDER BY n.name LIMIT ?`,
    row.id,
    after,
    limits.topicScanCount,
  );
  const rows: TopicMessageRow[] = [];
  let bytes = 0;
  let name: string | undefined = after;
  for (const head of heads) {
    if (fits(head.name) && head.number <= upTo) {
      bytes += head.bytes;
      const isFull = rows.length >= limits.topicReadCount || bytes > limits.topicReadBytes;
      if (rows.length > 0 && isFull) return { rows, name };
      rows.push(readOne(sql, row, head.number));
    }
    name = head.name;
  }
  return { rows, name: heads.length < limits.topicScanCount ? undefined : name };
}

/**
 * Finds the message behind which a reader begins.
 *
 * @param sql The tables.
 * @param topic The topic.
 * @param beginning Where it wants to begin.
 * @returns The number of that message.
 * @throws {DariError} `failed_precondition` for a cursor of the future, and for one behind which
 * messages were removed.
 */
export function placeOf(
  sql: Sql,
  topic: Place,
  beginning: Exclude<Beginning, { kind: "last" }>,
): number {
  switch (beginning.kind) {
    case "now":
      return topic.last;
    case "first":
      return topic.first - 1;
    case "time":
      return lastBefore(sql, topic, beginning.ms);
    case "cursor":
      break;
    default:
      return beginning satisfies never;
  }
  const { number } = beginning;
  if (number > topic.last) {
    throw new DariError(
      "failed_precondition",
      `The cursor ${writeCursor(topic.name, number)} is of the future: the last message is ` +
        `${writeCursor(topic.name, topic.last)}; the store may be an older copy`,
      { retryable: false },
    );
  }
  if (number < topic.first - 1) throw removedBehind(topic, number);
  return number;
}

/** Says that messages which a reader was to get are not kept any more. */
export function removedBehind(
  { name, first }: Pick<TopicRow, "name" | "first">,
  number: number,
): DariError {
  return new DariError(
    "failed_precondition",
    `${first - number - 1} messages behind ${writeCursor(name, number)} were removed; subscribe ` +
      'from "first", or from a time, for those that are kept',
    { retryable: false },
  );
}

/** The last message that was published before a time. Their times never go back. */
function lastBefore(sql: Sql, topic: Place, ms: number): number {
  let [low, high] = [topic.first - 1, topic.last];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (readTime(sql, topic, middle) < ms) low = middle;
    else high = middle - 1;
  }
  return low;
}

function readTime(sql: Sql, topic: Place, number: number): number {
  return sql.all<{ published_at: number }>(
    "SELECT published_at FROM topic_messages WHERE topic = ? AND number = ?",
    topic.id,
    number,
  )[0]?.published_at ?? Infinity;
}
