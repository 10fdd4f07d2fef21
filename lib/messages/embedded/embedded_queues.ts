/**
 * Queues in the store of this process.
 *
 * @module
 */

import { systemClock } from "../../base/clock.ts";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { SqliteStore } from "../../store/store.ts";
import type { QueueOperations, QueueState } from "../queue/operations.ts";
import { answering, Queue, type TakenMessage } from "../queue/queue.ts";
import type { MessageWriter } from "../operation/writer.ts";
import type { StoreTransaction } from "../operation/writing.ts";
import { QueueGroup } from "./group.ts";
import { allQueues, stateOf } from "./tables/manage.ts";
import { CallerQueues } from "./caller_queues.ts";
import type { EmbeddedQueuesOptions, QueueAudit } from "./embedded_options.ts";
import { noteParts } from "./parts.ts";
import { sharedOf, type TablesListener } from "./shared_tables.ts";
import { Spread } from "../operation/spread.ts";
import { type MessageClock, SteadyClock } from "./steady_clock.ts";
import { Taking } from "./taking.ts";
import { TopicHub } from "./topic_feeds/hub.ts";

/** A message that was taken from a queue in the store of this process. */
export interface EmbeddedMessage<T> extends TakenMessage<T> {
  /**
   * Says that it is done, and writes to the same store in the same transaction: both hold, or neither.
   * So what is written has its effect once, however often the message is tried.
   *
   * @param write What is written. It must not wait, and may run several times, of which one counts.
   * @returns What it gave, once it is on disk.
   * @throws {DariError} `failed_precondition` when the lease has ended: nothing was written.
   * @throws What `write` throws; the message is still to be answered then.
   */
  complete<R>(write: (transaction: StoreTransaction) => R): Promise<R>;
}

/**
 * The queues of a store. What is acknowledged is on disk (SQLite, `synchronous=FULL`); requests that
 * come at the same time share one write.
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
 *   const emails = queues.queue<{ to: string }>("emails");
 *   await emails.put({ to: "alice@example.com" });
 *   const message = await emails.take();
 *   assertEquals(message?.value.to, "alice@example.com");
 *   await message?.ack();
 * }
 * await Deno.remove(directory, { recursive: true });
 * ```
 */
export class EmbeddedQueues implements AsyncDisposable {
  readonly #store: SqliteStore;
  readonly #writer: MessageWriter;
  readonly #taking: Taking;
  readonly #hub: TopicHub;
  readonly #name: string;
  readonly #steady: MessageClock;
  readonly #ended = new AbortController();
  readonly #audit: QueueAudit | undefined;
  /** The queues as this program itself uses them. */
  readonly #own: QueueOperations;

  /**
   * Opens the queues of a store.
   *
   * @param store The store; closing it stays with the caller, after this.
   * @param options Time, audit, and who hears what happens.
   */
  constructor(store: SqliteStore, options: EmbeddedQueuesOptions = {}) {
    const { clock = systemClock, random = Math.random, pollMs = limits.queuePollMs } = options;
    const { name = "server", audit, onEvent, onTopicEvent, randomBytes = unguessable } = options;
    const shared = sharedOf(store);
    this.#store = store;
    this.#name = name;
    this.#audit = audit;
    const spreadMs = shared === undefined ? 0 : limits.maxTakeSpreadMs;
    const newSpread = () => new Spread(spreadMs, random);
    const steady = this.#steady = shared?.clock ?? new SteadyClock(clock);
    const hub = this.#hub = new TopicHub({
      ...{ store, pollMs, now: () => steady.now(), onEvent: onTopicEvent },
      ...{ isShared: shared !== undefined, newSpread },
    });
    const endListeners = new Set<(jobs: ReadonlySet<number>) => void>();
    const onCommitted: TablesListener["onCommitted"] = (transaction, isOwn) => {
      this.#taking.committed(transaction, isOwn);
      hub.committed(transaction.topics, isOwn);
      if (transaction.endedJobs.size > 0) {
        for (const listener of endListeners) listener(transaction.endedJobs);
      }
      if (onEvent === undefined || !isOwn) return;
      for (const [queue, events] of transaction.happened) {
        for (const [event, count] of events) onEvent(queue, event, count);
      }
    };
    const onReset = () => {
      this.#taking.reset();
      hub.reset();
    };
    const writer = this.#writer = shared?.open({ onCommitted, onReset }) ?? new QueueGroup({
      store,
      chance: { random, randomBytes },
      time: () => ({ now: steady.now(), today: steady.today() }),
      onCommitted: (transaction) => onCommitted(transaction, true),
    });
    const { signal: ended } = this.#ended;
    const time = { clock, steady, pollMs, ended, newSpread };
    const isJoint = shared !== undefined;
    const taking = this.#taking = new Taking({ store, writer, isJoint, ...time });
    // Schedules follow the wall time that all servers agree on.
    const wall = shared === undefined
      ? clock
      : { now: () => steady.today(), monotonic: () => clock.monotonic() };
    const about = { ...time, store, writer, clock: wall, audit, name, randomBytes };
    noteParts(this, { ...about, taking, hub, endListeners });
    this.#own = this.as(name);
  }

  /** How many callers wait for messages. */
  get waitingTakers(): number {
    return this.#taking.waiting;
  }

  /**
   * A queue as this program itself uses it.
   *
   * @param name Its name: 1 to 128 of `A-Z a-z 0-9 _ -`. It is made with its first message.
   * @returns The queue.
   * @throws {DariError} `invalid_params` for a name that cannot be one.
   */
  queue<T = unknown>(name: string): Queue<T, EmbeddedMessage<T>> {
    const answer = answering<T>(this.#own);
    return new Queue(this.#own, name, (queue, message) => ({
      ...answer(queue, message),
      complete: (write) => {
        const { lease } = message;
        return this.#writer.transact(this.#name, write, { queue, lease });
      },
    }));
  }

  /**
   * The queues as somebody else uses them; only they can answer what they took.
   *
   * @param caller Their name, which messages and records have.
   * @returns What they can do. Whether they may is asked elsewhere.
   */
  as(caller: string): QueueOperations {
    const [store, writer, taking] = [this.#store, this.#writer, this.#taking];
    return new CallerQueues({ store, writer, taking, audit: this.#audit, caller });
  }

  /**
   * Writes entries of the store, puts and publishes messages: all of it holds, or nothing.
   *
   * @param write What is done. It must not wait, and may run several times, of which one counts.
   * @returns What it gave, once it is on disk.
   * @throws What it throws; then nothing of it is left.
   */
  transact<T>(write: (transaction: StoreTransaction) => T): Promise<T> {
    this.#ended.signal.throwIfAborted();
    return this.#writer.transact(this.#name, write);
  }

  /** All queues as they stand, for those who count. */
  states(): Promise<QueueState[]> {
    return this.#store.query((sql) => allQueues(sql).map((queue) => stateOf(sql, queue)));
  }

  /** Lets nobody wait any longer, and resolves once all that was asked for is on disk. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort(new DariError("unavailable", "The queues are closed"));
    await this.#writer.idle();
    this.#hub[Symbol.dispose]();
  }

  /** The time of leases, in milliseconds since the epoch. */
  get now(): number {
    return this.#steady.now();
  }
}

function unguessable(length: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(length));
}
