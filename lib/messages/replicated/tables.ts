/**
 * The tables of one server, which the batches of a log change.
 *
 * @module
 */

import { type Clock, systemClock } from "../../base/clock.ts";
import { DariError } from "../../base/errors.ts";
import { isOfStatement } from "../../store/tables/sqlite_errors.ts";
import type { SqliteStore } from "../../store/store.ts";
import type { TablesListener } from "../embedded/shared_tables.ts";
import { QueueTransaction } from "../embedded/tables/transaction.ts";
import { foresee } from "../operation/foresight.ts";
import {
  type BatchPlace,
  type BatchTime,
  type MessageOperation,
  OPERATION_RULES,
  type OperationBatch,
  type OperationMachine,
  type OperationOutcome,
} from "../operation/operation.ts";
import { findOperation } from "../operation/operations.ts";
import { BatchChance } from "./batch_chance.ts";
import { LogClock } from "./log_clock.ts";
import { nextLogTime } from "./log_time.ts";
import { noteProgress, type Progress, readProgress } from "./progress.ts";

/** A batch that was applied. */
interface Applied {
  readonly transaction: QueueTransaction;
  readonly outcomes: readonly OperationOutcome[];
}

/** The file. */
type Tables = Pick<SqliteStore, "query" | "transact">;

/**
 * The tables of one server. All servers apply the same batches in the same order with the same code, so
 * all of them have the same rows. Nothing else may write to the store.
 */
export class ReplicatedTables implements OperationMachine {
  readonly #store: Tables;
  readonly #clock: LogClock;
  readonly #listeners = new Set<TablesListener>();
  #progress: Progress;
  /** The apply behind which the next one waits. */
  #last: Promise<unknown> = Promise.resolve();
  /** Whether an operation of the last batch failed, so that one of the next may as well. */
  #isWary = false;

  /**
   * Opens the tables.
   *
   * @param store Their file; closing it stays with the caller.
   * @param clock The machine's time.
   * @throws {DariError} `configuration` where a newer dari has changed them.
   */
  static async open(store: Tables, clock: Clock = systemClock): Promise<ReplicatedTables> {
    return new ReplicatedTables(store, clock, checked(await store.query(readProgress)));
  }

  private constructor(store: Tables, clock: Clock, progress: Progress) {
    this.#store = store;
    this.#clock = new LogClock(clock, progress.time);
    this.#progress = progress;
  }

  get appliedPosition(): number {
    return this.#progress.position;
  }

  /** The time that these tables have now. */
  get clock(): LogClock {
    return this.#clock;
  }

  time(): BatchTime {
    return this.#clock.time();
  }

  async reload(): Promise<void> {
    this.#progress = checked(await this.#store.query(readProgress));
    this.#clock.reload(this.#progress.time);
    for (const { onReset } of this.#listeners) onReset();
  }

  /**
   * Hears of each batch that is applied, before its outcomes are given, and of tables that were replaced.
   *
   * @param listener What hears.
   */
  listen(listener: TablesListener): void {
    this.#listeners.add(listener);
  }

  apply(
    batch: OperationBatch,
    place: BatchPlace,
    isOwn: boolean,
  ): Promise<readonly OperationOutcome[]> {
    const applied = this.#last.then(() => this.#apply(batch, place, isOwn));
    this.#last = applied.catch(() => {});
    return applied;
  }

  async #apply(
    batch: OperationBatch,
    { position, atMs }: BatchPlace,
    isOwn: boolean,
  ): Promise<readonly OperationOutcome[]> {
    checkBatch(batch);
    if (position <= this.appliedPosition) {
      throw new DariError("failed_precondition", `Batch ${position} of the log was applied before`);
    }
    const time = nextLogTime(this.#progress.time, batch, Math.round(atMs));
    const rules = Math.max(this.#progress.rules, batch.rules);
    const progress = { position, time, rules };
    const { transaction, outcomes } = await this.#carryOut(batch, progress);
    this.#progress = progress;
    this.#clock.follow(batch, time, isOwn);
    for (const { onCommitted } of this.#listeners) onCommitted(transaction, isOwn);
    return outcomes;
  }

  /**
   * Applies operations in one transaction. A savepoint for each costs as much as a short operation, and
   * most batches need none: so it is left out at first, and where an operation fails the whole batch is
   * applied again with savepoints. What comes out is the same.
   */
  async #carryOut(batch: OperationBatch, progress: Progress): Promise<Applied> {
    let applied: Applied | undefined;
    if (!this.#isWary) {
      applied = await this.#transact(batch, progress, valueOf).catch((error) => {
        if (!(error instanceof NeedsSavepoints)) throw error;
        return undefined;
      });
    }
    applied ??= await this.#transact(batch, progress, outcomeOf);
    this.#isWary = applied.outcomes.some((outcome) => "error" in outcome);
    return applied;
  }

