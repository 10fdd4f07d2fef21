/**
 * Turns messages into lines, without their LF. Only params and results go through `JSON.stringify`;
 * the rest of the line is fixed text, in the member order that the decoder reads fastest.
 *
 * @module
 */

import { markCallError } from "../base/call_error.ts";
import type { DeclaredError } from "../base/declared_error.ts";
import { DariError, errorTable, RpcError } from "../base/errors.ts";
import { jsonOf } from "./json.ts";
import type { Id, Meta } from "./message.ts";

/** The notification that carries one item of a stream: `{ id, value }`. */
export const ITEM = "rpc.item";

/** The extension members of a request. */
export interface RequestExtras {
  /** A session token or an API key. */
  readonly auth?: string | undefined;
  /** Deadline, trace, idempotency key, credit. */
  readonly meta?: Meta | undefined;
}

/**
 * Encodes the params of a call. They are written when the call is made, and the request around them
 * when it is sent: in between they may change, and the call may be sent more than once.
 *
 * @param method The method's name, for the error.
 * @param params An object or an array, or `undefined` for none.
 * @returns Their text, or `undefined` for none.
 * @throws {DariError} `invalid_params` when they hold what JSON cannot carry; the message names it.
 */
export function encodeParams(method: string, params: unknown): string | undefined {
  if (params === undefined) return undefined;
  const text = jsonOf(params, "params");
  if (typeof text === "string") return text;
  const message = `The params of "${method}" cannot be sent: ${text.reason}`;
  throw markCallError(new DariError("invalid_params", message));
}

/**
 * Encodes a request.
 *
 * @param id The call's number.
 * @param method The method's name.
 * @param params The text that {@linkcode encodeParams} gave.
 * @param extras The extension members.
 * @returns The line.
 * @throws {DariError} `invalid_params` when the params have no JSON form.
 */
