/**
 * Publishing messages.
 *
 * @module
 */

import { DariError } from "../../../base/errors.ts";
import { writeMessage, type WrittenMessage } from "../../queue/message_value.ts";
import { writeCursor } from "../../topic/cursor.ts";
import { topicOfName } from "../../topic/names.ts";
import type { PublishReceipt } from "../../topic/operations.ts";
import { checkTopicMessages } from "../../topic/params.ts";
import type { TopicMessageRow, TopicRow } from "./rows.ts";
import type { TopicTransaction } from "./topic_rows.ts";

/** A message that was checked. */
export interface CheckedTopicMessage extends WrittenMessage {
  readonly name: string;
  readonly id: string | null;
}

const INSERT = "INSERT INTO topic_messages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";

/**
 * Checks and writes messages.
 *
 * @param name The name that they are published by, unless they say another one.
 * @param messages Any value.
 * @throws {DariError} `invalid_params`, `resource_exhausted` for one that cannot be published.
 */
export function checkedTopicMessages(name: string, messages: unknown): CheckedTopicMessage[] {
  return checkTopicMessages(name, messages).map(({ value, topic, id }) => ({
    ...writeMessage(value),
    name: topic ?? name,
    id: id ?? null,
  }));
}

/**
 * Publishes messages of one topic: all or none.
 *
 * @param transaction The transaction.
 * @param messages The messages, at least one.
 * @param by The name of the publisher.
 * @returns What became of each.
 * @throws {DariError} `resource_exhausted` for a message that the topic could not keep,
 * `failed_precondition` for an id where nothing is kept.
 */
export function publishMessages(
  transaction: TopicTransaction,
  messages: readonly CheckedTopicMessage[],
  by: string,
): PublishReceipt[] {
  const { topics, today } = transaction;
  const topic = topics.make(topicOfName(messages[0]!.name));
  for (const message of messages) refuseWhatCannotBeKept(topic, message);
  if (!topic.settings.kept) {
    return messages.map((message) => {
      topics.publish(topic, rowOf(message, 0, today, by));
      return { isDuplicate: false };
    });
  }
  return messages.map((message) => publishOne(transaction, topic, message, by));
}

/**
 * Makes the row of a message.
 *
 * @param message The message.
 * @param number Its place.
 * @param at When it is published, in milliseconds since the epoch.
 * @param by The name of the publisher.
 */
export function rowOf(
  { name, id, bytes, types, value }: CheckedTopicMessage,
  number: number,
  at: number,
  by: string,
): TopicMessageRow {
  return { number, name, published_at: at, published_by: by, id, bytes, types, value };
}

/** Refuses what a topic has no place for. */
export function refuseWhatCannotBeKept(
  { name, settings }: TopicRow,
  { id, bytes }: CheckedTopicMessage,
): void {
  if (!settings.kept && id !== null) {
    throw new DariError(
      "failed_precondition",
      `Topic "${name}" keeps nothing, so it knows no ids: publish without one`,
      { retryable: false },
    );
  }
  if (bytes <= settings.maxBytes) return;
  throw new DariError(
    "resource_exhausted",
    `A message of ${bytes} bytes is too large for topic "${name}", which keeps ` +
      `${settings.maxBytes} bytes`,
    { retryable: false },
  );
}

function publishOne(
  { sql, topics, today }: TopicTransaction,
  topic: TopicRow,
  message: CheckedTopicMessage,
  by: string,
): PublishReceipt {
  const { id, name, bytes, types, value } = message;
  const first = id === null ? undefined : sql.all<{ number: number }>(
    "SELECT number FROM topic_ids WHERE topic = ? AND id = ? AND until > ?",
    ...[topic.id, id, today],
  )[0];
  if (first !== undefined) {
    topics.tell(topic.name, "duplicate");
    return { cursor: writeCursor(topic.name, first.number), isDuplicate: true };
  }
  const number = ++topic.last;
  // A clock that is set back does not reach the order of a topic: it is searched by time.
  const at = topic.last_at = Math.max(today, topic.last_at);
  if (topic.first === number) topic.first_at = at;
  if (id !== null) {
    const until = today + topic.settings.idMs;
    sql.run("INSERT OR REPLACE INTO topic_ids VALUES (?, ?, ?, ?)", topic.id, id, number, until);
  }
  sql.run(INSERT, topic.id, number, name, at, by, id, bytes, types, value);
  topic.bytes += bytes;
  topics.publish(topic, rowOf(message, number, at, by));
  return { cursor: writeCursor(topic.name, number), isDuplicate: false };
}
