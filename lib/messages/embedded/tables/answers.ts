/**
 * Answering messages that were taken.
 *
 * @module
 */

import { DariError } from "../../../base/errors.ts";
import { described } from "../../queue/names.ts";
import type { NackOptions, NackResult } from "../../queue/operations.ts";
import { backoffOf } from "../../queue/settings.ts";
import { bury, putBack, remove } from "./moves.ts";
import { DELAYED, LEASED, type MessageRow, MOVED, type QueueRow, READY } from "./rows.ts";
import type { QueueTransaction } from "./transaction.ts";

/** Which lease is meant, and who says so. */
export interface Answering {
  readonly queue: string;
  readonly lease: string;
  readonly holder: string;
}

/** A message with the lease that it has. */
interface LeasedRow extends MessageRow {
  readonly queue: number;
  readonly due_at: number;
  readonly lease: string | null;
  readonly holder: string | null;
  readonly lease_ms: number;
}

/** A message that is being answered, with its queue. */
interface Held {
  readonly queue: QueueRow;
  readonly message: LeasedRow;
}

const LEASE = /^([1-9]\d{0,15})\.[0-9a-f]{8,64}$/;

/**
 * Refuses what cannot be a lease.
 *
 * @param lease Any value.
 * @returns The lease.
 * @throws {DariError} `invalid_params` for what a take never gave.
 */
export function checkLease(lease: unknown): string {
  if (typeof lease === "string" && LEASE.test(lease)) return lease;
  throw new DariError("invalid_params", `${described(lease)} is no lease; send what a take gave`);
}

/** Says that a message is done: it is removed. Returns what it was. */
export function ackMessage(transaction: QueueTransaction, answering: Answering): MessageRow {
  const { queue, message } = held(transaction, answering);
  transaction.tell(queue, "acked");
  remove(transaction, queue, message);
  return message;
}

/**
 * Says that a message is done, and does more in the same transaction: both hold, or neither.
 *
 * @param transaction The transaction.
 * @param answering The lease.
 * @param write What else is done.
 * @returns What that gave.
 */
export function completeMessage<T>(
  transaction: QueueTransaction,
  answering: Answering,
  write: () => T,
): T {
  held(transaction, answering);
  return transaction.atomically(() => {
    const result = write();
    ackMessage(transaction, answering);
    return result;
  });
}

/** Gives a message back: it is tried again later, or becomes a dead letter. */
export function nackMessage(
  transaction: QueueTransaction,
  answering: Answering,
  { delayMs, reason, dead = false }: NackOptions,
): NackResult {
  const { queue, message } = held(transaction, answering);
  const { settings } = queue;
  transaction.tell(queue, "nacked");
  if (dead || message.tries >= settings.maxTries) {
    bury(transaction, queue, message, reason ?? "It was given back without a reason");
    return { isDead: true };
  }
  const pauseMs = delayMs ?? backoffOf(settings, message.tries, transaction.random());
  const dueAtMs = transaction.today + pauseMs;
  const state = pauseMs === 0 ? READY : DELAYED;
  putBack(transaction, queue, message, { state, dueAt: dueAtMs, reason });
  return { isDead: false, dueAtMs };
}

/** Lets a lease begin anew. */
export function extendLease(
  transaction: QueueTransaction,
  answering: Answering,
  leaseMs: number | undefined,
): { readonly endsAtMs: number } {
  const { message } = held(transaction, answering);
  const lengthMs = leaseMs ?? message.lease_ms;
  const endsAtMs = transaction.now + lengthMs;
  transaction.sql.run(
    "UPDATE queue_messages SET due_at = ?, lease_ms = ? WHERE number = ?",
    endsAtMs,
    lengthMs,
    message.number,
  );
  return { endsAtMs };
}

/** Fails unless a lease lasts: what is written for it would be somebody else's. */
export function requireLease(transaction: QueueTransaction, answering: Answering): void {
  held(transaction, answering);
}

/** Puts back what nobody received: whoever asked for it has gone. It does not count as a try. */
export function returnUnseen(transaction: QueueTransaction, answering: Answering): void {
  const { queue, message } = held(transaction, answering);
  const to = { state: READY, dueAt: transaction.today, isUntried: true } as const;
  putBack(transaction, queue, message, to);
}

/**
 * Finds the message of a lease that has not ended.
 *
 * @throws {DariError} `failed_precondition` where there is none.
 */
function held(transaction: QueueTransaction, { queue: name, lease, holder }: Answering): Held {
  const number = Number(LEASE.exec(lease)?.[1]);
  const queue = transaction.find(name);
  const [message] = transaction.sql.all<LeasedRow>(
    `SELECT ${MOVED}, queue, due_at, lease, holder, lease_ms FROM queue_messages WHERE number = ?`,
    number,
  );
  if (queue === undefined || message === undefined || message.queue !== queue.id) {
    throw notHeld(
      number,
      `there is no such message in "${name}"; it may have been answered before`,
    );
  }
  // A lease has so many random bytes that comparing it tells nothing.
  if (message.state !== LEASED || message.lease !== lease || message.holder !== holder) {
    throw notHeld(number, "the lease was answered, has ended, or is somebody else's");
  }
  if (message.due_at <= transaction.now) {
    throw notHeld(number, "the lease has ended, and the message will be taken again");
  }
  return { queue, message };
}

/** Says that a lease is not its holder's. */
export function notHeld(number: number, reason: string): DariError {
  return new DariError(
    "failed_precondition",
    `Message ${number} is not yours to answer: ${reason}`,
    { retryable: false },
  );
}
