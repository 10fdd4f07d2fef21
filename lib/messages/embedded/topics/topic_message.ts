/**
 * Messages as those get them who read.
 *
 * @module
 */

import type { TopicMessageRow } from "../topic_tables/rows.ts";
import { readMessage } from "../../queue/message_value.ts";
import { writeCursor } from "../../topic/cursor.ts";
import type { TopicMessage } from "../../topic/operations.ts";

/**
 * Reads a row. Each reader gets a value of its own.
 *
 * @param row The row.
 * @param topic The topic that keeps it; `undefined` where it has no place to come back to.
 */
export function topicMessage(row: TopicMessageRow, topic: string | undefined): TopicMessage {
  return {
    topic: row.name,
    ...(topic === undefined ? {} : { cursor: writeCursor(topic, row.number) }),
    ...(row.id === null ? {} : { id: row.id }),
    value: readMessage(row),
    publishedAtMs: row.published_at,
    publishedBy: row.published_by,
  };
}
