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
import type { MessageWriter } from "../operation/writer.ts";
import { checkLease } from "./tables/answers.ts";
import { checkedMessages } from "./tables/checked.ts";
import type { QueueAudit } from "./embedded_options.ts";
import { recordChange } from "./record_change.ts";
import { leasedMessage } from "./leased_message.ts";
import { allQueues, deadLetters, findQueue, lastNumber, stateOf } from "./tables/manage.ts";
import type { QueueRow } from "./tables/rows.ts";
import type { Taking } from "./taking.ts";

/** What {@linkcode CallerQueues} work with. */
export interface CallerParts {
  readonly store: Pick<SqliteStore, "query">;
  readonly writer: MessageWriter;
  readonly taking: Taking;
  readonly audit: QueueAudit | undefined;
  /** The name of the caller. */
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
    const { writer, caller } = this.#parts;
    return await writer.write("queue.put", caller, { queue: name, messages: checked }, bytes);
  }

  async take(queue: string, options?: TakeOptions): Promise<LeasedMessage[]> {
    const { taking, caller } = this.#parts;
    const rows = await taking.take(checkQueueName(queue), checkTake(options), caller);
    return rows.map(leasedMessage);
  }

  async ack(queue: string, lease: string): Promise<void> {
    const { writer, caller } = this.#parts;
    await writer.write("queue.ack", caller, leaseOf(queue, lease));
  }

  async nack(queue: string, lease: string, options?: NackOptions): Promise<NackResult> {
    const { delayMs, reason, dead } = checkNack(options);
    const { writer, caller } = this.#parts;
    const answer = { ...leaseOf(queue, lease), delayMs, reason, dead };
    return await writer.write("queue.nack", caller, answer);
  }

  async extend(
    queue: string,
    lease: string,
    leaseMs?: number,
  ): Promise<{ readonly endsAtMs: number }> {
    const checked = checkLeaseMs(leaseMs);
    const { writer, caller } = this.#parts;
    const answer = { ...leaseOf(queue, lease), leaseMs: checked };
    return await writer.write("queue.extend", caller, answer);
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
    await recordChange(this.#parts, "queue.configured", name, {
      settings: JSON.stringify(checked),
    });
    const { writer, caller } = this.#parts;
    return await writer.write("queue.configure", caller, { queue: name, settings: checked });
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
    await recordChange(this.#parts, "queue.purged", name, { dead });
    const { writer, caller } = this.#parts;
    const removed = await bySteps(() =>
      writer.write("queue.purge", caller, { queue: name, dead, upTo })
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
    await recordChange(this.#parts, "queue.retried", name, {
      count: checked?.length ?? found.dead,
    });
    const { writer, caller } = this.#parts;
    if (checked !== undefined) {
      const some = { queue: name, numbers: checked };
      return { retried: await writer.write("queue.retry", caller, some) };
    }
    // Those that die again meanwhile are not tried once more.
    const retried = await bySteps(
      () => writer.write("queue.retryAll", caller, { queue: name, upTo }),
      found.dead,
    );
    return { retried };
  }

  async #pause(queue: string, paused: boolean): Promise<QueueState> {
    const name = checkQueueName(queue);
    await this.#look(name);
    await recordChange(this.#parts, paused ? "queue.paused" : "queue.resumed", name);
    const { writer, caller } = this.#parts;
    return await writer.write("queue.pause", caller, { queue: name, paused });
  }

  /** A queue, and the last message of all. */
  #look(name: string): Promise<{ readonly found: QueueRow; readonly upTo: number }> {
    return this.#parts.store.query((sql) => ({
      found: findQueue(sql, name),
      upTo: lastNumber(sql),
    }));
  }
}

/** The lease that is answered. */
function leaseOf(queue: string, lease: string): { readonly queue: string; readonly lease: string } {
  return { queue: checkQueueName(queue), lease: checkLease(lease) };
}

/** Works in steps, between which others are served. */
async function bySteps(step: () => Promise<number>, most = Infinity): Promise<number> {
  let sum = 0;
  while (sum < most) {
    const count = await step();
    if (count === 0) break;
    sum += count;
  }
  return sum;
}
