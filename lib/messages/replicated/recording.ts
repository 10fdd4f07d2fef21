/**
 * What a program does in a transaction, written down so that other servers can do the same.
 *
 * @module
 */

import { VersionConflictError } from "../../store/store.ts";
import { requireLease } from "../embedded/tables/answers.ts";
import { checkedMessages } from "../embedded/tables/checked.ts";
import type { QueueTransaction } from "../embedded/tables/transaction.ts";
import { checkedTopicMessages } from "../embedded/topic_tables/publish.ts";
import type { WriteStep } from "../operation/entry_operations.ts";
import type { ArgsOf, ResultOf } from "../operation/operations.ts";
import type { CompletedLease } from "../operation/writer.ts";
import { runWriting, type StoreTransaction } from "../operation/writing.ts";
import { checkQueueName } from "../queue/names.ts";

/** A transaction that was tried here, and is not kept. */
export interface Recorded<T> {
  /** What the program gave. */
  readonly result: T;
  /** What it did, and what it looked at. */
  readonly write: ArgsOf<"store.write">;
  /** How much its messages and entries say, in bytes. */
  readonly bytes: number;
  /** Shows the program what has really become of its messages. */
  settle(receipts: ResultOf<"store.write">): void;
}

/**
 * Tries a transaction of a program and writes it down.
 *
 * @param transaction A transaction of this server's tables, which is taken back afterwards.
 * @param by The name of the caller.
 * @param write What the program does.
 * @param lease A message that is acknowledged with it.
 * @throws {Undone} With what the program threw.
 */
export function record<T>(
  transaction: QueueTransaction,
  by: string,
  write: (writing: StoreTransaction) => T,
  lease: CompletedLease | undefined,
): Recorded<T> {
  if (lease !== undefined) requireLease(transaction, { ...lease, holder: by });
  const recorder = new Recorder();
  const result = runWriting(transaction, by, (writing) => write(recorder.around(writing)));
  const reads = [...recorder.reads].map(([key, version]) => ({ key, version }));
  return {
    result,
    write: { lease, reads, steps: recorder.steps },
    bytes: recorder.bytes,
    settle: (receipts) => receipts.forEach((receipt, at) => recorder.settle(at, receipt)),
  };
}

class Recorder {
  readonly steps: WriteStep[] = [];
  /** The versions of entries that decided something; 0 where there was none. */
  readonly reads = new Map<string, number>();
  bytes = 0;
  readonly #written = new Set<string>();
  readonly #receipts = new Map<number, Receipt>();

  around(writing: StoreTransaction): StoreTransaction {
    const read = (key: string) => {
      const entry = writing.get(key);
      if (!this.#written.has(key) && !this.reads.has(key)) this.reads.set(key, entry?.version ?? 0);
      return entry;
    };
    const change = (key: string, work: () => void) => {
      try {
        work();
      } catch (error) {
        // The program may go on by it.
        if (error instanceof VersionConflictError) read(key);
        throw error;
      }
      this.#written.add(key);
    };
    return {
      get: read,
      put: (key, value, options = {}) => {
        change(key, () => writing.put(key, value, options));
        const { ifVersion, expiresAtMs, survivesRestore } = options;
        const step = { key, value, ...{ ifVersion, expiresAtMs, survivesRestore } };
        this.#add({ kind: "put", ...step }, value.length);
      },
      delete: (key, options = {}) => {
        change(key, () => writing.delete(key, options));
        const { ifVersion, survivesRestore } = options;
        this.#add({ kind: "delete", key, ifVersion, survivesRestore }, 0);
      },
      enqueue: (queue, message) => {
        const receipt = new Receipt(writing.enqueue(queue, message));
        const [checked] = checkedMessages([message]);
        const step = { queue: checkQueueName(queue), message: checked!, seen: receipt.seen };
        this.#add({ kind: "enqueue", ...step }, checked!.bytes, receipt);
        return receipt.shown as never;
      },
      publish: (topic, message) => {
        const receipt = new Receipt(writing.publish(topic, message));
        const [checked] = checkedTopicMessages(topic, [message]);
        const step = { message: checked!, seen: receipt.seen };
        this.#add({ kind: "publish", ...step }, checked!.bytes, receipt);
        return receipt.shown as never;
      },
    };
  }

  settle(at: number, receipt: object | null): void {
    if (receipt !== null) this.#receipts.get(at)?.settle(receipt);
  }

  #add(step: WriteStep, bytes: number, receipt?: Receipt): void {
    if (receipt !== undefined) this.#receipts.set(this.steps.length, receipt);
    this.steps.push(step);
    this.bytes += bytes;
  }
}

/**
 * What the program is told of a message. The number of a message is known once all servers have the same;
 * so only a program that looks at it has it checked, and may have to be run again.
 */
class Receipt {
  /** What the program has looked at. */
  readonly seen: Record<string, never> = {};
  /** What it is given. */
  readonly shown: object = {};

  constructor(receipt: object) {
    for (const [name, value] of Object.entries(receipt)) {
      const get = () => this.seen[name] = value as never;
      Object.defineProperty(this.shown, name, { enumerable: true, configurable: true, get });
    }
  }

  settle(receipt: object): void {
    for (const name of Object.keys(this.shown)) delete this.shown[name as never];
    for (const [name, value] of Object.entries(receipt)) {
      Object.defineProperty(this.shown, name, { enumerable: true, value, writable: true });
    }
  }
}
