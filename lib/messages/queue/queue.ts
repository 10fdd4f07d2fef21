/**
 * One queue as a program uses it, whatever keeps it.
 *
 * @module
 */

import type { Arrived, Sendable } from "../../protocol/arrived.ts";
import { checkQueueName } from "./names.ts";
import type {
  DeadLetter,
  DeadLetterPage,
  LeasedMessage,
  NackOptions,
  NackResult,
  NewMessage,
  PurgeOptions,
  PutReceipt,
  QueueOperations,
  QueueState,
  TakeOptions,
} from "./operations.ts";
import type { QueueSettings } from "./settings.ts";
import { type WorkerOptions, workOn } from "./worker.ts";

/** What is said of a message that is put, beside its value. */
export type PutMessageOptions = Omit<NewMessage, "value">;

/** A message that was taken; the taker has to answer it before its lease ends. */
export interface TakenMessage<T> extends Omit<LeasedMessage, "value"> {
  /** What it says. */
  readonly value: Arrived<T>;
  /**
   * Says that it is done.
   *
   * @throws {DariError} `failed_precondition` when the lease has ended: it will be taken again.
   */
  ack(): Promise<void>;
  /**
   * Gives it back: it is tried again after a pause, or becomes a dead letter.
   *
   * @param options Pause, reason, and whether no further try makes sense.
   * @throws {DariError} As `ack` does.
   */
  nack(options?: NackOptions): Promise<NackResult>;
  /**
   * Lets its lease begin anew.
   *
   * @param leaseMs How long it is from now on, in milliseconds; as long as before by default.
   * @throws {DariError} As `ack` does.
   */
  extend(leaseMs?: number): Promise<{ readonly endsAtMs: number }>;
}

/** Makes a message of what was taken: one in the store of this process can do more than one that came over a connection. */
export type MessageFactory<Message> = (queue: string, message: LeasedMessage) => Message;

/**
 * A queue. `EmbeddedQueues.queue` gives one in the store of this process, `queueOf` one at the other
 * end of a connection.
 *
 * @example
 * ```ts
 * import { EmbeddedQueues } from "@dari/dari/messages";
 * import { openSqliteStore } from "@dari/dari/store";
 * import { assertEquals } from "@std/assert";
 *
 * const directory = await Deno.makeTempDir();
 * {
 *   await using store = await openSqliteStore(`${directory}/dari.db`);
 *   await using queues = new EmbeddedQueues(store);
 *   const orders = queues.queue<{ total: number }>("orders");
 *   await orders.put({ total: 30 }, { id: "order-1", key: "customer-7" });
 *   const again = await orders.put({ total: 30 }, { id: "order-1", key: "customer-7" });
 *   assertEquals(again.isDuplicate, true);
 *   assertEquals((await orders.show()).waiting, 1);
 * }
 * await Deno.remove(directory, { recursive: true });
 * ```
 */
export class Queue<T = unknown, Message extends TakenMessage<T> = TakenMessage<T>> {
  /** Its name. */
  readonly name: string;
  readonly #operations: QueueOperations;
  readonly #messageOf: MessageFactory<Message>;

  /**
   * Makes the handle of a queue.
   *
   * @param operations What can be done.
   * @param name The name of the queue.
   * @param messageOf Makes a message of what was taken.
   * @throws {DariError} `invalid_params` for a name that cannot be one.
   */
  constructor(operations: QueueOperations, name: string, messageOf: MessageFactory<Message>) {
    this.name = checkQueueName(name);
    this.#operations = operations;
    this.#messageOf = messageOf;
  }

  /**
   * Puts a message. Once it resolves, the message is on disk.
   *
   * @param value What it says: what a call can carry, streams and files left aside.
   * @param options Id, key, priority and delay.
   * @returns Its number.
   * @throws {DariError} `invalid_params`; `resource_exhausted` when the queue or the disk is full, or
   * the message is too large.
   */
  async put(value: Sendable<T>, options: PutMessageOptions = {}): Promise<PutReceipt> {
    const [receipt] = await this.#operations.put(this.name, [{ ...options, value }]);
    return receipt!;
  }

