/**
 * Removing messages that need not be kept.
 *
 * @module
 */

import type { Sql } from "../../../store/tables/sql.ts";
import type { TopicMessageRow, TopicRow } from "./rows.ts";

/** How many rows are read at first; each further step reads twice as many. */
const FIRST_STEP = 8;

/** The most rows that one step reads. */
const MOST_IN_STEP = 256;

/**
 * Removes messages that need not be kept any more, the oldest first.
 *
 * @param sql The tables.
 * @param topic The topic, whose counts follow.
 * @param today The time, in milliseconds since the epoch.
 * @param most How many at most.
 * @returns How many.
 */
export function trim(sql: Sql, topic: TopicRow, today: number, most: number): number {
  return removeFirst(sql, topic, most, () => isKept(topic, today));
}

/** Whether the oldest message of a topic is still to be kept, or there is none. */
export function isKept(
  { settings, first, last, bytes, first_at }: TopicRow,
  today: number,
): boolean {
  const { maxMessages, maxBytes, maxAgeMs } = settings;
  if (first > last) return true;
  return last - first < maxMessages && bytes <= maxBytes &&
    (maxAgeMs === null || first_at > today - maxAgeMs);
}

/**
 * Removes the oldest messages of a topic.
 *
 * @param sql The tables.
 * @param topic The topic, whose counts follow.
 * @param most How many at most.
 * @param isEnough Whether enough are gone.
 * @returns How many.
 */
export function removeFirst(
  sql: Sql,
  topic: TopicRow,
  most: number,
  isEnough: () => boolean = () => false,
): number {
  const before = topic.first;
  for (let step = FIRST_STEP; !isEnough(); step = Math.min(2 * step, MOST_IN_STEP)) {
    const left = Math.min(step, most - (topic.first - before), topic.last - topic.first + 1);
    if (left < 1) break;
    removeSome(sql, topic, left, isEnough);
  }
  const removed = topic.first - before;
  if (removed > 0) {
    sql.run("DELETE FROM topic_messages WHERE topic = ? AND number < ?", topic.id, topic.first);
  }
  return removed;
}

function removeSome(sql: Sql, topic: TopicRow, most: number, isEnough: () => boolean): void {
  const rows = sql.all<Pick<TopicMessageRow, "number" | "name" | "bytes" | "published_at">>(
    `SELECT number, name, bytes, published_at FROM topic_messages
     WHERE topic = ? AND number >= ? ORDER BY number LIMIT ?`,
    topic.id,
    topic.first,
    most + 1,
  );
  for (let at = 0; at < Math.min(most, rows.length) && !isEnough(); at++) {
    const { number, name, bytes } = rows[at]!;
    sql.run(
      "DELETE FROM topic_names WHERE topic = ? AND name = ? AND number = ?",
      topic.id,
      name,
      number,
    );
    topic.bytes -= bytes;
    topic.first = number + 1;
    topic.first_at = rows[at + 1]?.published_at ?? topic.last_at;
  }
}
