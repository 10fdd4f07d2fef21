/**
 * Changes of tables that several servers have, written into their log.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { SqliteStore } from "../../store/store.ts";
import type { MessageClock } from "../embedded/steady_clock.ts";
import { QueueTransaction } from "../embedded/tables/transaction.ts";
import type { MessageOperation, OperationProposer } from "../operation/operation.ts";
import type { ArgsOf, OperationName, ResultOf } from "../operation/operations.ts";
import type { CompletedLease, MessageWriter } from "../operation/writer.ts";
import { type StoreTransaction, Undone } from "../operation/writing.ts";
import { record, type Recorded } from "./recording.ts";

/** What a {@linkcode ReplicatedWriter} works with. */
export interface ReplicatedWriterParts {
  /** The tables of this server. */
  readonly store: Pick<SqliteStore, "transact">;
  /** Their time. */
  readonly clock: MessageClock;
  /** Writes into the log. */
  readonly proposer: OperationProposer;
}

/** Writes operations into the log, and hears what became of them once this server has applied them. */
export class ReplicatedWriter implements MessageWriter {
  readonly #parts: ReplicatedWriterParts;
  readonly #waiting = new Set<Promise<unknown>>();
  #bytes = 0;

  /** @param parts The log, and the tables of this server. */
  constructor(parts: ReplicatedWriterParts) {
    this.#parts = parts;
  }

  async write<Name extends OperationName>(
    name: Name,
    by: string,
    args: ArgsOf<Name>,
    bytes = 0,
  ): Promise<ResultOf<Name>> {
    return await this.#propose({ name, by, args }, bytes) as ResultOf<Name>;
  }

  /**
   * A program's function cannot be sent to other servers. So it is tried here, and what it has read and
   * written is one operation, which holds where all that it looked at is still the same. Otherwise it is
   * tried again.
   */
  async transact<T>(
    by: string,
    write: (writing: StoreTransaction) => T,
    lease?: CompletedLease,
  ): Promise<T> {
    for (let tries = 1;; tries++) {
      const tried = await this.#try((transaction) => record(transaction, by, write, lease));
      const { result, bytes } = tried;
      if (lease === undefined && tried.write.steps.length === 0) return result;
      const operation = { name: "store.write", by, args: { ...tried.write } };
      const outcome = await this.#outcome(operation, bytes);
      if ("value" in outcome) {
        tried.settle(outcome.value as ResultOf<"store.write">);
        return result;
      }
      // Where it cannot be done, the next try says so to the program itself.
      if (tries >= limits.maxWriteTries) throw tooManyTries(outcome.error);
    }
  }

  async idle(): Promise<void> {
    while (this.#waiting.size > 0) await Promise.allSettled(this.#waiting);
  }

  async #propose(operation: MessageOperation, bytes: number): Promise<unknown> {
    const outcome = await this.#outcome(operation, bytes);
    if ("error" in outcome) throw outcome.error;
    return outcome.value;
  }

  async #outcome(operation: MessageOperation, bytes: number) {
    if (bytes > limits.maxOperationBytes) throw tooLarge(bytes);
    if (
      this.#waiting.size >= limits.maxPendingRequests ||
      (this.#waiting.size > 0 && this.#bytes + bytes > limits.maxPendingPutBytes)
    ) throw tooMuchWaits();
    const proposed = this.#parts.proposer.propose([operation]);
    this.#waiting.add(proposed);
    this.#bytes += bytes;
    try {
      return (await proposed)[0]!;
    } finally {
      this.#waiting.delete(proposed);
      this.#bytes -= bytes;
    }
  }

  /** Runs a transaction of which nothing stays. */
  async #try<T>(work: (transaction: QueueTransaction) => Recorded<T>): Promise<Recorded<T>> {
    const { store, clock } = this.#parts;
    let tried: { readonly recorded: Recorded<T> } | { readonly error: unknown } | undefined;
    try {
      await store.transact((sql, entries) => {
        const [now, today] = [clock.now(), clock.today()];
        const transaction = new QueueTransaction({
          ...{ sql, entries: entries.at(today), now, today },
          ...{ random: () => 1, randomBytes: (length) => new Uint8Array(length) },
        });
        try {
          tried = { recorded: work(transaction) };
        } catch (error) {
          if (error instanceof Undone) tried = { error: error.cause };
          else if (error instanceof DariError) tried = { error };
          else throw error; // of this file
        }
        throw new TakenBack();
      });
    } catch (error) {
      if (!(error instanceof TakenBack)) throw error;
    }
    if (tried === undefined) throw new DariError("internal", "A transaction was not tried");
    if ("error" in tried) throw tried.error;
    return tried.recorded;
  }
}

/** Has a transaction taken back that was only tried. */
class TakenBack extends DariError {
  constructor() {
    super("cancelled", "The transaction is taken back");
  }
}

function tooManyTries(cause: DariError): DariError {
  return new DariError(
    "unavailable",
    `What this transaction looked at was changed by others ${limits.maxWriteTries} times; try again`,
    { cause, retryAfterMs: limits.storeRetryAfterMs },
  );
}

function tooLarge(bytes: number): DariError {
  return new DariError(
    "resource_exhausted",
    `A request of ${bytes} bytes is too large for the log of a cluster; ${limits.maxOperationBytes} ` +
      "are the most: send it in parts",
    { retryable: false },
  );
}

function tooMuchWaits(): DariError {
  return new DariError("unavailable", "Too much waits to be written to the queues; try again", {
    retryAfterMs: limits.storeRetryAfterMs,
  });
}
