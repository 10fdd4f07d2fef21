/**
 * Turns messages into lines, without their LF. Only params and results go through `JSON.stringify`;
 * the rest of the line is fixed text, in the member order that the decoder reads fastest.
 *
 * @module
 */

import { markCallError } from "../base/call_error.ts";
import type { DeclaredError } from "../base/declared_error.ts";
import { DariError, errorTable } from "../base/errors.ts";
import { declaredErrorMember, errorMember } from "./error/error_member.ts";
import { jsonOf } from "./json.ts";
import type { Id, Meta } from "./message.ts";
import { writeValue } from "./values/write.ts";
import { fillPlain, type Hole, type WrittenValue } from "./values/written.ts";

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
 * @returns Their text, or more where text alone does not carry them; `undefined` for none.
 * @throws {DariError} `invalid_params` when they hold what cannot travel; the message names it.
 */
export function encodeParams(method: string, params: unknown): string | WrittenValue | undefined {
  if (params === undefined) return undefined;
  const written = writeValue(params, "params");
  if (typeof written === "string" || "texts" in written) return written;
  const message = `The params of "${method}" cannot be sent: ${written.reason}`;
  throw markCallError(new DariError("invalid_params", message));
}

/**
 * Encodes a request.
 *
 * @param id The call's number.
 * @param method The method's name.
 * @param params The text that {@linkcode encodeParams} gave.
 * @param extras The extension members.
 * @param types The JSON text of the params' types.
 * @returns The line.
 */
export function encodeRequest(
  id: number,
  method: string,
  params: string | undefined,
  extras?: RequestExtras,
  types?: string,
): string {
  return `{"jsonrpc":"2.0","id":${id},${call(method, params, extras, types)}}`;
}

/**
 * Encodes a notification.
 *
 * @param method The method's name.
 * @param params An object or an array, or `undefined` for none.
 * @param extras The extension members.
 * @returns The text.
 * @throws {DariError} `invalid_params` when the params hold what cannot travel.
 */
export function encodeNotification(
  method: string,
  params: unknown,
  extras?: RequestExtras,
): string {
  const written = encodeParams(method, params);
  const text = typeof written === "object" ? fillPlain(written) : written;
  return encodeNotificationOf(method, text, extras);
}

/**
 * Encodes a notification whose params are text already.
 *
 * @param method The method's name.
 * @param params The text that {@linkcode encodeParams} gave.
 * @param extras The extension members.
 * @param types The JSON text of the params' types.
 * @returns The text.
 */
export function encodeNotificationOf(
  method: string,
  params: string | undefined,
  extras?: RequestExtras,
  types?: string,
): string {
  return `{"jsonrpc":"2.0",${call(method, params, extras, types)}}`;
}

/**
 * Encodes one item of a call that streams.
 *
 * @param id The request's id.
 * @param text The item's JSON text.
 * @param types The JSON text of the types, relative to the params: the item stands at `/value`.
 * @returns The text.
 */
export function encodeItem(id: Id, text: string, types?: string): string {
  const params = `"params":{"id":${encodeId(id)},"value":${text}}`;
  return `{"jsonrpc":"2.0","method":"${ITEM}",${typesMember(types)}${params}}`;
}

/**
 * Encodes one item of a stream inside a value.
 *
 * @param stream The stream's number.
 * @param text The item's JSON text.
 * @param types The JSON text of the types, relative to the params: the item stands at `/value`.
 * @returns The text.
 */
export function encodeStreamItem(stream: number, text: string, types?: string): string {
  const params = `"params":{"stream":${stream},"value":${text}}`;
  return `{"jsonrpc":"2.0","method":"${ITEM}",${typesMember(types)}${params}}`;
}

/**
 * Encodes the end of a stream inside a value.
 *
 * @param stream The stream's number.
 * @param error Why it failed, told as {@linkcode encodeError} tells it; `undefined` where it did not.
 * @param sha256 The hash of a file that was sent to its end, in hexadecimal.
 * @returns The text.
 */