  /**
   * Puts several messages: all or none.
   *
   * @param messages The messages, 1 to 1,000.
   * @returns What became of each.
   * @throws {DariError} As `put` does.
   */
  putMany(
    messages: readonly (PutMessageOptions & { value: Sendable<T> })[],
  ): Promise<PutReceipt[]> {
    return this.#operations.put(this.name, messages);
  }

  /**
   * Takes a message.
   *
   * @param options Lease, and how long to wait.
   * @returns The message; `null` when none came in time.
   */
  async take(options: Omit<TakeOptions, "max"> = {}): Promise<Message | null> {
    const [message = null] = await this.takeMany({ ...options, max: 1 });
    return message;
  }

  /**
   * Takes the messages that there are, up to a number; it waits for the first one alone.
   *
   * @param options How many, lease, and how long to wait.
   * @returns The messages; none when none came in time.
   */
  async takeMany(options: TakeOptions): Promise<Message[]> {
    const messages = await this.#operations.take(this.name, options);
    return messages.map((message) => this.#messageOf(this.name, message));
  }

  /**
   * Handles messages one after the other, or several at once, until the signal aborts. A message is
   * done when its handler returns, and tried again when it throws; while the handler is at work, the
   * lease is extended.
   *
   * @param handle Handles a message. Its signal aborts when the lease is lost, or the work ends.
   * @param options How many at once, the signal, and who hears of failures.
   * @returns Once the signal has aborted and the handlers have ended.
   *
   * @example
   * ```ts
   * import { EmbeddedQueues } from "@dari/dari/messages";
   * import { openSqliteStore } from "@dari/dari/store";
   * import { assertEquals } from "@std/assert";
   *
   * const directory = await Deno.makeTempDir();
   * {
   *   await using store = await openSqliteStore(`${directory}/dari.db`);
   *   await using queues = new EmbeddedQueues(store);
   *   const emails = queues.queue<string>("emails");
   *   await emails.put("alice@example.com");
   *   const stop = new AbortController();
   *   await emails.work((message) => {
   *     assertEquals(message.value, "alice@example.com");
   *     stop.abort();
   *   }, { signal: stop.signal });
   *   assertEquals((await emails.show()).waiting, 0);
   * }
   * await Deno.remove(directory, { recursive: true });
   * ```
   */
  work(
    handle: (message: Message, signal: AbortSignal) => unknown,
    options: WorkerOptions,
  ): Promise<void> {
    return workOn((taking) => this.takeMany(taking), handle, options);
  }

  /** Looks at the queue. @throws {DariError} `not_found` before its first message. */
  show(): Promise<QueueState> {
    return this.#operations.show(this.name);
  }

  /** Changes settings, and makes the queue where there is none. */
  configure(settings: Partial<QueueSettings>): Promise<QueueState> {
    return this.#operations.configure(this.name, settings);
  }

  /** Lets nothing be taken any more. What is at work goes on. */
  pause(): Promise<QueueState> {
    return this.#operations.pause(this.name);
  }

  /** Lets messages be taken again. */
  resume(): Promise<QueueState> {
    return this.#operations.resume(this.name);
  }

  /** Removes all messages that wait, or all dead letters. */
  purge(options: PurgeOptions = {}): Promise<{ readonly removed: number }> {
    return this.#operations.purge(this.name, options);
  }

  /** Lists dead letters in the order of their numbers. */
  dead(page: DeadLetterPage = {}): Promise<DeadLetter[]> {
    return this.#operations.dead(this.name, page);
  }

  /**
   * Puts dead letters back, and counts their tries anew.
   *
   * @param numbers Their numbers; all of them by default.
   */
  retry(numbers?: readonly number[]): Promise<{ readonly retried: number }> {
    return this.#operations.retry(this.name, numbers);
  }
}

/**
 * Makes a message that answers by what can be done with its queue.
 *
 * @param operations What can be done.
 * @returns The factory of a {@linkcode Queue}.
 */
export function answering<T>(operations: QueueOperations): MessageFactory<TakenMessage<T>> {
  return (queue, message) => {
    const { lease } = message;
    return {
      ...message,
      value: message.value as Arrived<T>,
      ack: () => operations.ack(queue, lease),
      nack: (options) => operations.nack(queue, lease, options),
      extend: (leaseMs) => operations.extend(queue, lease, leaseMs),
    };
  };
}
