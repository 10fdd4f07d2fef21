/**
 * What can be done with queues, whatever keeps them: the store of this process, a server at the other
 * end of a connection, or a cluster. The wire has a method for each (`rpc.queue.put` …).
 *
 * @module
 */

import type { QueueSettings } from "./settings.ts";

/** A message to be put. */
export interface NewMessage {
  /** What it says. */
  readonly value: unknown;
  /**
   * Names the message: a second one with this id is not put while the first is in the queue, and for
   * `idMs` after it is done.
   */
  readonly id?: string | undefined;
  /**
   * What it is about, for instance a customer. Messages of one key are taken in the order in which
   * they were put, `keyConcurrency` of them at once.
   */
  readonly key?: string | undefined;
  /** From 0 to 9; a message of a higher priority is taken first. @default {0} */
  readonly priority?: number | undefined;
  /** How long it cannot be taken, in milliseconds. @default {0} */
  readonly delayMs?: number | undefined;
}

/** What became of a message that was put. */
export interface PutReceipt {
  /** The number of the message; of one that is a duplicate, the number of the first. */
  readonly number: number;
  /** Whether a message with this id was put before, so that this one was not. */
  readonly isDuplicate: boolean;
}

/** What is taken. */
export interface TakeOptions {
  /** How many messages at most. @default {1} */
  readonly max?: number | undefined;
  /** How long they belong to the taker, in milliseconds. @default {the queue's `leaseMs`} */
  readonly leaseMs?: number | undefined;
  /** How long to wait for the first one, in milliseconds. @default {0} */
  readonly waitMs?: number | undefined;
  /** Ends the wait. */
  readonly signal?: AbortSignal | undefined;
}

/** A message that was taken. */
export interface LeasedMessage {
  /** Its number, which grows with each message of the store. */
  readonly number: number;
  /** Its id, where it was put with one. */
  readonly id?: string;
  /** Its key, where it was put with one. */
  readonly key?: string;
  /** Its priority. */
  readonly priority: number;
  /** What it says. */
  readonly value: unknown;
  /** When it was put, in milliseconds since the epoch. */
  readonly putAtMs: number;
  /** The name of the principal that put it. */
  readonly putBy: string;
  /** How often it was taken, this time included. */
  readonly tries: number;
  /** What it is answered with. */
  readonly lease: string;
  /** How long it belongs to the taker, in milliseconds from when it was taken. */
  readonly leaseMs: number;
}

/** How a message is given back. */
export interface NackOptions {
  /** How long it cannot be taken, in milliseconds. @default {what the queue's back-off says} */
  readonly delayMs?: number | undefined;
  /** Why, for those who read dead letters. */
  readonly reason?: string | undefined;
  /** Whether no further try makes sense: it becomes a dead letter at once. @default {false} */
  readonly dead?: boolean | undefined;
}

/** What became of a message that was given back. */
export interface NackResult {
  /** Whether it is a dead letter now. */
  readonly isDead: boolean;
  /** When it can be taken again, in milliseconds since the epoch. */
  readonly dueAtMs?: number;
}

/** A queue as it stands. */
export interface QueueState {
  /** Its name. */
  readonly name: string;
  /** Whether nothing can be taken from it. */
  readonly isPaused: boolean;
  /** How many messages can be taken, or are behind others of their key. */
  readonly waiting: number;
  /** How many cannot be taken yet. */
  readonly delayed: number;
  /** How many were taken and not answered. */
  readonly leased: number;
  /** How many are dead letters. */
  readonly dead: number;
  /** The bytes of all that are no dead letters. */
  readonly bytes: number;
  /** When the oldest one that can be taken was put, in milliseconds since the epoch. */
  readonly oldestAtMs?: number;
  /** How it works. */
  readonly settings: QueueSettings;
}

/** A message that nobody could handle. */
export interface DeadLetter {
  /** Its number. */
  readonly number: number;
  /** Its id, where it was put with one. */
  readonly id?: string;
  /** Its key, where it was put with one. */
  readonly key?: string;
  /** What it says. */
  readonly value: unknown;
  /** When it was put, in milliseconds since the epoch. */
  readonly putAtMs: number;
  /** The name of the principal that put it. */
  readonly putBy: string;
  /** How often it was taken. */
  readonly tries: number;
  /** Why it is dead. */
  readonly reason: string;
  /** Since when, in milliseconds since the epoch. */
  readonly diedAtMs: number;
}

/** Which dead letters are listed. */
export interface DeadLetterPage {
  /** Only those with a greater number. @default {0} */
  readonly after?: number | undefined;
  /** How many at most. @default {100} */
  readonly limit?: number | undefined;
}

/** What is removed. */
export interface PurgeOptions {
  /** Dead letters instead of messages that wait. @default {false} */
  readonly dead?: boolean | undefined;
}

/** What can be done with queues. Each fails with a `DariError`; what was acknowledged is on disk. */
export interface QueueOperations {
  /**
   * Puts messages: all or none. A queue is made with its first message.
   *
   * @throws {DariError} `invalid_params`; `resource_exhausted` when the queue, its store or the disk is
   * full, or a message is too large.
   */
  put(queue: string, messages: readonly NewMessage[]): Promise<PutReceipt[]>;
  /** Takes messages, once there are some; none when none came in time. */
  take(queue: string, options?: TakeOptions): Promise<LeasedMessage[]>;
  /**
   * Says that a message is done.
   *
   * @throws {DariError} `failed_precondition` when the lease has ended, or is somebody else's.
   */
  ack(queue: string, lease: string): Promise<void>;
  /** Gives a message back: it is tried again, or becomes a dead letter. Fails as `ack` does. */
  nack(queue: string, lease: string, options?: NackOptions): Promise<NackResult>;
  /** Lets a lease begin anew. Fails as `ack` does. */
  extend(queue: string, lease: string, leaseMs?: number): Promise<{ readonly endsAtMs: number }>;
  /** Looks at a queue. @throws {DariError} `not_found` where there is none of the name. */
  show(queue: string): Promise<QueueState>;
  /** Looks at all queues that the caller may look at, in the order of their names. */
  list(): Promise<QueueState[]>;
  /** Changes settings; a queue that does not exist is made. */
  configure(queue: string, settings: Partial<QueueSettings>): Promise<QueueState>;
  /** Lets nothing be taken any more. What is at work goes on. */
  pause(queue: string): Promise<QueueState>;
  /** Lets messages be taken again. */
  resume(queue: string): Promise<QueueState>;
  /** Removes messages that wait. */
  purge(queue: string, options?: PurgeOptions): Promise<{ readonly removed: number }>;
  /** Lists dead letters in the order of their numbers. */
  dead(queue: string, page?: DeadLetterPage): Promise<DeadLetter[]>;
  /** Puts dead letters back, these or all; their tries are counted anew. */
  retry(queue: string, numbers?: readonly number[]): Promise<{ readonly retried: number }>;
}
