/**
 * Looking at topics and setting them.
 *
 * @module
 */

import { DariError } from "../../../base/errors.ts";
import { limits } from "../../../base/limits.ts";
import type { Sql } from "../../../store/tables/sql.ts";
import { writeCursor } from "../../topic/cursor.ts";
import type { GroupState, TopicState } from "../../topic/operations.ts";
import type { TopicSettings } from "../../topic/settings.ts";
import { findGroup, type GroupRow, noGroup, openCount } from "./groups.ts";
import { removeFirst, trim } from "./retention.ts";
import { allTopicRows, findTopicRow, type TopicRow } from "./rows.ts";
import type { TopicTransaction } from "./topic_rows.ts";

/**
 * A topic as it stands.
 *
 * @throws {DariError} `not_found` where there is none.
 */
export function topicState(sql: Sql, name: string): TopicState {
  return stateOf(sql, mustFind(findTopicRow(sql, name), name));
}

/** All topics as they stand, by name. */
export function topicStates(sql: Sql): TopicState[] {
  return allTopicRows(sql).map((topic) => stateOf(sql, topic));
}

/** Refuses the name of a topic that does not exist. */
export function mustFind(topic: TopicRow | undefined, name: string): TopicRow {
  if (topic !== undefined) return topic;
  throw new DariError("not_found", `There is no topic "${name}"; a first message makes it`);
}

/** Changes settings. */
export function configureTopic(
  transaction: TopicTransaction,
  name: string,
  settings: Partial<TopicSettings>,
): TopicState {
  const topic = transaction.topics.make(name);
  topic.settings = { ...topic.settings, ...settings };
  return stateOf(transaction.sql, topic);
}

/**
 * Removes some messages, the oldest first.
 *
 * @param transaction The transaction.
 * @param name The topic.
 * @param upTo The number of the last one that is removed.
 * @returns How many; 0 where nothing is left.
 */
export function purgeTopic(
  { sql, topics }: TopicTransaction,
  name: string,
  upTo: number,
): number {
  const topic = mustFind(topics.find(name), name);
  return removeFirst(sql, topic, Math.min(limits.purgeStepCount, upTo - topic.first + 1));
}

/** Removes some messages that need not be kept any more. Returns how many. */
export function trimTopic({ sql, topics, today }: TopicTransaction, name: string): number {
  const topic = topics.find(name);
  return topic === undefined ? 0 : trim(sql, topic, today, limits.topicTrimCount);
}

/** Removes a group with its place. */
export function forgetGroup({ sql, topics }: TopicTransaction, name: string, group: string): void {
  const topic = mustFind(topics.find(name), name);
  const found = findGroup(sql, topic, group);
  if (found === undefined) throw noGroup({ topic: name, group });
  sql.run("DELETE FROM topic_deliveries WHERE grp = ?", found.id);
  sql.run("DELETE FROM topic_groups WHERE id = ?", found.id);
  topics.wake(name, group);
}

function stateOf(sql: Sql, topic: TopicRow): TopicState {
  const { name, first, last, bytes, first_at, last_at, settings } = topic;
  const groups = sql.all<GroupRow>(
    "SELECT * FROM topic_groups WHERE topic = ? ORDER BY name",
    topic.id,
  );
  return {
    name,
    messages: last - first + 1,
    bytes,
    cursor: writeCursor(name, last),
    ...(first > last ? {} : { oldestAtMs: first_at }),
    ...(last === 0 ? {} : { publishedAtMs: last_at }),
    settings,
    groups: groups.map((group) => groupState(sql, topic, group)),
  };
}

function groupState(sql: Sql, topic: TopicRow, group: GroupRow): GroupState {
  const { number } = sql.all<{ number: number | null }>(
    "SELECT min(number) AS number FROM topic_deliveries WHERE grp = ?",
    group.id,
  )[0]!;
  const done = (number ?? group.next) - 1;
  return {
    name: group.name,
    pattern: group.pattern,
    cursor: writeCursor(topic.name, done),
    behind: Math.max(0, topic.last - done),
    open: openCount(sql, group),
    missed: group.missed,
    givenUp: group.given_up,
  };
}
