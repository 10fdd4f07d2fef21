/**
 * Groups: members that share the messages of a topic. A group was given all messages before its
 * `next`; those of them that are not done have a row. So its place is that of the first row, and it
 * cannot go back.
 *
 * @module
 */

import { DariError } from "../../../base/errors.ts";
import { limits } from "../../../base/limits.ts";
import type { Sql } from "../../../store/tables/sql.ts";
import type { Beginning } from "../../topic/params.ts";
import { placeOf } from "./read.ts";
import { findTopicRow, type TopicRow } from "./rows.ts";
import type { TopicTransaction } from "./topic_rows.ts";

/** A row of `topic_groups`. */
export interface GroupRow {
  readonly id: number;
  readonly name: string;
  readonly pattern: string;
  readonly next: number;
  readonly missed: number;
  readonly given_up: number;
}

/** A member of a group, and how many messages it is given. */
export interface Membership {
  readonly topic: string;
  readonly group: string;
  /** One subscription. */
  readonly member: string;
  /** The member that has it, and may answer. */
  readonly holder: string;
  readonly prefetch: number;
  readonly leaseMs: number;
}

/** Finds a group without changing it. */
export function findGroup(
  sql: Sql,
  topic: Pick<TopicRow, "id">,
  name: string,
): GroupRow | undefined {
  return sql.all<GroupRow>(
    "SELECT * FROM topic_groups WHERE topic = ? AND name = ?",
    topic.id,
    name,
  )[0];
}

/**
 * Finds a group for a member, and makes it where there is none.
 *
 * @param transaction The transaction.
 * @param member The topic and the group.
 * @param asked What the member wants; where to begin counts for a group that is made.
 * @throws {DariError} `failed_precondition` for a pattern that is not the group's, and for a topic that
 * keeps nothing; `resource_exhausted` when there are too many groups.
 */
export function joinGroup(
  transaction: TopicTransaction,
  { topic: name, group }: Pick<Membership, "topic" | "group">,
  { pattern, beginning }: {
    readonly pattern: string;
    readonly beginning: Exclude<Beginning, { kind: "last" }>;
  },
): void {
  const { sql, topics, now } = transaction;
  const topic = topics.make(name);
  if (!topic.settings.kept) throw keepsNothing(name, "a group");
  const known = findGroup(sql, topic, group);
  if (known === undefined) return makeGroup(transaction, topic, group, { pattern, beginning });
  if (known.pattern !== pattern) {
    throw new DariError(
      "failed_precondition",
      `Group "${group}" of "${name}" gets "${known.pattern}", and its members share all of it; ` +
        `"${pattern}" needs a group of another name`,
      { retryable: false },
    );
  }
  // The clock may have been set back while no process kept its own time: a lease that seems to begin
  // in the future then lasts as long as it is, from now on.
  sql.run(
    "UPDATE topic_deliveries SET due_at = ? + lease_ms WHERE grp = ? AND due_at > ? + lease_ms",
    ...[now, known.id, now],
  );
}

/** Says that something needs messages that are kept. */
export function keepsNothing(topic: string, what: string): DariError {
  return new DariError(
    "failed_precondition",
    `Topic "${topic}" keeps nothing, and ${what} needs messages that are kept`,
    { retryable: false },
  );
}

/** How many messages a member has that it did not answer. */
export function heldCount(
  sql: Sql,
  { topic: name, group, member }: Pick<Membership, "topic" | "group" | "member">,
): number {
  const topic = findTopicRow(sql, name);
  const found = topic && findGroup(sql, topic, group);
  return found === undefined ? 0 : countHeld(sql, found, member);
}

/** Says that there is no group of a name. */
export function noGroup({ topic, group }: Pick<Membership, "topic" | "group">): DariError {
  return new DariError("not_found", `Topic "${topic}" has no group "${group}"`);
}

/**
 * Gives back what a member did not answer, since it has left.
 *
 * @param transaction The transaction.
 * @param membership The member.
 * @param isLost Whether it may have died of a message; otherwise none of them counts as tried.
 */
export function leaveGroup(
  transaction: TopicTransaction,
  { topic: name, group: groupName, member }: Pick<Membership, "topic" | "group" | "member">,
  isLost: boolean,
): void {
  const { sql, topics, now } = transaction;
  const topic = topics.find(name);
  const group = topic && findGroup(sql, topic, groupName);
  if (group === undefined) return;
  sql.run(
    `UPDATE topic_deliveries SET due_at = ?, tries = tries - ?, lease_ms = 0, lease = NULL,
       holder = NULL, member = NULL WHERE grp = ? AND member = ?`,
    ...[now, isLost ? 0 : 1, group.id, member],
  );
  topics.wake(name, groupName);
}

/** How many deliveries a member has. */
export function countHeld(sql: Sql, group: GroupRow, member: string): number {
  return sql.all<{ held: number }>(
    `SELECT count(*) AS held FROM topic_deliveries INDEXED BY topic_deliveries_held
     WHERE grp = ? AND member = ?`,
    group.id,
    member,
  )[0]!.held;
}

function makeGroup(
  { sql, topics }: TopicTransaction,
  topic: TopicRow,
  group: string,
  { pattern, beginning }: {
    readonly pattern: string;
    readonly beginning: Exclude<Beginning, { kind: "last" }>;
  },
): void {
  const [{ count } = { count: 0 }] = sql.all<{ count: number }>(
    "SELECT count(*) AS count FROM topic_groups",
  );
  if (count >= limits.maxTopicGroups) {
    throw new DariError(
      "resource_exhausted",
      `There are ${count} groups already, and no more can be made`,
      { retryable: false },
    );
  }
  const next = placeOf(sql, topic, beginning) + 1;
  sql.run(
    "INSERT INTO topic_groups VALUES (NULL, ?, ?, ?, ?, 0, 0)",
    ...[topic.id, group, pattern, next],
  );
  topics.wake(topic.name, group);
}

/** How many deliveries of a group are not done. */
export function openCount(sql: Sql, group: GroupRow): number {
  return sql.all<{ count: number }>(
    "SELECT count(*) AS count FROM topic_deliveries WHERE grp = ?",
    group.id,
  )[0]!.count;
}

/** Says that a delivery is done. */
export function removeDelivery(sql: Sql, { id }: GroupRow, number: number): void {
  sql.run("DELETE FROM topic_deliveries WHERE grp = ? AND number = ?", id, number);
}

/** Gives a message no further try. It stays in its topic. */
export function giveUp(
  { sql, topics }: TopicTransaction,
  topic: TopicRow,
  group: GroupRow,
  number: number,
): void {
  removeDelivery(sql, group, number);
  sql.run("UPDATE topic_groups SET given_up = given_up + 1 WHERE id = ?", group.id);
  topics.tell(topic.name, "died");
}
