/**
 * The shape of messages: JSON-RPC 2.0 with the extension members `auth`, `meta` and `types`.
 *
 * @see {@link https://www.jsonrpc.org/specification | JSON-RPC 2.0}
 * @module
 */

import type { ErrorObject, Id, InvalidMessage, Meta, SingleMessage } from "./message.ts";
import { metaFault, replyMetaOf } from "./meta/meta.ts";

/**
 * Tells what a parsed value is as a message, whatever the order of its members.
 *
 * @param value The value of a line, or of an element of a batch.
 * @param inexactId Whether its id is a number that JavaScript cannot hold exactly.
 * @returns The message; one of the kind `invalid` says what is wrong with it.
 */
export function messageOf(value: unknown, inexactId: boolean): SingleMessage {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return invalid("invalid_request", null, "a message must be an object");
  }
  const hasId = Object.hasOwn(value, "id");
  const { jsonrpc, id = null, method, params, auth, meta, types } = value as Record<
    string,
    unknown
  >;
  if (!isId(id) || (inexactId && typeof id === "number")) {
    const reason = "id must be text, null or a whole number of at most 2^53-1";
    return invalid("invalid_request", null, reason);
  }
  const isReply = !Object.hasOwn(value, "method");
  if (jsonrpc !== "2.0") {
    const reason = 'jsonrpc must be exactly "2.0"';
    return isReply ? badReply(id, reason) : invalid("invalid_request", id, reason);
  }
  if (isReply) return replyOf(value, id, hasId);
  if (typeof method !== "string") return invalid("invalid_request", id, "method must be text");
  if (Object.hasOwn(value, "params") && (typeof params !== "object" || params === null)) {
    return invalid("invalid_request", id, "params must be an array or an object");
  }
  if (auth !== undefined && typeof auth !== "string") {
    return invalid("invalid_request", id, "auth must be text");
  }
  const fault = meta === undefined ? undefined : metaFault(meta);
  if (fault !== undefined) return invalid("invalid_request", id, fault);
  return hasId
    ? { kind: "request", id, method, params, auth, meta: meta as Meta | undefined, types }
    : { kind: "notification", method, params, auth, meta: meta as Meta | undefined, types };
}

function replyOf(value: object, id: Id, hasId: boolean): SingleMessage {
  const { result, error, types, meta } = value as Record<string, unknown>;
  const hasResult = Object.hasOwn(value, "result");
  // Some libraries write both members always, and null into the one that does not count.
  const hasError = Object.hasOwn(value, "error") && error !== null;
  const extra = meta === undefined ? undefined : replyMetaOf(meta);
  const carried = extra === undefined ? {} : { meta: extra };
  if (hasId && hasResult && !hasError) return { kind: "result", id, result, types, ...carried };
  if (hasId && !hasResult && isErrorObject(error)) {
    return { kind: "error", id, error: errorObjectOf(error, types), ...carried };
  }
  if (hasResult && hasError) return badReply(id, "a reply has a result or an error, not both");
  if (hasError) return badReply(id, "error must have a whole number as code and text as message");
  return badReply(id, "a message needs a method, a result or an error");
}

/** The error with the types of the message, and never with a member `types` of its own. */
function errorObjectOf(error: ErrorObject, types: unknown): ErrorObject {
  if (types === undefined && !Object.hasOwn(error, "types")) return error;
  const { types: _, ...others } = error;
  return types === undefined ? others : { ...others, types };
}

/**
 * A reply that cannot be understood. It names no call of the other side, so it is answered without its
 * id; but a call of ours may wait for it.
 */
function badReply(id: Id, reason: string): InvalidMessage {
  const message = invalid("invalid_request", null, reason);
  return typeof id === "number" ? { ...message, replyTo: id } : message;
}

/**
 * Whether a value may be the id of a call.
 *
 * @param id Any value.
 * @returns True for text, null and whole numbers that JavaScript holds exactly.
 */
export function isId(id: unknown): id is Id {
  return id === null || typeof id === "string" ||
    (typeof id === "number" && Number.isSafeInteger(id));
}

function isErrorObject(error: unknown): error is ErrorObject {
  return typeof error === "object" && error !== null && "code" in error && "message" in error &&
    Number.isInteger(error.code) && typeof error.message === "string";
}

/**
 * Makes the message that stands for one that cannot be understood.
 *
 * @param code What it is answered with.
 * @param id The id that its answer names.
 * @param reason What is wrong, for its sender.
 * @returns The message.
 */
export function invalid(code: InvalidMessage["code"], id: Id, reason: string): InvalidMessage {
  return { kind: "invalid", id, code, reason };
}
