/**
 * The queues of the store as one caller uses them.
 *
 * @module
 */

import type { SqliteStore } from "../../store/store.ts";
import { checkQueueName } from "../queue/names.ts";
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
} from "../queue/operations.ts";
import {
  checkLeaseMs,
  checkNack,
  checkNumbers,
  checkPage,
  checkPurge,
  checkTake,
} from "../queue/params.ts";
import { checkSettings, type QueueSettings } from "../queue/settings.ts";
import { ackMessage, checkLease, extendLease, nackMessage } from "./tables/answers.ts";
import { checkedMessages } from "./checked.ts";
import type { QueueAudit } from "./embedded_options.ts";
import type { QueueGroup } from "./group.ts";
import { leasedMessage } from "./leased_message.ts";
import {
  allQueues,
  configureQueue,
  deadLetters,
  findQueue,
  lastNumber,
  pauseQueue,
  purgeSome,
  retrySome,
  stateOf,
} from "./tables/manage.ts";
import { putMessages } from "./tables/put.ts";
import type { QueueRow } from "./tables/rows.ts";
import type { Taking } from "./taking.ts";
import type { QueueTransaction } from "./tables/transaction.ts";

/** What {@linkcode CallerQueues} work with. */
export interface CallerParts {
  readonly store: Pick<SqliteStore, "query">;
  readonly group: QueueGroup;
  readonly taking: Taking;
  readonly audit: QueueAudit | undefined;
  /** Who puts, takes and changes. */
  readonly caller: string;
}

/** What one caller can do with the queues of a store. */
export class CallerQueues implements QueueOperations {
  readonly #parts: CallerParts;

  /** @param parts The store, and who calls. */
  constructor(parts: CallerParts) {
    this.#parts = parts;
  }

  async put(queue: string, messages: readonly NewMessage[]): Promise<PutReceipt[]> {
    const name = checkQueueName(queue);
    const checked = checkedMessages(messages);
    const bytes = checked.reduce((sum, { bytes }) => sum + bytes, 0);
    const { group, caller } = this.#parts;
    return await group.run((transaction) => putMessages(transaction, name, checked, caller), bytes);
  }

  async take(queue: string, options?: TakeOptions): Promise<LeasedMessage[]> {
    const { taking, caller } = this.#parts;
    const rows = await taking.take(checkQueueName(queue), checkTake(options), caller);
    return rows.map(leasedMessage);
  }

  async ack(queue: string, lease: string): Promise<void> {
    await this.#answer(queue, lease, ackMessage);
  }

  async nack(queue: string, lease: string, options?: NackOptions): Promise<NackResult> {
    const checked = checkNack(options);
    return await this.#answer(
      queue,
      lease,
      (transaction, answering) => nackMessage(transaction, answering, checked),
    );
  }

  async extend(
    queue: string,
    lease: string,
    leaseMs?: number,
  ): Promise<{ readonly endsAtMs: number }> {
    const checked = checkLeaseMs(leaseMs);
    return await this.#answer(
      queue,
      lease,
      (transaction, answering) => extendLease(transaction, answering, checked),
    );
  }

  async show(queue: string): Promise<QueueState> {
    const name = checkQueueName(queue);
    return await this.#parts.store.query((sql) => stateOf(sql, findQueue(sql, name)));
  }

  list(): Promise<QueueState[]> {
    return this.#parts.store.query((sql) => allQueues(sql).map((each) => stateOf(sql, each)));
  }

  async configure(queue: string, settings: Partial<QueueSettings>): Promise<QueueState> {
    const name = checkQueueName(queue);
    const checked = checkSettings(settings);
    await this.#record("queue.configured", name, { settings: JSON.stringify(checked) });
    return await this.#parts.group.run((transaction) => configureQueue(transaction, name, checked));
  }

  async pause(queue: string): Promise<QueueState> {
    return await this.#pause(queue, true);
  }

  async resume(queue: string): Promise<QueueState> {
    return await this.#pause(queue, false);
  }

  async purge(queue: string, options?: PurgeOptions): Promise<{ readonly removed: number }> {
    const name = checkQueueName(queue);
    const { dead = false } = checkPurge(options);
    const { upTo } = await this.#look(name);
    await this.#record("queue.purged", name, { dead });
    const removed = await this.#bySteps((transaction) =>
      purgeSome(transaction, name, { dead, upTo })
    );
    return { removed };
  }

  async dead(queue: string, page?: DeadLetterPage): Promise<DeadLetter[]> {
    const name = checkQueueName(queue);
    const checked = checkPage(page);
    return await this.#parts.store.query((sql) => deadLetters(sql, findQueue(sql, name), checked));
  }

  async retry(queue: string, numbers?: readonly number[]): Promise<{ readonly retried: number }> {
    const name = checkQueueName(queue);
    const checked = checkNumbers(numbers);
    const { found, upTo } = await this.#look(name);
    await this.#record("queue.retried", name, { count: checked?.length ?? found.dead });
    if (checked !== undefined) {
      const all = { numbers: checked };
      const { group } = this.#parts;
      return {
        retried: await group.run((transaction) =>
          transaction.atomically(() => retrySome(transaction, name, all))
        ),
      };
    }
    // Those that die again meanwhile are not tried once more.
    const retried = await this.#bySteps(
      (transaction) => retrySome(transaction, name, { upTo }),
      found.dead,
    );
    return { retried };
  }

  async #answer<T>(
    queue: string,
    lease: string,
    work: (
      transaction: QueueTransaction,
      answering: { queue: string; lease: string; holder: string },
    ) => T,
  ): Promise<T> {
    const { group, caller: holder } = this.#parts;
    const answering = { queue: checkQueueName(queue), lease: checkLease(lease), holder };
    return await group.run((transaction) => work(transaction, answering));
  }

  async #pause(queue: string, paused: boolean): Promise<QueueState> {
    const name = checkQueueName(queue);
    await this.#look(name);
    await this.#record(paused ? "queue.paused" : "queue.resumed", name);
    return await this.#parts.group.run((transaction) => pauseQueue(transaction, name, paused));
  }

  /** A queue, and the last message of all. */
  #look(name: string): Promise<{ readonly found: QueueRow; readonly upTo: number }> {
    return this.#parts.store.query((sql) => ({
      found: findQueue(sql, name),
      upTo: lastNumber(sql),
    }));
  }

  /** Works in steps, between which others are served. */
  async #bySteps(
    step: (transaction: QueueTransaction) => number,
    most = Infinity,
  ): Promise<number> {
    let sum = 0;
    while (sum < most) {
      const count = await this.#parts.group.run(step);
      if (count === 0) break;
      sum += count;
    }
    return sum;
  }

  async #record(
    kind: string,
    about: string,
    data?: Readonly<Record<string, string | number | boolean>>,
  ): Promise<void> {
    const { audit, caller } = this.#parts;
    await audit?.record({ kind, by: caller, about, ...(data && { data }) });
  }
}
