/**
 * How one operation is defined.
 *
 * @module
 */

import type { QueueTransaction } from "../embedded/tables/transaction.ts";
import { type Field, type Fields, object, type ObjectOf } from "./fields.ts";

/** What one name of the table of operations stands for. */
export interface OperationKind<Args, Result> {
  /** Checks args that another server has sent. */
  readonly args: Field<Args>;
  /**
   * Changes the tables. It looks at nothing else but the transaction and what it is given: no clock, no
   * chance of its own, nothing of the process. Where it throws a `DariError`, it has changed nothing, or
   * the transaction takes it back.
   *
   * @param transaction The transaction.
   * @param args What is given.
   * @param by The name of the caller.
   */
  readonly apply: (transaction: QueueTransaction, args: Args, by: string) => Result;
}

/**
 * Defines an operation.
 *
 * @param fields The members of its args.
 * @param apply What it does.
 */
export function operation<const F extends Fields, Result>(
  fields: F,
  apply: (transaction: QueueTransaction, args: ObjectOf<F>, by: string) => Result,
): OperationKind<ObjectOf<F>, Result> {
  return { args: object(fields), apply };
}
