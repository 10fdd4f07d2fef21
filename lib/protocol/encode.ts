/**
 * Turns messages into lines, without their LF. Only params and results go through `JSON.stringify`;
 * the rest of the line is fixed text, in the member order that the decoder reads fastest.
 *
 * @module
 */

import { DariError, type ErrorCode, errorTable } from "../base/errors.ts";
import type { Id, Meta } from "./message.ts";

/** The extension members of a request. */
export interface RequestExtras {
  /** A session token or an API key. */
  readonly auth?: string | undefined;
  /** Deadline, trace, idempotency key, credit. */
  readonly meta?: Meta | undefined;
}

/**
 * Encodes a request.
 *
 * @param id The call's number.
 * @param method The method's name.
 * @param params An object or an array, or `undefined` for none.
 * @param extras The extension members.
 * @returns The line.
 * @throws {DariError} `invalid_params` when the params have no JSON form.
 */
export function encodeRequest(
  id: number,
  method: string,
  params: unknown,
  extras?: RequestExtras,
): string {
  return `{"jsonrpc":"2.0","id":${id},${call(method, params, extras)}}`;
}

/**
 * Encodes a notification.
 *
 * @param method The method's name.
 * @param params An object or an array, or `undefined` for none.
 * @param extras The extension members.
 * @returns The line.
 * @throws {DariError} `invalid_params` when the params have no JSON form.
 */
export function encodeNotification(
  method: string,
  params: unknown,
  extras?: RequestExtras,
): string {
  return `{"jsonrpc":"2.0",${call(method, params, extras)}}`;
}

/**
 * Encodes the reply to a call that succeeded.
 *
 * @param id The request's id.
 * @param result Any JSON value; `undefined` is written as null.
 * @returns The line.
 * @throws {DariError} `internal` when the result has no JSON form (a BigInt, a cycle, NaN, a
 * function).
 */
export function encodeResult(id: Id, result: unknown): string {
  const text = result === undefined ? "null" : jsonOf(result);
  if (typeof text !== "string") {
    throw new DariError("internal", `The result is not JSON: ${text.reason}`);
  }
  return `{"jsonrpc":"2.0","id":${encodeId(id)},"result":${text}}`;
}

/**
 * Encodes the reply to a call that failed. An error whose code is not public in the error table
 * crosses the wire as "Internal error", and so does everything that is not a {@linkcode DariError}.
 *
 * @param id The request's id; null if it could not be read.
 * @param error Anything that was thrown.
 * @returns The line.
 */
export function encodeError(id: Id, error: unknown): string {
  const known = error instanceof DariError && errorTable[error.code].public;
  const code: ErrorCode = known ? error.code : "internal";
  const data: Record<string, unknown> = {
    name: code,
    retryable: known ? error.retryable : errorTable.internal.retryable,
  };
  if (known && error.retryAfterMs !== undefined) data.retryAfterMs = error.retryAfterMs;
  const body = JSON.stringify({
    code: errorTable[code].wire,
    message: known ? error.message : "Internal error",
    data,
  });
  return `{"jsonrpc":"2.0","id":${encodeId(id)},"error":${body}}`;
}

// The last method's name and its text: most calls name the same method.
let lastMethod = "";
let lastMethodText = '"method":""';

function call(method: string, params: unknown, extras: RequestExtras | undefined): string {
  if (method !== lastMethod) {
    lastMethod = method;
    lastMethodText = `"method":${JSON.stringify(method)}`;
  }
  let text = lastMethodText;
  if (extras?.auth !== undefined) text += `,"auth":${JSON.stringify(extras.auth)}`;
  if (extras?.meta !== undefined) text += `,"meta":${JSON.stringify(extras.meta)}`;
  if (params === undefined) return text;
  const json = jsonOf(params);
  if (typeof json !== "string") {
    throw new DariError("invalid_params", `The params of "${method}" are not JSON: ${json.reason}`);
  }
  return `${text},"params":${json}`;
}

function encodeId(id: Id): string {
  return typeof id === "number" ? String(id) : JSON.stringify(id);
}

/** The JSON text of a value, or why it has none. `JSON.stringify` would turn NaN into null. */
function jsonOf(value: unknown): string | { reason: string } {
  // JSON.stringify would give the same text, more slowly.
  if (typeof value === "number" && Number.isFinite(value)) return String(value);
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    // V8's message has more lines, which draw the cycle.
    const [reason = "it cannot be written"] = String((error as Error).message).split("\n");
    return { reason };
  }
  if (text === undefined) return { reason: `a ${typeof value} has no JSON form` };
  if (text.includes("null") && holdsNonFinite(value)) {
    return { reason: "it holds a number that is not finite (NaN or Infinity)" };
  }
  return text;
}

function holdsNonFinite(value: unknown): boolean {
  if (typeof value === "number") return !Number.isFinite(value);
  if (typeof value !== "object" || value === null || "toJSON" in value) return false;
  return Object.values(value).some(holdsNonFinite);
}
