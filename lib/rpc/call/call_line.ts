/**
 * The message that carries a call over a connection.
 *
 * @module
 */

import { markCallError } from "../../base/call_error.ts";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import {
  encodeNotificationOf,
  encodeParams,
  encodeRequest,
  type RequestExtras,
} from "../../protocol/encode.ts";
import { excessBytes, type Line } from "../../protocol/line.ts";
import type { WrittenValue } from "../../protocol/values/written.ts";
import { lineOf, type PeerValues } from "../peer/peer_values.ts";
import type { ItemStream } from "../stream/item_stream.ts";
import type { CallOptions } from "./call_options.ts";
import type { ParamStreams } from "./param_streams.ts";

/** A call, as far as its message needs it. */
export interface CallToSend {
  readonly kind: "call" | "stream" | "notification" | "ping";
  readonly method: string;
  /** Its params as they were written. */
  readonly params: string | WrittenValue | undefined;
  readonly options: CallOptions;
  /** Its number on the connection. */
  readonly id: number;
  /** When it is too late, on the clock of the connection. */
  readonly deadlineAt: number;
  /** Whether the deadline is sent along. */
  readonly tellsDeadline: boolean;
  /** Where its items go. */
  readonly stream: ItemStream<unknown> | undefined;
  /** The streams among its params. */
  readonly streams: ParamStreams | undefined;
}

/** The connection that a call is sent over, as far as its message depends on it. */
export interface CallTarget {
  /** How values travel to the other side. */
  readonly values: PeerValues;
  /** The longest message that the other side takes, in bytes. */
  readonly maxLineBytes: number;
  /** Whether the other side counts the bytes of the items that it sends; `asked` until it is known. */
  readonly itemBytes: "counted" | "uncounted" | "asked";
  /** The clock of the deadlines, in milliseconds. */
  monotonic(): number;
}

/**
 * Makes the message of a call.
 *
 * @param call The call.
 * @param target The connection.
 * @returns The message.
 * @throws {DariError} `resource_exhausted` where the other side would not take so long a message,
 * `deadline_exceeded` where it is too late, `failed_precondition` for a stream among the params
 * where the other side takes none.
 */
export function callLine(call: CallToSend, target: CallTarget): Line {
  const { params } = call;
  const extras = hasExtras(call) ? extrasOf(call, target) : undefined;
  const line = typeof params === "object"
    ? typedLine(call, params, target, extras)
    : textOf(call, params, extras, undefined);
  refuseExcess(call.method, line, target.maxLineBytes);
  return line;
}

/**
 * Writes the params of a call.
 *
 * @param method The method's name.
 * @param params An object or an array, or `undefined` for none.
 * @returns Their text, or more where text alone does not carry them.
 * @throws {DariError} `invalid_params` for what cannot travel, `resource_exhausted` for more than
 * a message may hold.
 */
export function paramsOf(method: string, params: unknown): string | WrittenValue | undefined {
  const written = encodeParams(method, params);
  if (typeof written === "string") refuseExcess(method, written, limits.maxLineBytes);
  return written;
}

/**
 * The error of a call whose deadline passed before it was sent.
 *
 * @param method The method that was called.
 * @param cause Why it was not sent, where that is known.
 * @returns The error.
 */
export function notSentInTime(method: string, cause?: Error): DariError {
  const message = `"${method}" could not be sent before its deadline`;
  if (cause === undefined) return markCallError(new DariError("deadline_exceeded", message));
  return markCallError(
    new DariError("deadline_exceeded", `${message}: ${cause.message}`, { cause }),
  );
}

function textOf(
  { kind, id, method }: CallToSend,
  params: string | undefined,
  extras: RequestExtras | undefined,
  types: string | undefined,
): string {
  return kind === "notification"
    ? encodeNotificationOf(method, params, extras, types)
    : encodeRequest(id, method, params, extras, types);
}

function typedLine(
  call: CallToSend,
  params: WrittenValue,
  { values }: CallTarget,
  extras: RequestExtras | undefined,
): Line {
  // The streams of a call end with it; a notification has no end.
  const unreadMs = call.kind === "notification" ? limits.unreadStreamMs : Infinity;
  const { text, types, blobs, streams } = values.fill(params, { takesBytes: true, unreadMs });
  call.streams?.sent(values, streams);
  return lineOf(textOf(call, text, extras, types), blobs);
}

function hasExtras({ tellsDeadline, options }: CallToSend): boolean {
  return tellsDeadline || options.auth !== undefined || options.meta !== undefined;
}

function extrasOf(call: CallToSend, target: CallTarget): RequestExtras {
  const { auth, meta } = call.options;
  const { tellsDeadline, stream } = call;
  const leftMs = tellsDeadline ? call.deadlineAt - target.monotonic() : Infinity;
  if (leftMs <= 0) throw notSentInTime(call.method);
  return {
    auth,
    meta: {
      ...meta,
      ...(tellsDeadline ? { timeoutMs: wireTimeoutOf(leftMs) } : {}),
      ...(stream === undefined ? {} : creditOf(stream, target)),
    },
  };
}

/** What the reader of a stream grants with its call. A peer that does not count bytes ignores them. */
function creditOf(
  stream: ItemStream<unknown>,
  { itemBytes }: CallTarget,
): { credit: number; creditBytes?: number } {
  const { items, bytes } = stream.credit;
  if (itemBytes === "uncounted") return { credit: items };
  if (itemBytes === "counted") stream.countBytes();
  return { credit: items, creditBytes: bytes };
}

function refuseExcess(method: string, line: Line, maxBytes: number): void {
  const bytes = excessBytes(line, maxBytes);
  if (bytes === undefined) return;
  const message = `The call of "${method}" takes a line of ${bytes} bytes, ` +
    `and the other side reads at most ${maxBytes}; send it in parts`;
  throw markCallError(new DariError("resource_exhausted", message, { retryable: false }));
}

/** A whole number of milliseconds that the other side takes: JSON cannot say `Infinity`. */
function wireTimeoutOf(timeoutMs: number): number {
  return Math.min(limits.maxCallTimeoutMs, Math.max(1, Math.round(timeoutMs)));
}
