/**
 * Requests that come at the same time as one transaction, and so as one write to the disk.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { socketTurn, turn } from "../../base/turn.ts";
import type { SqliteStore } from "../../store/store.ts";
import { foresee } from "../operation/foresight.ts";
import type { MessageOperation } from "../operation/operation.ts";
import {
  type ArgsOf,
  findOperation,
  type OperationName,
  type ResultOf,
} from "../operation/operations.ts";
import type { CompletedLease, MessageWriter } from "../operation/writer.ts";
import { runWriting, type StoreTransaction, Undone } from "../operation/writing.ts";
import { completeMessage } from "./tables/answers.ts";
import { QueueTransaction, type TransactionParts } from "./tables/transaction.ts";

/** What a {@linkcode QueueGroup} works with. */
export interface GroupOptions {
  /** The store. */
  readonly store: Pick<SqliteStore, "transact">;
  /** The times of a transaction. */
  readonly time: () => Pick<TransactionParts, "now" | "today">;
  /** Gives numbers from 0 to 1, and bytes that nobody can guess. */
  readonly chance: Pick<TransactionParts, "random" | "randomBytes">;
  /** Hears of each transaction that is on disk, before its requests are answered. */
  readonly onCommitted: (transaction: QueueTransaction) => void;
  /** Lets what has arrived at the sockets come in. */
  readonly look?: () => Promise<void>;
}

/** A request that waits for the next transaction. */
interface Waiting {
  readonly work: (transaction: QueueTransaction) => unknown;
  /** The operation, where it is one. */
  readonly operation: MessageOperation | undefined;
  readonly bytes: number;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** What became of one request. */
type Outcome = { readonly value: unknown } | { readonly error: unknown };

/**
 * Carries out requests in the order in which they came. A request that fails does not hold up the
 * others: it checks before it writes, and where it failed in the middle all of them are tried again,
 * each by itself.
 */
export class QueueGroup implements MessageWriter {
  readonly #options: GroupOptions;
  #line: Waiting[] = [];
  #bytes = 0;
  #running: Promise<void> | undefined;
  /** How many requests the last write had. */
  #lastCount = 0;
  /** How many writes were begun without a look at the sockets. */
  #unlooked = 0;

  /** @param options The store and the time. */
  constructor(options: GroupOptions) {
    this.#options = options;
  }

  /**
   * Carries out a request that is no operation.
   *
   * @param work What is done in the transaction. It may be done twice, of which one is taken back.
   * @param bytes How much memory it holds until then.
   * @returns What the work gave, once it is on disk.
   * @throws {DariError} `unavailable` when too much waits already, and what the work or the store
   * throws.
   */
  run<T>(work: (transaction: QueueTransaction) => T, bytes = 0): Promise<T> {
    return this.#join(work, bytes);
  }

  #join<T>(
    work: (transaction: QueueTransaction) => T,
    bytes = 0,
    operation?: Waiting["operation"],
  ): Promise<T> {
    if (
      this.#line.length >= limits.maxPendingRequests ||
      (this.#line.length > 0 && this.#bytes + bytes > limits.maxPendingPutBytes)
    ) return Promise.reject(tooMuchWaits());
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#line.push({ work, bytes, operation, resolve, reject });
    this.#bytes += bytes;
    this.#running ??= this.#runAll();
    return promise as Promise<T>;
  }

  write<Name extends OperationName>(
    name: Name,
    by: string,
    args: ArgsOf<Name>,
    bytes?: number,
  ): Promise<ResultOf<Name>> {
    const { apply } = findOperation(name)!;
    const work = (transaction: QueueTransaction) => apply(transaction, args, by) as ResultOf<Name>;
    return this.#join(work, bytes, { name, by, args });
  }

  transact<T>(
    by: string,
    write: (writing: StoreTransaction) => T,
    lease?: CompletedLease,
  ): Promise<T> {
    return this.run((transaction) => {
      const run = () => runWriting(transaction, by, write);
      return lease === undefined
        ? run()
        : completeMessage(transaction, { ...lease, holder: by }, run);
    });
  }

  /** Resolves once nothing waits. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  async #runAll(): Promise<void> {
    for (; this.#line.length > 0;) {
      await this.#gathered();
      const group = this.#line.splice(0, limits.maxQueueGroup);
      this.#lastCount = group.length;
      for (const { bytes } of group) this.#bytes -= bytes;
      await this.#carryOut(group);
    }
    this.#running = undefined;
  }

  /**
   * Waits for what else has arrived by now: it belongs to the same write. Where as many requests have
   * come as the last time, these are most often all, since their clients wait for answers; whether
   * there are more is looked at now and then.
   */
  async #gathered(): Promise<void> {
    await turn();
    const isWhole = this.#line.length >= Math.max(this.#lastCount, limits.minWholeGroup);
    if (isWhole && ++this.#unlooked < limits.wholeGroupsUntilLook) return;
    this.#unlooked = 0;
    await (this.#options.look ?? socketTurn)();
  }

  async #carryOut(group: readonly Waiting[]): Promise<void> {
    let outcomes: Outcome[];
    try {
      outcomes = await this.#transact(group);
    } catch (error) {
      if (group.length > 1 && mayBeOneRequest(error)) {
        for (const each of group) await this.#carryOut([each]);
      } else for (const { reject } of group) reject(error);
      return;
    }
    for (const [at, outcome] of outcomes.entries()) {
      if ("error" in outcome) group[at]!.reject(outcome.error);
      else group[at]!.resolve(outcome.value);
    }
  }

  async #transact(group: readonly Waiting[]): Promise<Outcome[]> {
    const { store, time, chance, onCommitted } = this.#options;
    const { transaction, outcomes } = await store.transact((sql, entries) => {
      const transaction = new QueueTransaction({ sql, entries, ...chance, ...time() });
      foresee(transaction, group.map(({ operation }) => operation));
      const outcomes = group.map(({ work }): Outcome => {
        try {
          return { value: work(transaction) };
        } catch (error) {
          if (error instanceof DariError || error instanceof Undone) {
            return { error: error instanceof Undone ? error.cause : error };
          }
          throw error; // of SQLite, or a mistake: what was written before it must not stay
        }
      });
      transaction.end();
      return { transaction, outcomes };
    });
    onCommitted(transaction);
    return outcomes;
  }
}

/** A store that is busy, closed or gone fails all alike; a value or a full disk may fail one of them. */
function mayBeOneRequest(error: unknown): boolean {
  return !(error instanceof DariError) || error.code === "io";
}

function tooMuchWaits(): DariError {
  return new DariError("unavailable", "Too much waits to be written to the queues; try again", {
    retryAfterMs: limits.storeRetryAfterMs,
  });
}
