/**
 * Requests that change queues, jobs and topics, as plain data. Several servers that apply the same
 * operations in the same order to the same tables have the same queues, jobs and topics.
 *
 * @module
 */

import type { DariError } from "../../base/errors.ts";

/**
 * The newest rules by which operations change the tables. A new kind of operation comes with new rules,
 * and so does each change that makes one give something else than before, also by a limit or a default:
 * what changes is a new kind beside the old one, which stays as it is. A batch says which rules its
 * operations need. Newer ones are written once all servers know them, and a server stops at a batch of
 * rules that it does not know.
 */
export const OPERATION_RULES = 1;

/** One request to change queues, jobs or topics. */
export interface MessageOperation {
  /** What is done: a name of the table of operations, such as `queue.put`. */
  readonly name: string;
  /** The name of the caller. */
  readonly by: string;
  /**
   * What is given with it: a JSON object of strings, numbers, booleans, nulls, lists and objects. A
   * member that is `undefined` is absent. There are no bytes: values of messages are JSON text.
   */
  readonly args: Readonly<Record<string, unknown>>;
}

/** Operations that are applied in one transaction, with all that makes them give the same everywhere. */
export interface OperationBatch {
  /** The newest rules that one of its operations needs; {@linkcode OPERATION_RULES} at most. */
  readonly rules: number;
  /** The time of leases by the clock of its writer, in milliseconds since the epoch. */
  readonly now: number;
  /** The wall time of its writer, in milliseconds since the epoch. */
  readonly today: number;
  /**
   * 32 random bytes, from which all randomness of the batch is drawn. Leases are made of it, so nobody
   * may see it who may not answer messages of others: it belongs inside what the log seals.
   */
  readonly seed: Uint8Array;
  /**
   * The operations, in their order. A batch without any only moves the time: where nothing else is
   * written for some seconds, a server writes one, so that delays and schedules follow the wall clocks.
   */
  readonly operations: readonly MessageOperation[];
}

/** What became of one operation: what it gave, or why it changed nothing. */
export type OperationOutcome = { readonly value: unknown } | { readonly error: DariError };

/** Where the log has a batch. It is the same at every server. */
export interface BatchPlace {
  /** Its number in the log, above all before it. */
  readonly position: number;
  /** When the log got it, by the clock of the log, in milliseconds since the epoch. */
  readonly atMs: number;
}

/** The clock of a writer, as it writes it into a batch. */
export type BatchTime = Pick<OperationBatch, "now" | "today">;

/** The tables of one server, which batches change. */
export interface OperationMachine {
  /** The place of the last batch that was applied, read from the file when this was opened. */
  readonly appliedPosition: number;
  /**
   * Applies a batch in one transaction, and notes its place in the same transaction. A batch whose
   * place is not above {@linkcode OperationMachine.appliedPosition} was applied before, and is refused.
   *
   * @param batch The batch.
   * @param place Where the log has it.
   * @param isOwn Whether this server wrote it: it alone counts what happened for its metrics.
   * @returns What became of each operation, in their order, once all of it is in the file.
   * @throws {DariError} `configuration` for a batch of a newer dari, which must not be passed over;
   * `io`, `unavailable` where the file cannot be written now: nothing was changed, try again.
   */
  apply(
    batch: OperationBatch,
    place: BatchPlace,
    isOwn: boolean,
  ): Promise<readonly OperationOutcome[]>;
  /** The time for a batch that is written now. */
  time(): BatchTime;
  /**
   * Reads from the file what was read when this was opened: the file has become another one.
   *
   * @throws {DariError} `configuration` where a newer dari has made it.
   */
  reload(): Promise<void>;
}

/** What writes operations into the log that servers share. */
export interface OperationProposer {
  /**
   * Writes operations, with others that come at the same time; they stay together and in their order.
   *
   * @param operations The operations.
   * @returns What became of each, once this server has applied the batch.
   * @throws {DariError} `unavailable` when they are not in the log, or when it is not known whether
   * they are.
   */
  propose(operations: readonly MessageOperation[]): Promise<readonly OperationOutcome[]>;
}
