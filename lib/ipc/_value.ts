/**
 * Values as bytes: what a message of each kind holds.
 *
 * @module
 */

// Structured clone to bytes has no form in the Web platform; v8's is what postMessage uses.
import { deserialize, serialize } from "node:v8";
import { DariError } from "../base/errors.ts";
import { copyBytes } from "./_slab.ts";

/** How values that are not bytes travel: as JSON, or as a structured clone (Date, Map, BigInt…). */
export type Encoding = "json" | "structured";

/** The kinds of record; four bits. */
export const kind = { bytes: 1, json: 2, structured: 3, text: 4, more: 5, dropped: 6 } as const;

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const MAX_SCRATCH = 1 << 16;
let scratch = new Uint8Array(4_096);

/** Encodes text into a buffer that the next call takes again. */
export function encodeText(text: string): Uint8Array {
  const most = text.length * 3;
  if (most > MAX_SCRATCH) return encoder.encode(text);
  if (scratch.length < most) scratch = new Uint8Array(most);
  return scratch.subarray(0, encoder.encodeInto(text, scratch).written);
}

/**
 * Copies a message out of shared memory: bytes into an array of their own, the rest into a buffer
 * that the next call takes again (decoders read shared memory slowly).
 */
export function copyOut(
  type: number,
  memory: Uint8Array,
  offset: number,
  length: number,
): Uint8Array<ArrayBuffer> {
  if (type === kind.bytes) return copyBytes(memory, offset, length);
  const source = memory.subarray(offset, offset + length);
  if (length > MAX_SCRATCH) return new Uint8Array(source);
  if (scratch.length < length) scratch = new Uint8Array(length);
  scratch.set(source);
  return scratch.subarray(0, length);
}

/**
 * Encodes a value; the bytes are valid until the next call.
 *
 * @throws {TypeError} on what cannot be encoded: functions, symbols, `undefined`, cycles.
 */
export function encodeValue(
  value: unknown,
  encoding: Encoding,
): { kind: number; bytes: Uint8Array } {
  if (value instanceof Uint8Array) return { kind: kind.bytes, bytes: value };
  if (value === undefined) {
    throw new TypeError("Cannot send undefined, which stands for the end; send null");
  }
  if (encoding === "structured") {
    try {
      return { kind: kind.structured, bytes: serialize(value) };
    } catch (cause) {
      throw new TypeError(`Cannot send this value: ${messageOf(cause)}`, { cause });
    }
  }
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (cause) {
    throw new TypeError(`Cannot send this value as JSON: ${messageOf(cause)}`, { cause });
  }
  if (text === undefined) {
    throw new TypeError(`Cannot send ${typeof value} as JSON; send null, an object or bytes`);
  }
  return { kind: kind.json, bytes: encodeText(text) };
}

/**
 * Decodes what {@linkcode copyOut} gave.
 *
 * @throws {DariError} `data` on bytes that are no value of their kind.
 */
export function decodeValue(type: number, bytes: Uint8Array<ArrayBuffer>): unknown {
  try {
    if (type === kind.bytes) return bytes;
    if (type === kind.structured) return deserialize(bytes.slice());
    const text = decoder.decode(bytes);
    return type === kind.json ? JSON.parse(text) : text;
  } catch (cause) {
    throw new DariError("data", `A message of ${bytes.length} bytes cannot be read`, { cause });
  }
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message.split("\n", 1)[0] ?? "" : String(cause);
}