  #transact(
    { seed, operations }: OperationBatch,
    progress: Progress,
    carryOut: (transaction: QueueTransaction, operation: MessageOperation) => OperationOutcome,
  ): Promise<Applied> {
    const { now, today } = progress.time;
    // The log keeps the batch until it is on the disk, so that nobody needs to wait for that.
    return this.#store.transact((sql, entries) => {
      const { random, randomBytes } = new BatchChance(seed);
      const transaction = new QueueTransaction({
        ...{ sql, entries: entries.at(today), now, today },
        ...{ random, randomBytes },
      });
      foresee(transaction, operations);
      const outcomes = operations.map((operation) => carryOut(transaction, operation));
      transaction.end();
      noteProgress(sql, progress);
      return { transaction, outcomes };
    }, false);
  }
}

/** What became of one operation. It fails alike at every server, or the whole batch is tried again. */
function outcomeOf(
  transaction: QueueTransaction,
  operation: MessageOperation,
): OperationOutcome {
  const apply = knownOperation(operation);
  try {
    return { value: transaction.atomically(() => apply(transaction)) };
  } catch (error) {
    if (error instanceof DariError) return { error };
    if (!isOfStatement(error)) throw error; // of this file or this machine
    const message = `"${operation.name}" failed: ${error}`;
    return { error: new DariError("internal", message, { cause: error }) };
  }
}

/**
 * The same without a savepoint.
 *
 * @throws {NeedsSavepoints} Where it fails.
 */
function valueOf(transaction: QueueTransaction, operation: MessageOperation): OperationOutcome {
  const apply = knownOperation(operation);
  try {
    return { value: apply(transaction) };
  } catch (error) {
    throw error instanceof DariError || isOfStatement(error) ? new NeedsSavepoints() : error;
  }
}

function knownOperation({ name, by, args }: MessageOperation) {
  const found = findOperation(name);
  if (found === undefined) throw newer(`does "${name}"`);
  return (transaction: QueueTransaction) => found.apply(transaction, found.args(args, "args"), by);
}

/** An operation failed, and what it has done must be taken back alone. */
class NeedsSavepoints extends DariError {
  constructor() {
    super("cancelled", "The batch is applied again, with a savepoint for each operation");
  }
}

function checked(progress: Progress): Progress {
  if (progress.rules > OPERATION_RULES) throw newer(`followed rules ${progress.rules} before`);
  return progress;
}

function checkBatch({ rules, now, today }: OperationBatch): void {
  if (rules > OPERATION_RULES) throw newer(`follows rules ${rules}`);
  if (Number.isSafeInteger(now) && Number.isSafeInteger(today)) return;
  throw new DariError("data", `A batch of the log has no time: ${now}, ${today}`);
}

function newer(what: string): DariError {
  return new DariError(
    "configuration",
    `A newer dari writes to the log of the messages and ${what}, which this one does not know; ` +
      "upgrade this server",
  );
}
