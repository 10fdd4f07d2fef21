/**
 * Replies to calls that failed, and to requests that are no calls.
 *
 * @module
 */

import { type ErrorCode, errorTable } from "../../base/errors.ts";
import { httpStatusOf } from "./http_status.ts";
import type { ErrorObject } from "../../protocol/message.ts";
import type { HttpFault } from "../engine/http_fault.ts";
import type { HttpReply, ReplyHeaders } from "../engine/http_message.ts";
import { problemText } from "../engine/problem.ts";

/** Statuses by the numbers of JSON-RPC errors; several codes share that of `internal`. */
const statusByNumber = new Map<number, number>();
for (const [code, { wire }] of Object.entries(errorTable)) {
  if (!statusByNumber.has(wire)) statusByNumber.set(wire, httpStatusOf[code as ErrorCode]);
}

/** What is said of a failure in the head of its reply. */
export interface FailureHead {
  readonly status: number;
  /** Headers that belong to it: how to sign in, when to try again. */
  readonly headers: ReplyHeaders;
}

/**
 * The head of the reply to a call that failed.
 *
 * @param error The error of its JSON-RPC reply.
 * @returns Status and headers.
 */
export function failureHead({ code, data }: ErrorObject): FailureHead {
  const status = statusByNumber.get(code) ?? httpStatusOf.internal;
  const headers: Record<string, string> = {};
  if (status === httpStatusOf.unauthenticated) headers["www-authenticate"] = "Bearer";
  const { retryAfterMs } = (data ?? {}) as { retryAfterMs?: unknown };
  if (typeof retryAfterMs === "number" && retryAfterMs >= 0) {
    headers["retry-after"] = String(Math.ceil(retryAfterMs / 1_000));
  }
  return { status, headers };
}

/**
 * The reply to a call that failed, for a client that speaks no JSON-RPC: problem details, with the
 * error of JSON-RPC as their member `error`.
 *
 * @param error The error.
 * @param problem The headers of problem details.
 * @returns The reply.
 */
export function failureReply(error: ErrorObject, problem: ReplyHeaders): HttpReply {
  const { status, headers } = failureHead(error);
  const body = problemText(status, error.message, { error });
  return { status, headers: { ...problem, ...headers }, body };
}

/**
 * The reply to a request that is no call.
 *
 * @param fault What is wrong with it.
 * @param problem The headers of problem details.
 * @returns The reply.
 */
export function faultReply(fault: HttpFault, problem: ReplyHeaders): HttpReply {
  const { status, headers, message } = fault;
  return { status, headers: { ...problem, ...headers }, body: problemText(status, message) };
}