export function encodeRequest(
  id: number,
  method: string,
  params: string | undefined,
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
 * @returns The text.
 * @throws {DariError} `invalid_params` when the params hold what JSON cannot carry.
 */
export function encodeNotification(
  method: string,
  params: unknown,
  extras?: RequestExtras,
): string {
  return encodeNotificationOf(method, encodeParams(method, params), extras);
}

/**
 * Encodes a notification whose params are text already.
 *
 * @param method The method's name.
 * @param params The text that {@linkcode encodeParams} gave.
 * @param extras The extension members.
 * @returns The text.
 */
export function encodeNotificationOf(
  method: string,
  params: string | undefined,
  extras?: RequestExtras,
): string {
  return `{"jsonrpc":"2.0",${call(method, params, extras)}}`;
}

/**
 * Encodes one item of a stream.
 *
 * @param id The request's id.
 * @param value Any JSON value; `undefined` is written as null.
 * @returns The line.
 * @throws {DariError} `internal` when the item has no JSON form.
 */
export function encodeItem(id: Id, value: unknown): string {
  const text = value === undefined ? "null" : jsonOf(value, "item");
  if (typeof text !== "string") {
    throw new DariError("internal", `The item cannot be sent: ${text.reason}`);
  }
  return `{"jsonrpc":"2.0","method":"${ITEM}","params":{"id":${encodeId(id)},"value":${text}}}`;
}

/** A result whose JSON text exists already. */
export class EncodedJson {
  /** @param text The JSON text. */
  constructor(readonly text: string) {}
}

/**
 * Encodes the reply to a call that succeeded.
 *
 * @param id The request's id.
 * @param result Any JSON value, or its text as an {@linkcode EncodedJson}; `undefined` stands for null.
 * @returns The text.
 * @throws {DariError} `internal` when the result holds what JSON cannot carry; the message names it.
 */
export function encodeResult(id: Id, result: unknown): string {
  const text = resultTextOf(result);
  if (typeof text !== "string") {
    throw new DariError("internal", `The result cannot be sent: ${text.reason}`);
  }
  return `{"jsonrpc":"2.0","id":${encodeId(id)},"result":${text}}`;
}

/**
 * Encodes the reply to a call that failed. An error whose code is not public in the error table
 * crosses the wire as "Internal error", and so does everything that is not a {@linkcode DariError}.
 * The data of an {@linkcode RpcError} goes along where it has a JSON form.
 *
 * @param id The request's id; null if it could not be read.
 * @param error Anything that was thrown, also something that throws when it is looked at.
 * @returns The line.
 */
export function encodeError(id: Id, error: unknown): string {
  let body: string | undefined;
  try {
    body = errorBody(error, true) ?? errorBody(error, false);
  } catch {
    // A proxy, or a getter that throws.
  }
  return `{"jsonrpc":"2.0","id":${encodeId(id)},"error":${body ?? INTERNAL_ERROR}}`;
}

/**
 * Encodes the reply to a call that failed with an error of its method's own. Whoever encodes it has
 * checked that the method declares it.
 *
 * @param id The request's id.
 * @param error The error.
 * @returns The line; "Internal error" where the details have no JSON form.
 */
export function encodeDeclaredError(id: Id, error: DeclaredError): string {
  const { declared: name, details, message, retryable, retryAfterMs } = error;
  const data = { name, retryable, retryAfterMs, declared: true, details };
  const body = jsonOf({ code: errorTable.declared_error.wire, message, data }, "error");
  const text = typeof body === "string" ? body : INTERNAL_ERROR;
  return `{"jsonrpc":"2.0","id":${encodeId(id)},"error":${text}}`;
}

/**
 * Encodes the answer of a server that is stopping to a call that it does not run any more. The member
 * `stopping` tells the caller that the call may be sent again elsewhere, whatever it does.
 *
 * @param id The request's id.
 * @returns The text.
 */
export function encodeStopping(id: Id): string {
  const body = JSON.stringify({
    code: errorTable.unavailable.wire,
    message: "The server is stopping; connect again",
    data: { name: "unavailable", retryable: true, stopping: true },
  });
  return `{"jsonrpc":"2.0","id":${encodeId(id)},"error":${body}}`;
}

function resultTextOf(result: unknown): ReturnType<typeof jsonOf> {
  if (result === undefined) return "null";
  return result instanceof EncodedJson ? result.text : jsonOf(result, "result");
}

/** @returns The JSON text; `undefined` where the error's own data has none. */
function errorBody(error: unknown, withData: boolean): string | undefined {
  if (!(error instanceof DariError) || !errorTable[error.code].public) return undefined;
  const { code, message, retryable, retryAfterMs } = error;
  const data = {
    ...(withData && error instanceof RpcError ? membersOf(error.data) : {}),
    name: code,
    retryable,
    retryAfterMs,
    stopping: undefined, // only encodeStopping says so
  };
  const text = jsonOf({ code: errorTable[code].wire, message, data }, "error");
  return typeof text === "string" ? text : undefined;
}

/** The members that an error's data adds to those of dari; data that has none becomes `value`. */
function membersOf(data: unknown): object {
  if (data === undefined) return {};
  const hasMembers = typeof data === "object" && data !== null && !Array.isArray(data);
  return hasMembers ? data : { value: data };
}

/** What everything that is not told looks like. */
const INTERNAL_ERROR = JSON.stringify({
  code: errorTable.internal.wire,
  message: "Internal error",
  data: { name: "internal", retryable: errorTable.internal.retryable },
});

// The last method's name and its text: most calls name the same method.
let lastMethod = "";
let lastMethodText = '"method":""';

function call(
  method: string,
  params: string | undefined,
  extras: RequestExtras | undefined,
): string {
  if (method !== lastMethod) {
    lastMethod = method;
    lastMethodText = `"method":${JSON.stringify(method)}`;
  }
  let text = lastMethodText;
  if (extras?.auth !== undefined) text += `,"auth":${JSON.stringify(extras.auth)}`;
  if (extras?.meta !== undefined) text += `,"meta":${JSON.stringify(extras.meta)}`;
  return params === undefined ? text : `${text},"params":${params}`;
}

function encodeId(id: Id): string {
  return typeof id === "number" ? String(id) : JSON.stringify(id);
}
