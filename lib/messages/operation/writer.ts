/**
 * How queues, jobs and topics have their tables changed: in the file of this process, or in the log of
 * several servers.
 *
 * @module
 */

import type { ArgsOf, OperationName, ResultOf } from "./operations.ts";
import type { StoreTransaction } from "./writing.ts";

/** A message that is acknowledged with what a program writes. */
export interface CompletedLease {
  readonly queue: string;
  readonly lease: string;
}

/** Changes the tables. */
export interface MessageWriter {
  /**
   * Carries out one operation.
   *
   * @param name Which one.
   * @param by The name of the caller.
   * @param args What is given.
   * @param bytes How much memory it holds until it is written.
   * @returns What it gave, once that lasts.
   * @throws {DariError} What the operation throws; `unavailable` when too much waits already, or where
   * nothing can be written now.
   */
  write<Name extends OperationName>(
    name: Name,
    by: string,
    args: ArgsOf<Name>,
    bytes?: number,
  ): Promise<ResultOf<Name>>;
  /**
   * Carries out what a program does in a transaction: all of it holds, or nothing.
   *
   * @param by The name of the caller.
   * @param write What is done. It must not wait, and may run several times, of which one counts.
   * @param lease A message that is acknowledged in the same transaction.
   * @returns What it gave, once that lasts.
   * @throws What it throws; then nothing of it is left.
   */
  transact<T>(
    by: string,
    write: (writing: StoreTransaction) => T,
    lease?: CompletedLease,
  ): Promise<T>;
  /** Resolves once nothing waits. */
  idle(): Promise<void>;
}
