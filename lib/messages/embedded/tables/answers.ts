/**
 * Answering messages that were taken.
 *
 * @module
 */

import { DariError } from "../../../base/errors.ts";
import { described } from "../../queue/names.ts";
import type { NackOptions, NackResult } from "../../queue/operations.ts";
import { backoffOf } from "../../queue/settings.ts";
import { bury, noteRemoved, putBack } from "./moves.ts";
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

/** As {@linkcode held} looks for it. */
const ACK = `DELETE FROM queue_messages
  WHERE number = ? AND queue = ? AND state = 2 AND lease = ? AND holder = ? AND due_at > ?
  RETURNING ${MOVED}`;

/** What a lease names, as far as it is there. */
interface Looked {
  readonly queue: QueueRow | undefined;
  readonly message: LeasedRow | undefined;
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
  if (isLease(lease)) return lease;
  throw new DariError("invalid_params", `${described(lease)} is no lease; send what a take gave`);
}

/** Whether a value has the form of a lease. */
export function isLease(value: unknown): value is string {
  return typeof value === "string" && LEASE.test(value);
}

/** As {@linkcode ackMessage}, and removes the messages of the acknowledgements that follow as well. */
export function ackInRun(transaction: QueueTransaction, answering: Answering): void {
  const queue = transaction.find(answering.queue);
  // What is removed with others could not be taken back with one of them.
  const message = transaction.isAtomic
    ? undefined
    : transaction.acks.find(transaction, queue?.id, answering);
  if (queue === undefined || message === undefined) ackMessage(transaction, answering);
  else noteAcked(transaction, queue, message);
}

/** Says that a message is done: it is removed, by one statement. Returns what it was. */
export function ackMessage(transaction: QueueTransaction, answering: Answering): MessageRow {
  const { queue: name, lease, holder } = answering;
  const queue = transaction.find(name);
  const [message] = queue === undefined ? [] : transaction.sql.all<MessageRow>(
    ACK,
    numberOf(lease),
    queue.id,
    lease,
    holder,
    transaction.now,
  );
  if (queue === undefined || message === undefined) {
    throw refusal(look(transaction, answering), answering);
  }
  noteAcked(transaction, queue, message);
  return message;
}

function noteAcked(transaction: QueueTransaction, queue: QueueRow, message: MessageRow): void {
  transaction.tell(queue, "acked");
  noteRemoved(transaction, queue, message);
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

/** Puts back what nobody received, since its taker has gone. It does not count as a try. */
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
function held(transaction: QueueTransaction, answering: Answering): Held {
  const { queue, message } = look(transaction, answering);
  const isHeld = isOf(answering, message) && message.queue === queue?.id &&
    message.due_at > transaction.now;
  if (isHeld) return { queue, message };
  throw refusal({ queue, message }, answering);
}

/** The queue and the message that a lease names, where they are there. */
function look(transaction: QueueTransaction, { queue: name, lease }: Answering): Looked {
  const queue = transaction.find(name);
  const [message] = transaction.sql.all<LeasedRow>(
    `SELECT ${MOVED}, queue, due_at, lease, holder, lease_ms FROM queue_messages WHERE number = ?`,
    numberOf(lease),
  );
  return { queue, message };
}

function refusal({ queue, message }: Looked, answering: Answering): DariError {
  const number = numberOf(answering.lease);
  if (queue === undefined || message?.queue !== queue.id) {
    return notHeld(
      number,
      `there is no such message in "${answering.queue}"; it may have been answered before`,
    );
  }
  return isOf(answering, message)
    ? notHeld(number, "the lease has ended, and the message will be taken again")
    : notHeld(number, "the lease was answered, has ended, or is somebody else's");
}

/** Whether a message has this lease. It has so many random bytes that comparing it tells nothing. */
function isOf({ lease, holder }: Answering, message: LeasedRow | undefined): message is LeasedRow {
  return message?.state === LEASED && message.lease === lease && message.holder === holder;
}

function numberOf(lease: string): number {
  return Number(LEASE.exec(lease)?.[1]);
}

/** Says that a lease is not its holder's. */
export function notHeld(number: number, reason: string): DariError {
  return new DariError(
    "failed_precondition",
    `Message ${number} is not yours to answer: ${reason}`,
    { retryable: false },
  );
}
