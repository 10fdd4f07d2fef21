/**
 * What a program writes to the store together with its queues and topics.
 *
 * @module
 */

import type { DeleteOptions, Entry, Operation, PutOptions } from "../../store/store.ts";
import { checkQueueName } from "../queue/names.ts";
import type { NewMessage, PutReceipt } from "../queue/operations.ts";
import type { NewTopicMessage, PublishReceipt } from "../topic/operations.ts";
import { checkedMessages } from "../embedded/tables/checked.ts";
import { putMessages } from "../embedded/tables/put.ts";
import type { QueueTransaction } from "../embedded/tables/transaction.ts";
import { checkedTopicMessages, publishMessages } from "../embedded/topic_tables/publish.ts";

/**
 * One transaction of the store: all that is done with it holds, or nothing. It is used while the
 * function runs that got it, and not later.
 */
export interface StoreTransaction {
  /**
   * Reads an entry, with what this transaction has changed.
   *
   * @param key Its key.
   */
  get(key: string): Entry | null;
  /**
   * Stores a text under a key, as `Store.put` does.
   *
   * @throws {VersionConflictError} `failed_precondition` when the condition does not hold.
   */
  put(key: string, value: string, options?: PutOptions): void;
  /**
   * Removes an entry, as `Store.delete` does.
   *
   * @throws {VersionConflictError} `failed_precondition` when the condition does not hold.
   */
  delete(key: string, options?: DeleteOptions): void;
  /**
   * Puts a message into a queue.
   *
   * @throws {DariError} As `put` of a queue does.
   */
  enqueue(queue: string, message: NewMessage): PutReceipt;
  /**
   * Publishes a message; readers get it once all of this is on disk.
   *
   * @throws {DariError} As `publish` of a topic does.
   */
  publish(topic: string, message: NewTopicMessage): PublishReceipt;
}

/** What the program threw in the middle of a request, of which nothing is left. */
export class Undone extends Error {
  /** @param cause What was thrown. */
  constructor(cause: unknown) {
    super("undone", { cause });
  }
}

/**
 * Runs what a program does in a transaction.
 *
 * @param transaction The transaction.
 * @param by The name of the principal that puts messages.
 * @param write What the program does.
 * @returns What it gave.
 * @throws {Undone} With what the program threw; nothing of it is left then.
 */
export function runWriting<T>(
  transaction: QueueTransaction,
  by: string,
  write: (writing: StoreTransaction) => T,
): T {
  let isOver = false;
  const during = <R>(work: () => R): R => {
    if (isOver) throw new TypeError("The transaction is over; write while its function runs");
    return work();
  };
  const batch = (operation: Operation) => during(() => transaction.entries.batch([operation]));
  try {
    return transaction.atomically(() => {
      const result = write({
        get: (key) => during(() => transaction.entries.get(key)),
        put: (key, value, options) => batch({ kind: "put", key, value, ...options }),
        delete: (key, options) => batch({ kind: "delete", key, ...options }),
        enqueue: (queue, message) =>
          during(() => {
            const checked = checkedMessages([message]);
            return putMessages(transaction, checkQueueName(queue), checked, by)[0]!;
          }),
        publish: (topic, message) =>
          during(() =>
            publishMessages(transaction, checkedTopicMessages(topic, [message]), by)[0]!
          ),
      });
      if (result instanceof Promise) {
        result.catch(() => {}); // nobody waits for it
        throw new TypeError("What is done in a transaction cannot wait; pass a plain function");
      }
      return result;
    });
  } catch (error) {
    throw new Undone(error);
  } finally {
    isOver = true;
  }
}
