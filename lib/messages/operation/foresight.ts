/**
 * What the operations of one transaction will look at and remove, so that it is done together.
 *
 * @module
 */

import { isLease } from "../embedded/tables/answers.ts";
import type { QueueTransaction } from "../embedded/tables/transaction.ts";
import type { MessageOperation } from "./operation.ts";

/**
 * Tells a transaction of the operations that come. Whether each can be done is found out later, so
 * their args may be anything.
 *
 * @param transaction The transaction.
 * @param operations The operations, in their order; `undefined` for other work between them.
 */
export function foresee(
  transaction: QueueTransaction,
  operations: readonly (MessageOperation | undefined)[],
): void {
  let run: { queue: string; holder: string; leases: string[] } | undefined;
  for (const operation of operations) {
    const { name, by: holder = "", args: { queue, max, lease } = {} } = operation ?? {};
    if (name === "queue.ack" && typeof queue === "string" && isLease(lease)) {
      if (run?.queue === queue && run.holder === holder) run.leases.push(lease);
      else transaction.acks.expect(run = { queue, holder, leases: [lease] });
      continue;
    }
    run = undefined;
    if (name !== "queue.take" || typeof queue !== "string" || typeof max !== "number") continue;
    transaction.expectTake(queue, max);
  }
}
