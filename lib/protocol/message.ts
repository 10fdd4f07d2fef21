/**
 * The messages of dari/1: JSON-RPC 2.0 and its two extension members.
 *
 * @module
 */

/** The id of a request: text, a whole number of at most 2^53 − 1, or null. */
export type Id = string | number | null;

/** What travels with a call beside its params. */
export interface Meta {
  /** The time that the call has left, in milliseconds; absent means the server's default. */
  timeoutMs?: number;
  /** W3C Trace Context. */
  traceparent?: string;
  /** Makes a repeated call recognisable. */
  idempotencyKey?: string;
  /** How many items of a stream the caller takes before it grants more. */
  credit?: number;
}

/** A call that wants an answer. */
export interface RequestMessage {
  readonly kind: "request";
  readonly id: Id;
  readonly method: string;
  readonly params: unknown;
  /** A session token or an API key, for a connection that carries many principals. */
  readonly auth: string | undefined;
  readonly meta: Meta | undefined;
}

/** A call that wants none. */
export interface NotificationMessage {
  readonly kind: "notification";
  readonly method: string;
  readonly params: unknown;
  readonly auth: string | undefined;
  readonly meta: Meta | undefined;
}

/** The answer to a call that succeeded. */
export interface ResultMessage {
  readonly kind: "result";
  readonly id: Id;
  readonly result: unknown;
}

/** The answer to a call that failed. */
export interface ErrorMessage {
  readonly kind: "error";
  readonly id: Id;
  readonly error: ErrorObject;
}

/** The error object of JSON-RPC 2.0, section 5.1. */
export interface ErrorObject {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

/** Something that is no message; it is answered with this error. */
export interface InvalidMessage {
  readonly kind: "invalid";
  readonly id: Id;
  readonly code: "parse_error" | "invalid_request";
  readonly reason: string;
  /** The call that it is the reply to, if it is one: the call fails with the reason. */
  readonly replyTo?: number;
}

/** Several messages in one line. */
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

/** What one line holds. */
export type Message = SingleMessage | BatchMessage;