export function encodeStreamEnd(stream: number, error?: unknown, sha256?: string): string {
  const hash = sha256 === undefined ? "" : `,"sha256":"${sha256}"`;
  const ending = error === undefined ? hash : `,${errorMember(error)}`;
  return `{"jsonrpc":"2.0","method":"rpc.end","params":{"stream":${stream}${ending}}}`;
}

/** A result whose JSON text exists already. */
export class EncodedJson {
  /**
   * @param text The JSON text.
   * @param types The JSON text of its types, for a caller that takes types.
   */
  constructor(readonly text: string, readonly types?: string | undefined) {}
}

/**
 * Encodes the reply to a call that succeeded, for a caller that may know JSON alone.
 *
 * @param id The request's id.
 * @param result The result; `undefined` is written as null.
 * @returns The text.
 * @throws {DariError} `internal` when the result holds what cannot travel; the message names it.
 */
export function encodeResult(id: Id, result: unknown): string {
  const text = result === undefined ? "null" : jsonOf(result, "result");
  if (typeof text === "string") return encodeResultOf(id, text);
  throw new DariError("internal", `The result cannot be sent: ${text.reason}`);
}

/**
 * Encodes the reply to a call that succeeded.
 *
 * @param id The request's id.
 * @param text The result's JSON text.
 * @param types The JSON text of the result's types.
 * @returns The text.
 */
export function encodeResultOf(id: Id, text: string, types?: string): string {
  return `{"jsonrpc":"2.0","id":${encodeId(id)},${typesMember(types)}"result":${text}}`;
}

/**
 * Encodes the reply to a call that failed. An error whose code is not public in the error table
 * crosses the wire as "Internal error", and so does everything that is not a {@linkcode DariError}.
 * The data of an {@linkcode RpcError} goes along where it can travel.
 *
 * @param id The request's id; null if it could not be read.
 * @param error Anything that was thrown, also something that throws when it is looked at.
 * @param textOfHole Gives the text of bytes and streams, where the other side knows values; without it
 * the data is written for somebody who reads JSON alone.
 * @returns The line.
 */
export function encodeError(
  id: Id,
  error: unknown,
  textOfHole?: (hole: Hole) => string,
  requestId?: string,
): string {
  return `{"jsonrpc":"2.0","id":${encodeId(id)},${errorMember(error, textOfHole, requestId)}}`;
}

/**
 * Encodes the reply to a call that failed with an error that its method declares, which was checked.
 *
 * @param id The request's id.
 * @param error The error.
 * @param textOfHole As for {@linkcode encodeError}.
 * @returns The line; "Internal error" where the details cannot travel.
 */
export function encodeDeclaredError(
  id: Id,
  error: DeclaredError,
  textOfHole?: (hole: Hole) => string,
): string {
  return `{"jsonrpc":"2.0","id":${encodeId(id)},${declaredErrorMember(error, textOfHole)}}`;
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

function typesMember(types: string | undefined): string {
  return types === undefined ? "" : `"types":${types},`;
}

// Most calls name the same method as the one before.
let lastMethod = "";
let lastMethodText = '"method":""';

function call(
  method: string,
  params: string | undefined,
  extras: RequestExtras | undefined,
  types: string | undefined,
): string {
  if (method !== lastMethod) {
    lastMethod = method;
    lastMethodText = `"method":${JSON.stringify(method)}`;
  }
  let text = lastMethodText;
  if (extras?.auth !== undefined) text += `,"auth":${JSON.stringify(extras.auth)}`;
  if (extras?.meta !== undefined) text += `,"meta":${JSON.stringify(extras.meta)}`;
  // In front of the params: the decoder sees by it at once that the line has not its quickest form.
  if (types !== undefined) text += `,"types":${types}`;
  return params === undefined ? text : `${text},"params":${params}`;
}

function encodeId(id: Id): string {
  return typeof id === "number" ? String(id) : JSON.stringify(id);
}
