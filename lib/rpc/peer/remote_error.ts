/**
 * Errors of the other side, as this side throws them.
 *
 * @module
 */

import { markCallError } from "../../base/call_error.ts";
import { declaredErrorOf } from "../../base/declared_error.ts";
import { type ErrorCode, errorTable, RpcError } from "../../base/errors.ts";
import type { ErrorObject } from "../../protocol/message.ts";

const codeByNumber = new Map<number, ErrorCode>();
for (const [code, row] of Object.entries(errorTable)) {
  if (!codeByNumber.has(row.wire)) codeByNumber.set(row.wire, code as ErrorCode);
}

/**
 * Makes the error that this side throws.
 *
 * @param error The error object of a message.
 * @returns The error; a code that is not in the table counts as `internal`.
 */
export function errorOf({ code, message, data }: ErrorObject): RpcError {
  const { retryable, retryAfterMs } = (typeof data === "object" && data !== null ? data : {}) as {
    retryable?: unknown;
    retryAfterMs?: unknown;
  };
  const options = {
    ...(typeof retryable === "boolean" ? { retryable } : {}),
    ...(typeof retryAfterMs === "number" ? { retryAfterMs } : {}),
  };
  const name = codeByNumber.get(code) ?? "internal";
  const declared = name === "declared_error" ? declaredErrorOf(message, data, options) : undefined;
  return markCallError(declared ?? new RpcError(name, message, { ...options, data }));
}
