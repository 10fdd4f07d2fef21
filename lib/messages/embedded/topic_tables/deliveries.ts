/**
 * Giving the messages of a topic to the members of a group.
 *
 * @module
 */

import { encodeHex } from "@std/encoding/hex";
import { limits } from "../../../base/limits.ts";
import type { Sql } from "../../../store/tables/sql.ts";
import { topicMatcher } from "../../topic/names.ts";
import {
  countHeld,
  findGroup,
  giveUp,
  type GroupRow,
  type Membership,
  noGroup,
  openCount,
  removeDelivery,
} from "./groups.ts";
import { headsAfter, readOne } from "./read.ts";
import { findTopicRow, type TopicMessageRow, type TopicRow } from "./rows.ts";
import type { TopicTransaction } from "./topic_rows.ts";

/** A message that was given to a member. */
export interface Delivery {
  readonly row: TopicMessageRow;
  readonly lease: string;
  readonly leaseMs: number;
  readonly tries: number;
}

/** A delivery that is not done. */
interface OpenRow {
  readonly number: number;
  readonly tries: number;
  readonly lease: string | null;
}

/** What a group has for its members. */
export interface GroupOutlook {
  /** Whether a member could be given something. */
  readonly canTake: boolean;
  /** Up to which number it is known that no further message fits. */
  readonly scanned: number;
  /** When a lease or a pause ends, in milliseconds since the epoch; `Infinity` where there is none. */
  readonly nextAt: number;
}

/**
 * Looks whether a member could be given something.
 *
 * @param sql The tables.
 * @param topic The name of the topic.
 * @param group The name of the group.
 * @param at The time of leases; and up to which number other messages do not fit, which is known.
 * @returns What there is.
 */
export function groupOutlook(
  sql: Sql,
  topic: string,
  group: string,
  { now, scanned }: { readonly now: number; readonly scanned: number },
): GroupOutlook {
  const row = findTopicRow(sql, topic);
  const found = row && findGroup(sql, row, group);
  // The next take finds out, and tells the member.
  if (row === undefined || found === undefined) return { canTake: true, scanned, nextAt: now };
  const nextAt = sql.all<{ due: number | null }>(
    "SELECT min(due_at) AS due FROM topic_deliveries INDEXED BY topic_deliveries_due WHERE grp = ?",
    found.id,
  )[0]?.due ?? Infinity;
  if (nextAt <= now) return { canTake: true, scanned, nextAt };
  if (openCount(sql, found) >= limits.maxOpenDeliveries) return { canTake: false, scanned, nextAt };
  const fits = topicMatcher(found.pattern);
  let at = Math.max(scanned, found.next - 1, row.first - 1);
  for (const { number, name } of headsAfter(sql, row, at)) {
    if (fits(name)) return { canTake: true, scanned: at, nextAt };
    at = number;
  }
  return { canTake: at < row.last, scanned: at, nextAt };
}

/**
 * Gives messages to a member: first those that others did not answer, then new ones.
 *
 * @param transaction The transaction.
 * @param membership The member, and how many it is given.
 * @param scanned Up to which number it is known that no further message fits.
 * @returns What it is given; nothing while it has as many as it may.
 * @throws {DariError} `not_found` where the group was removed.
 */
export function deliver(
  transaction: TopicTransaction,
  membership: Membership,
  scanned = 0,
): Delivery[] {
  const { sql, topics } = transaction;
  const topic = topics.find(membership.topic);
  const group = topic && findGroup(sql, topic, membership.group);
  if (topic === undefined || group === undefined) throw noGroup(membership);
  const held = countHeld(sql, group, membership.member);
  const room = Math.min(membership.prefetch - held, limits.topicReadCount);
  if (room < 1) return [];
  const given = giveAgain(transaction, { topic, group, membership, room });
  giveNew(transaction, { topic, group, membership, room, given, scanned });
  topics.tell(topic.name, "delivered", given.length);
  return given;
}

/** What a step of giving works with. */
interface Giving {
  readonly topic: TopicRow;
  readonly group: GroupRow;
  readonly membership: Membership;
  readonly room: number;
}

/** What was given and not answered: the lease has ended, or the pause behind a failed try. */
function giveAgain(transaction: TopicTransaction, giving: Giving): Delivery[] {
  const { sql, topics, now } = transaction;
  const { topic, group, room } = giving;
  const due = sql.all<OpenRow>(
    `SELECT number, tries, lease FROM topic_deliveries INDEXED BY topic_deliveries_due
     WHERE grp = ? AND due_at <= ? ORDER BY due_at, number LIMIT ?`,
    group.id,
    now,
    room,
  );
  const given: Delivery[] = [];
  for (const { number, tries, lease } of due) {
    if (isMuch(given)) break;
    if (lease !== null) topics.tell(topic.name, "expired");
    if (number < topic.first) {
      removeDelivery(sql, group, number);
      miss(sql, group, 1);
    } else if (tries >= topic.settings.maxTries) giveUp(transaction, topic, group, number);
    else {
      const made = leaseOf(transaction, giving.membership, number);
      sql.run(
        `UPDATE topic_deliveries SET due_at = ?, tries = tries + 1, lease_ms = ?, lease = ?,
           holder = ?, member = ? WHERE grp = ? AND number = ?`,
        ...[made.dueAt, made.leaseMs, made.lease, made.holder, made.member, group.id, number],
      );
      given.push({ row: readOne(sql, topic, number), ...made, tries: tries + 1 });
    }
  }
  return given;
}

/** New messages, in their order. */
function giveNew(
  transaction: TopicTransaction,
  { topic, group, membership, room, given, scanned }: Giving & {
    readonly given: Delivery[];
    readonly scanned: number;
  },
): void {
  const { sql } = transaction;
  const known = Math.max(group.next, scanned + 1);
  const next = Math.max(known, topic.first);
  if (next > known) miss(sql, group, next - known);
  let upTo = next - 1;
  const free = limits.maxOpenDeliveries - openCount(sql, group);
  const most = Math.min(room, given.length + free);
  if (given.length < most && !isMuch(given)) {
    const fits = topicMatcher(group.pattern);
    for (const { number, name } of headsAfter(sql, topic, upTo)) {
      if (fits(name)) {
        const { lease, leaseMs, dueAt, holder, member } = leaseOf(transaction, membership, number);
        sql.run(
          "INSERT INTO topic_deliveries VALUES (?, ?, ?, 1, ?, ?, ?, ?)",
          ...[group.id, number, dueAt, leaseMs, lease, holder, member],
        );
        given.push({ row: readOne(sql, topic, number), lease, leaseMs, tries: 1 });
      }
      upTo = number;
      if (given.length >= most || isMuch(given)) break;
    }
  }
  if (upTo + 1 !== group.next) {
    sql.run("UPDATE topic_groups SET next = ? WHERE id = ?", upTo + 1, group.id);
  }
}

/** Whether these are as many bytes as one step gives. */
function isMuch(given: readonly Delivery[]): boolean {
  return given.reduce((sum, { row }) => sum + row.bytes, 0) >= limits.topicReadBytes;
}

function leaseOf(
  { now, randomBytes }: TopicTransaction,
  { holder, member, leaseMs }: Membership,
  number: number,
) {
  const lease = `${number}.${encodeHex(randomBytes(limits.leaseBytes))}`;
  return { lease, leaseMs, dueAt: now + leaseMs, holder, member };
}

function miss(sql: Sql, { id }: GroupRow, count: number): void {
  sql.run("UPDATE topic_groups SET missed = missed + ? WHERE id = ?", count, id);
}
