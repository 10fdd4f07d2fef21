/**
 * Answering messages that members of a group were given.
 *
 * @module
 */

import { DariError } from "../../../base/errors.ts";
import type { NackResult } from "../../queue/operations.ts";
import { backoffOf } from "../../queue/settings.ts";
import type { TopicNackOptions } from "../../topic/operations.ts";
import { findGroup, giveUp, type GroupRow, noGroup, removeDelivery } from "./groups.ts";
import type { TopicRow } from "./rows.ts";
import type { TopicTransaction } from "./topic_rows.ts";

/** Which lease is meant, and who says so. */
export interface Answer {
  readonly topic: string;
  readonly group: string;
  readonly lease: string;
  readonly holder: string;
}

/** A delivery with the lease that it has. */
interface HeldRow {
  readonly number: number;
  readonly due_at: number;
  readonly tries: number;
  readonly lease_ms: number;
  readonly lease: string | null;
  readonly holder: string | null;
  readonly member: string | null;
}

/** Says that a message is done. */
export function ackDelivery(transaction: TopicTransaction, answer: Answer): void {
  const { group, delivery } = held(transaction, answer);
  removeDelivery(transaction.sql, group, delivery.number);
  transaction.topics.tell(answer.topic, "acked");
}

/** Gives a message back: the group is given it again later, or it is given up. */
export function nackDelivery(
  transaction: TopicTransaction,
  answer: Answer,
  { delayMs, dead = false }: TopicNackOptions,
): NackResult {
  const { topic, group, delivery } = held(transaction, answer);
  const { sql, topics, now, random } = transaction;
  const { number, tries } = delivery;
  topics.tell(topic.name, "nacked");
  topics.wake(answer.topic, answer.group);
  if (dead || tries >= topic.settings.maxTries) {
    giveUp(transaction, topic, group, number);
    return { isDead: true };
  }
  const pauseMs = delayMs ?? backoffOf(topic.settings, tries, random());
  sql.run(
    `UPDATE topic_deliveries SET due_at = ?, lease_ms = ?, lease = NULL, holder = NULL, member = NULL
     WHERE grp = ? AND number = ?`,
    ...[now + pauseMs, pauseMs, group.id, number],
  );
  return { isDead: false, dueAtMs: now + pauseMs };
}

/** Lets a lease begin anew. */
export function extendDelivery(
  transaction: TopicTransaction,
  answer: Answer,
  leaseMs: number | undefined,
): { readonly endsAtMs: number } {
  const { group, delivery } = held(transaction, answer);
  const lengthMs = leaseMs ?? delivery.lease_ms;
  const endsAtMs = transaction.now + lengthMs;
  transaction.sql.run(
    "UPDATE topic_deliveries SET due_at = ?, lease_ms = ? WHERE grp = ? AND number = ?",
    ...[endsAtMs, lengthMs, group.id, delivery.number],
  );
  return { endsAtMs };
}

/**
 * Finds the delivery of a lease that has not ended.
 *
 * @throws {DariError} `failed_precondition` where there is none.
 */
function held(
  { sql, topics, now }: TopicTransaction,
  { topic: name, group: groupName, lease, holder }: Answer,
): { readonly topic: TopicRow; readonly group: GroupRow; readonly delivery: HeldRow } {
  const number = Number(lease.slice(0, lease.indexOf(".")));
  const topic = topics.find(name);
  const group = topic && findGroup(sql, topic, groupName);
  if (topic === undefined || group === undefined) throw noGroup({ topic: name, group: groupName });
  const [delivery] = sql.all<HeldRow>(
    `SELECT number, due_at, tries, lease_ms, lease, holder, member FROM topic_deliveries
     WHERE grp = ? AND number = ?`,
    group.id,
    number,
  );
  if (delivery === undefined) throw notHeld(number, "it may have been answered before");
  // A lease has so many random bytes that comparing it tells nothing.
  if (delivery.lease !== lease || delivery.holder !== holder) {
    throw notHeld(number, "the lease was answered, has ended, or is somebody else's");
  }
  if (delivery.due_at <= now) {
    throw notHeld(number, "the lease has ended, and the group will be given the message again");
  }
  if (delivery.member !== null) topics.wakeMember(name, groupName, delivery.member);
  return { topic, group, delivery };
}

function notHeld(number: number, reason: string): DariError {
  return new DariError(
    "failed_precondition",
    `Message ${number} is not yours to answer: ${reason}`,
    { retryable: false },
  );
}
