/**
 * The table of operations.
 *
 * @module
 */

import { entryOperations } from "./entry_operations.ts";
import { jobOperations } from "./job_operations.ts";
import type { OperationKind } from "./define.ts";
import { queueOperations } from "./queue_operations.ts";
import { topicOperations } from "./topic_operations.ts";

/** What can be done with queues, jobs, topics and the entries beside them, by name. */
export const operations = {
  ...queueOperations,
  ...jobOperations,
  ...topicOperations,
  ...entryOperations,
};

/** The name of an operation. */
export type OperationName = keyof typeof operations;

type KindOf<Name extends OperationName> = (typeof operations)[Name];

/** What is given with an operation. */
export type ArgsOf<Name extends OperationName> = Parameters<KindOf<Name>["apply"]>[1];

/** What an operation gives. */
export type ResultOf<Name extends OperationName> = ReturnType<KindOf<Name>["apply"]>;

/** Finds an operation by a name that may come from anywhere. */
export function findOperation(name: string): OperationKind<unknown, unknown> | undefined {
  if (!Object.hasOwn(operations, name)) return undefined;
  return operations[name as OperationName] as OperationKind<unknown, unknown>;
}
