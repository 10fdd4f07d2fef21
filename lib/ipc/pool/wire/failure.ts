/**
 * Errors as data, on their way from a worker to its pool.
 *
 * @module
 */

import { declaredErrorOf } from "../../../base/declared_error.ts";
import { DariError, type ErrorCode, errorTable, RpcError } from "../../../base/errors.ts";

/** An error as data. */
export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly data?: unknown;
  readonly retryable?: boolean;
  readonly retryAfterMs?: number;
  /** The stack in the worker, for this process's logs only. */
  readonly stack?: string;
}

/** Turns what a method threw into data. */
export function failureOf(error: unknown): Failure {
  const stack = error instanceof Error && error.stack ? { stack: error.stack } : {};
  if (isDariError(error)) {
    const { code, message, retryable, retryAfterMs, data } = error;
    const after = retryAfterMs === undefined ? {} : { retryAfterMs };
    return {
      code,
      message,
      retryable,
      ...after,
      ...(data === undefined ? {} : { data }),
      ...stack,
    };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { code: "internal", message, ...stack };
}

/**
 * Turns data back into the error that the call rejects with; the stack in the worker is its cause.
 */
export function errorOf(failure: Failure): DariError {
  const { code, message, retryable, retryAfterMs, data, stack } = failure;
  const cause = new Error(message);
  if (stack !== undefined) cause.stack = stack;
  const options = {
    cause,
    ...(retryable === undefined ? {} : { retryable }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
  const declared = code === "declared_error" ? declaredErrorOf(message, data, options) : undefined;
  if (declared !== undefined) return declared;
  return data === undefined
    ? new DariError(code, message, options)
    : new RpcError(code, message, { ...options, data });
}

/** Not by its class: the worker's module may have been bundled with its own copy of DariError. */
function isDariError(error: unknown): error is DariError & { data?: unknown } {
  return error instanceof Error && "code" in error && typeof error.code === "string" &&
    Object.hasOwn(errorTable, error.code) && "retryable" in error;
}
