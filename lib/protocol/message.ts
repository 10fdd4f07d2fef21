/**
 * The messages of dari/1: JSON-RPC 2.0 and its extension members.
 *
 * @module
 */

import type { Meta, ReplyMeta } from "./meta/meta.ts";

export type { Meta, ReplyMeta };

/** The id of a request: text, a whole number of at most 2^53 − 1, or null. */
export type Id = string | number | null;

/** A call that expects a reply. */
export interface RequestMessage {
  readonly kind: "request";
  readonly id: Id;
  readonly method: string;
  readonly params: unknown;
  /** A session token or an API key, for a connection that carries many principals. */
  readonly auth: string | undefined;
  readonly meta: Meta | undefined;
  /** What JSON does not say of the params, as it came: not to be believed. */
  readonly types: unknown;
  /** The raw bytes that came in front of the message; set by the receiver. */
  blobs?: readonly Uint8Array[] | undefined;
}

/** A call that gets no reply, not even an error. */
export interface NotificationMessage {
  readonly kind: "notification";
  readonly method: string;
  readonly params: unknown;
  readonly auth: string | undefined;
  readonly meta: Meta | undefined;
  /** What JSON does not say of the params, as it came: not to be believed. */
  readonly types: unknown;
  /** The raw bytes that came in front of the message; set by the receiver. */
  blobs?: readonly Uint8Array[] | undefined;
}

/** The reply to a call that succeeded. */
export interface ResultMessage {
  readonly kind: "result";
  readonly id: Id;
  readonly result: unknown;
  /** What travels with it, where it has something. */
  readonly meta?: ReplyMeta | undefined;
  /** What JSON does not say of the result, as it came: not to be believed. */
  readonly types: unknown;
  /** The raw bytes that came in front of the message; set by the receiver. */
  blobs?: readonly Uint8Array[] | undefined;
}

/** The reply to a call that failed. */
export interface ErrorMessage {
  readonly kind: "error";
  readonly id: Id;
  readonly error: ErrorObject;
  /** What travels with it, where it has something. */
  readonly meta?: ReplyMeta | undefined;
}

/** The error object of JSON-RPC 2.0, section 5.1. */
export interface ErrorObject {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
  /** What JSON does not say of the data, as it came: not to be believed. It is a member of the message. */
  readonly types?: unknown;
}

/** A line, or an element of a batch, that is not a message; its sender gets an error with this code. */
export interface InvalidMessage {
  readonly kind: "invalid";
  readonly id: Id;
  readonly code: "parse_error" | "invalid_request" | "resource_exhausted";
  readonly reason: string;
  /** The call that it is the reply to, if it is one: the call fails with the reason. */
  readonly replyTo?: number;
}

/** Several messages in one line: a batch of JSON-RPC 2.0, section 6. */
export interface BatchMessage {
  readonly kind: "batch";
  readonly messages: readonly SingleMessage[];
}

/** One message that is not a batch. */
export type SingleMessage =
  | RequestMessage
  | NotificationMessage
  | ResultMessage
  | ErrorMessage
  | InvalidMessage;

/** The content of one line. */
export type Message = SingleMessage | BatchMessage;
