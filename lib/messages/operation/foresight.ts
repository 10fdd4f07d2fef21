/**
 * What the operations of one transaction will look at, so that it is read together.
 *
 * @module
 */

import type { QueueTransaction } from "../embedded/tables/transaction.ts";
import type { MessageOperation } from "./operation.ts";

/**
 * Tells a transaction of an operation that comes. Whether the operation can be done is found out later,
 * so its args may be anything.
 *
 * @param transaction The transaction.
 * @param operation The operation.
 */
export function foresee(
  transaction: QueueTransaction,
  { name, args }: Pick<MessageOperation, "name" | "args">,
): void {
  if (name !== "queue.take") return;
  const { queue, max } = args;
  if (typeof queue === "string" && typeof max === "number") transaction.expectTake(queue, max);
}
