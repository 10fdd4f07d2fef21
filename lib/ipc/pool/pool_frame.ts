/**
 * A pool's calls and replies as bytes: a short header, and behind it params or a result as they are
 * encoded, so that each is encoded once.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { Place } from "./pool_slots.ts";
import { type Content, decodeValue, encodeValue, type Encoding } from "../ring/value.ts";

/** The kind of a reply's record in a worker's ring, beside those of plain values. */
export const FRAME_KIND = 7;

/** What a reply is. */
export const status = { result: 0, error: 1, ask: 2 } as const;

/** Stands for a value that is not there. */
const NOTHING = 0;
/** Stands for params that the worker has to ask for. */
const LARGE = 15;

const REQUEST_HEADER_BYTES = 16;
const REPLY_HEADER_BYTES = 12;
const { poolMethodBytes: MAX_METHOD_BYTES } = limits;
/** What a frame adds to its params or its result, at most. */
export const MAX_HEADER_BYTES: number = REQUEST_HEADER_BYTES + MAX_METHOD_BYTES;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A value, ready to be sent; valid until the next one is encoded. */
export interface Payload {
  readonly kind: number;
  readonly bytes: Uint8Array;
}

/** A payload in memory of its own. */
export interface OwnPayload extends Payload {
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** A call, as its worker reads it. */
export interface RequestFrame extends Place {
  readonly method: string;
  /** How long the call may take from now on, in milliseconds. */
  readonly timeoutMs: number;
  /** Whether the worker has to ask for the params. */
  readonly isLarge: boolean;
  readonly params: unknown;
}

/** A reply, as the pool reads it. */
export interface ReplyFrame extends Place {
  readonly status: number;
  readonly value: unknown;
}

const nothing: Payload = { kind: NOTHING, bytes: new Uint8Array(0) };

/** Encodes params or a result; `undefined` is a value here. */
export function payloadOf(value: unknown, encoding: Encoding): Payload {
  return value === undefined ? nothing : encodeValue(value, encoding);
}

let scratch = new DataView(new ArrayBuffer(limits.initialScratchBytes));

/** Room for a frame in memory that the next frame takes again. */
function room(length: number): DataView<ArrayBuffer> {
  if (scratch.byteLength < length) scratch = new DataView(new ArrayBuffer(length * 2));
  return scratch;
}

/**
 * @param payload The params, or `undefined` where the worker is to ask for them.
 * @throws {DariError} `method_not_found` where no method can have the name.
 */
export function encodeRequest(
  { slot, generation }: Place,
  method: string,
  timeoutMs: number,
  payload: Payload | undefined,
): Uint8Array {
  if (method.length * 3 > MAX_METHOD_BYTES) {
    throw new DariError("method_not_found", `No method has a name of ${method.length} characters`);
  }
  const { kind, bytes } = payload ?? { kind: LARGE, bytes: nothing.bytes };
  const view = room(REQUEST_HEADER_BYTES + method.length * 3 + bytes.length);
  const frame = new Uint8Array(view.buffer);
  const { written } = encoder.encodeInto(method, frame.subarray(REQUEST_HEADER_BYTES));
  view.setUint32(0, slot);
  view.setUint32(4, generation);
  view.setUint32(8, Math.min(timeoutMs, 0xffff_ffff));
  view.setUint16(12, written);
  view.setUint8(14, kind);
  const at = REQUEST_HEADER_BYTES + written;
  frame.set(bytes, at);
  return frame.subarray(0, at + bytes.length);
}

/** Which call a request is of. */
export function placeOf(request: Uint8Array): Place {
  const view = new DataView(request.buffer, request.byteOffset);
  return { slot: view.getUint32(0), generation: view.getUint32(4) };
}

export function decodeRequest(frame: Uint8Array<ArrayBuffer>): RequestFrame {
  const view = new DataView(frame.buffer, frame.byteOffset);
  const at = REQUEST_HEADER_BYTES + view.getUint16(12);
  const kind = view.getUint8(14);
  return {
    ...placeOf(frame),
    timeoutMs: view.getUint32(8),
    method: decoder.decode(frame.subarray(REQUEST_HEADER_BYTES, at)),
    isLarge: kind === LARGE,
    params: kind === LARGE ? undefined : valueOf(kind, frame.subarray(at)),
  };
}

export function encodeReply(
  { slot, generation }: Place,
  what: number,
  { kind, bytes }: Payload = nothing,
): Uint8Array {
  const view = room(REPLY_HEADER_BYTES + bytes.length);
  const frame = new Uint8Array(view.buffer);
  view.setUint32(0, slot);
  view.setUint32(4, generation);
  view.setUint8(8, what);
  view.setUint8(9, kind);
  frame.set(bytes, REPLY_HEADER_BYTES);
  return frame.subarray(0, REPLY_HEADER_BYTES + bytes.length);
}

/** @throws {DariError} `data` on what is no reply. */
export function decodeReply(frame: Content): ReplyFrame {
  if (typeof frame === "string") throw new DariError("data", "A worker of the pool sent text");
  const view = new DataView(frame.buffer, frame.byteOffset);
  return {
    slot: view.getUint32(0),
    generation: view.getUint32(4),
    status: view.getUint8(8),
    value: valueOf(view.getUint8(9), frame.subarray(REPLY_HEADER_BYTES)),
  };
}

/** @throws {DariError} `data` on what is no value of its kind. */
export function valueOf(kind: number, bytes: Uint8Array<ArrayBuffer>): unknown {
  if (kind === NOTHING) return undefined;
  const value = decodeValue(kind, bytes);
  // Bytes lie in memory that the next message takes.
  return value instanceof Uint8Array ? value.slice() : value;
}
