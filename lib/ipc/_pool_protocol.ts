/**
 * What a pool and its workers say to each other.
 *
 * @module
 */

import { DariError, type ErrorCode, errorTable, RpcError } from "../base/errors.ts";
import type { Place } from "./_pool_slots.ts";
import type { Encoding } from "./_value.ts";

/** Posted to a worker once, at its start. */
export interface Start {
  readonly type: "start";
  readonly index: number;
  readonly module: string;
  readonly name: string;
  readonly requests: SharedArrayBuffer;
  readonly results: SharedArrayBuffer;
  readonly slots: SharedArrayBuffer;
  readonly encoding: Encoding;
  readonly maxMessageBytes: number;
}

/** Posted to a worker while it runs a call. */
export type Order =
  | { readonly type: "params"; readonly place: Place; readonly params: unknown }
  | { readonly type: "cancel"; readonly place: Place };

/** In the shared queue: a call; without `params` where `large`, for which its worker asks. */
export interface Request extends Place {
  readonly method: string;
  readonly params?: unknown;
  readonly large?: true;
}

/** In a worker's ring. */
export type Reply =
  | Place & { readonly kind: "result"; readonly result?: unknown }
  | Place & { readonly kind: "error"; readonly error: Failure }
  | Place & { readonly kind: "ask" };

/** An error on its way to the pool. */
export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly data?: unknown;
  readonly retryable?: boolean;
  readonly retryAfterMs?: number;
  /** The stack in the worker, for this process's logs only. */
  readonly stack?: string;
}

/** What a handler threw, as data. */
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
  return {
    code: "internal",
    message: error instanceof Error ? error.message : String(error),
    ...stack,
  };
}

/** The error that a call rejects with. */
export function errorOf(failure: Failure): DariError {
  const { code, message, retryable, retryAfterMs, data, stack } = failure;
  const cause = new Error(message);
  if (stack !== undefined) cause.stack = stack;
  const options = {
    cause,
    ...(retryable === undefined ? {} : { retryable }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
  return data === undefined
    ? new DariError(code, message, options)
    : new RpcError(code, message, { ...options, data });
}

/** By its form: the worker's module may have been bundled with a DariError class of its own. */
function isDariError(error: unknown): error is DariError & { data?: unknown } {
  return error instanceof Error && "code" in error && typeof error.code === "string" &&
    Object.hasOwn(errorTable, error.code) && "retryable" in error;
}
