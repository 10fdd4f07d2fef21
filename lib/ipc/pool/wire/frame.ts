/**
 * A pool's calls and replies as bytes: a short header, followed by the encoded params or result. So
 * params and results are encoded once, and the header without JSON.
 *
 * A request is slot (4 bytes), generation (4), milliseconds left (4), length of the method's name (2),
 * kind of the params (1), a spare byte, length of what the method's calls inherit (2), two spare bytes,
 * the name, what is inherited, the params. A reply is slot (4), generation (4),
 * status (1), kind of the value (1), two spare bytes, the value. Numbers are big-endian.
 *
 * Invariant: `scratch` holds the frame that was encoded last; it is valid until the next one.
 *
 * @module
 */

import { DariError } from "../../../base/errors.ts";
import { limits } from "../../../base/limits.ts";
import type { Place } from "./slots.ts";
import { type Content, decodeValue, encodeValue, type Encoding } from "../../ring/value.ts";

/** The kind of a reply's record in a worker's ring, beside those of plain values. */
export const FRAME_KIND = 7;

/**
 * The status of a reply: its value is the result, or the error, or the worker asks for the params.
 */
export const status = { result: 0, error: 1, ask: 2 } as const;

/** The time left of a call without a deadline, and of one that is too far off. */
export const NO_TIMEOUT = 0xffff_ffff;

/** The kind of `undefined`. */
const NOTHING = 0;
/** The kind of params that the worker has to ask for. */
const LARGE = 15;

const REQUEST_HEADER_BYTES = 20;
const REPLY_HEADER_BYTES = 12;
const MAX_METHOD_BYTES = limits.maxPoolMethodBytes;
/** The most bytes that a frame adds to its params or its result. */
export const MAX_HEADER_BYTES: number = REQUEST_HEADER_BYTES + MAX_METHOD_BYTES +
  limits.maxPoolCarriedBytes;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** An encoded value; valid until the next one is encoded. */
export interface Payload {
  readonly kind: number;
  readonly bytes: Uint8Array;
}

/** An encoded value in a buffer of its own. */
export interface OwnPayload extends Payload {
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** A call, as a worker reads it. */
export interface RequestFrame extends Place {
  readonly method: string;
  /** How long the call may still take, in milliseconds; at most 2^32 − 1. */
  readonly timeoutMs: number;
  /** Whether the worker has to ask for the params. */
  readonly isLarge: boolean;
  /** What travels on to the calls of its method; "" for nothing. */
  readonly carried: string;
  readonly params: unknown;
}

/** A reply, as the pool reads it. */
export interface ReplyFrame extends Place {
  readonly status: number;
  readonly value: unknown;
}

const nothing: Payload = { kind: NOTHING, bytes: new Uint8Array(0) };

/** Encodes params or a result, `undefined` included. */
export function payloadOf(value: unknown, encoding: Encoding): Payload {
  return value === undefined ? nothing : encodeValue(value, encoding);
}

let scratch = new DataView(new ArrayBuffer(limits.initialScratchBytes));

/** The scratch buffer, with room for a frame. */
function scratchOf(length: number): DataView<ArrayBuffer> {
  if (scratch.byteLength < length) scratch = new DataView(new ArrayBuffer(length * 2));
  return scratch;
}

/**
 * Encodes a call; the bytes are valid until the next frame is encoded.
 *
 * @param payload The params, or `undefined` where the worker has to ask for them.
 * @param carried What travels on to the calls of its method, of at most `limits.maxPoolCarriedBytes`.
 * @throws {DariError} `method_not_found` where the name is too long for a method.
 */
export function encodeRequest(
  { slot, generation }: Place,
  method: string,
  timeoutMs: number,
  payload: Payload | undefined,
  carried = "",
): Uint8Array {
  if (method.length * 3 > MAX_METHOD_BYTES) {
    throw new DariError(
      "method_not_found",
      `There is no method with a name of ${method.length} characters`,
    );
  }
  const { kind, bytes } = payload ?? { kind: LARGE, bytes: nothing.bytes };
  const view = scratchOf(
    REQUEST_HEADER_BYTES + (method.length + carried.length) * 3 + bytes.length,
  );
  const frame = new Uint8Array(view.buffer);
  const { written } = encoder.encodeInto(method, frame.subarray(REQUEST_HEADER_BYTES));
  view.setUint32(0, slot);
  view.setUint32(4, generation);
  view.setUint32(8, Math.min(timeoutMs, NO_TIMEOUT));
  view.setUint16(12, written);
  view.setUint8(14, kind);
  let at = REQUEST_HEADER_BYTES + written;
  const inherited = carried === "" ? 0 : encoder.encodeInto(carried, frame.subarray(at)).written;
  view.setUint16(16, inherited);
  at += inherited;
  frame.set(bytes, at);
  return frame.subarray(0, at + bytes.length);
}

/** The place of a request's call. */
export function placeOf(request: Uint8Array): Place {
  const view = new DataView(request.buffer, request.byteOffset);
  return { slot: view.getUint32(0), generation: view.getUint32(4) };
}

/**
 * Decodes a call.
 *
 * @throws {DariError} `data` where the params cannot be decoded.
 */
export function decodeRequest(frame: Uint8Array<ArrayBuffer>): RequestFrame {
  const view = new DataView(frame.buffer, frame.byteOffset);
  const nameEnd = REQUEST_HEADER_BYTES + view.getUint16(12);
  const at = nameEnd + view.getUint16(16);
  const kind = view.getUint8(14);
  return {
    ...placeOf(frame),
    timeoutMs: view.getUint32(8),
    method: decoder.decode(frame.subarray(REQUEST_HEADER_BYTES, nameEnd)),
    carried: at === nameEnd ? "" : decoder.decode(frame.subarray(nameEnd, at)),
    isLarge: kind === LARGE,
    params: kind === LARGE ? undefined : valueOf(kind, frame.subarray(at)),
  };
}

/** Encodes a reply; the bytes are valid until the next frame is encoded. */
export function encodeReply(
  { slot, generation }: Place,
  replyStatus: number,
  { kind, bytes }: Payload = nothing,
): Uint8Array {
  const view = scratchOf(REPLY_HEADER_BYTES + bytes.length);
  const frame = new Uint8Array(view.buffer);
  view.setUint32(0, slot);
  view.setUint32(4, generation);
  view.setUint8(8, replyStatus);
  view.setUint8(9, kind);
  frame.set(bytes, REPLY_HEADER_BYTES);
  return frame.subarray(0, REPLY_HEADER_BYTES + bytes.length);
}

/**
 * Decodes a reply.
 *
 * @throws {DariError} `data` where it is not a reply.
 */
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

/**
 * Decodes params or a result.
 *
 * @throws {DariError} `data` where the bytes are not a value of this kind.
 */
export function valueOf(kind: number, bytes: Uint8Array<ArrayBuffer>): unknown {
  if (kind === NOTHING) return undefined;
  const value = decodeValue(kind, bytes);
  // Bytes lie in a buffer that the next message overwrites.
  return value instanceof Uint8Array ? value.slice() : value;
}
