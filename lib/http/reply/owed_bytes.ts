/**
 * What waits for readers of HTTP, as a part of the bytes that all replies of a server share.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import { ReplyBudget, type TakenBytes } from "../../rpc/outbox/reply_budget.ts";

const BOUNDS = { freeBytes: limits.freeReplyBytes, maxBytes: limits.maxReplyBytes };

/**
 * Makes the budget of one request. A request has a free share of its own, as a connection has on other
 * transports.
 *
 * @param shared The bytes that all replies of the server share.
 */
export function requestBudget(shared: TakenBytes): ReplyBudget {
  return new ReplyBudget(BOUNDS, shared);
}

/**
 * Counts a body from now on.
 *
 * @param shared The bytes that all replies of the server share.
 * @param bytes Its length.
 * @returns Ends it; called once the body has left, or nobody reads it. It may be called again.
 */
export function owe(shared: TakenBytes, bytes: number): () => void {
  const budget = requestBudget(shared);
  budget.settle(bytes);
  return () => budget.settle(0);
}
