/**
 * Values as bytes: what a message of each kind holds.
 *
 * Invariant: `scratch` holds the last text that was encoded, or the last message that was read.
 * Whatever is returned as a view of it is valid until the next call of this file.
 *
 * @module
 */

// Structured clone to bytes has no form in the Web platform; v8's is what postMessage uses.
import { deserialize, serialize } from "node:v8";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { FoundRecord, Records } from "./records.ts";
import { copyBytes } from "./copy_bytes.ts";
import { jsonOf } from "../../protocol/json.ts";
import { noSource, type Refusal, reviveValue, writeValue } from "../../protocol/values/mod.ts";
import { holdsWhatClonesLose, placeOfUncloneable } from "./clone.ts";

/**
 * How values that are not bytes travel: as JSON with the types of what JSON does not carry, which
 * arrives as what it was as it does in calls; or as structured clones, which may hold cycles.
 */
export type Encoding = "json" | "structured";

/** The kinds of record, in four bits; 15 is taken by the records that skip to the beginning. */
export const kind = { bytes: 1, json: 2, structured: 3, text: 4, more: 5, dropped: 6 } as const;
/** A bit of the kind: the text is ASCII, and can be decoded without copying it first. */
export const ASCII = 8;

/**
 * Of the kind `structured` are clones, which begin with 0xFF, and JSON text of an array of types and
 * value, which begins with its bracket.
 */
const OPENING_BRACKET = 0x5b;

/** A message, as bytes of its kind. */
export interface Encoded {
  readonly kind: number;
  readonly bytes: Uint8Array;
}

/** What was read of a message: a string where its kind has the ASCII bit, else bytes. */
export type Content = Uint8Array<ArrayBuffer> | string;

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const MAX_SCRATCH = limits.maxScratchBytes;
let scratch = new Uint8Array(limits.initialScratchBytes);
// The other end is this program or its child, whose parser has no limit of its own.
const ANY_DEPTH = { maxDepth: Infinity };
const TYPED = { ...ANY_DEPTH, form: "typed" } as const;

/** Encodes text as a record of kind `type`; the bytes are valid until the next call. */
export function encodeText(text: string, type: number): Encoded {
  const most = text.length * 3;
  if (most > MAX_SCRATCH) return { kind: type, bytes: encoder.encode(text) };
  if (scratch.length < most) scratch = new Uint8Array(most);
  const { written } = encoder.encodeInto(text, scratch);
  const bytes = scratch.subarray(0, written);
  return { kind: written === text.length ? type | ASCII : type, bytes };
}

/**
 * Copies a message out of shared memory. ASCII becomes a string at once, bytes get an array of their
 * own, and everything else goes to the scratch buffer, because decoders read shared memory slowly.
 */
export function readOut({ kind: type, offset, length }: FoundRecord, records: Records): Content {
  if ((type & ASCII) !== 0) return records.asciiAt(offset, length);
  if (type === kind.bytes) return copyBytes(records.bytes, offset, length);
  const source = records.bytes.subarray(offset, offset + length);
  if (length > MAX_SCRATCH) return new Uint8Array(source);
  if (scratch.length < length) scratch = new Uint8Array(length);
  scratch.set(source);
  return scratch.subarray(0, length);
}

/**
 * Encodes a value; the bytes are valid until the next call.
 *
 * @throws {TypeError} On what cannot be encoded: `undefined`, functions, and as JSON also instances of
 * classes without `toJSON`; the message names its place.
 */
export function encodeValue(value: unknown, encoding: Encoding): Encoded {
  if (value instanceof Uint8Array) return { kind: kind.bytes, bytes: value };
  if (value === undefined) {
    throw new TypeError("Cannot send undefined: it means that nothing more will come; send null");
  }
  if (encoding === "json" || holdsWhatClonesLose(value)) return encodeTyped(value);
  try {
    return { kind: kind.structured, bytes: serialize(value) };
  } catch (cause) {
    const place = placeOfUncloneable(value);
    const where = place === undefined ? "" : `${place}: `;
    throw new TypeError(`Cannot send this value: ${where}${messageOf(cause)}`, { cause });
  }
}

/**
 * Encodes a value for a reader that knows no types, such as Python: what JSON does not carry is
 * written in its plain form. The bytes are valid until the next call.
 *
 * @throws {TypeError} As {@linkcode encodeValue}.
 */
export function encodePlain(value: unknown): Encoded {
  if (value instanceof Uint8Array || value === undefined) return encodeValue(value, "json");
  const text = jsonOf(value, "value", ANY_DEPTH);
  if (typeof text !== "string") throw unsendable(text);
  return encodeText(text, kind.json);
}

function encodeTyped(value: unknown): Encoded {
  const written = writeValue(value, "value", TYPED);
  if (typeof written === "string") return encodeText(written, kind.json);
  if ("reason" in written) throw unsendable(written);
  return encodeText(`[${written.types},${written.texts[0]}]`, kind.structured);
}

function unsendable({ reason }: Refusal): TypeError {
  return new TypeError(`Cannot send this value: ${reason}`);
}

/**
 * Decodes what {@linkcode readOut} returned, or the joined pieces of a long message.
 *
 * @throws {DariError} `data` where the bytes are not a value of this kind.
 */
export function decodeValue(type: number, content: Content): unknown {
  try {
    if (type === kind.bytes) return content;
    const isText = typeof content === "string";
    const base = type & ~ASCII;
    if (base === kind.structured && !isText && content[0] !== OPENING_BRACKET) {
      return deserialize(content.slice());
    }
    const text = isText ? content : decoder.decode(content);
    if (base === kind.structured) return typedValue(text);
    return base === kind.json ? JSON.parse(text) : text;
  } catch (cause) {
    throw new DariError("data", `A message of ${content.length} bytes cannot be read`, { cause });
  }
}

function typedValue(text: string): unknown {
  const [types, value] = JSON.parse(text);
  return reviveValue(value, types, noSource);
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message.split("\n", 1)[0] ?? "" : String(cause);
}
