/**
 * A value that was written and holds more than JSON carries: its text, with holes where bytes and
 * streams stand, and the types of its places.
 *
 * @module
 */

import type { AmbientCall } from "../../base/context/ambient_call.ts";
import { toBase64 } from "../../base/text/base64.ts";
import { DariError } from "../../base/errors.ts";

/** A place whose text depends on what the other side knows. */
export type Hole = BytesHole | StreamHole;

/** Memory, to be sent raw or as base64. */
export interface BytesHole {
  readonly kind: "bytes";
  /** The memory itself and not a copy: it must stay as it is until the message is sent. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** The number of a stream. */
export interface StreamHole {
  readonly kind: "stream";
  /** What the stream reads from: an async iterable, a `Blob`, or an object with `fileInfo`. */
  readonly source: unknown;
  /** The call whose handler gave it: a generator's work is that of the call, whenever it is sent. */
  readonly owner: AmbientCall | undefined;
}

/** The text of a value, and what the text alone does not say. */
export interface WrittenValue {
  /** JSON text, cut at each hole: one piece more than there are holes. */
  readonly texts: readonly string[];
  readonly holes: readonly Hole[];
  /** The JSON text of the member `types`; empty where the value has no typed place. */
  readonly types: string;
}

/** Why a value has no text. */
export interface Refusal {
  /** The place and what stands there: `params.list[3].when: a function cannot travel`. */
  readonly reason: string;
}

/**
 * Fills the holes of a written value.
 *
 * @param written The value.
 * @param textOf Gives the JSON text of a hole.
 * @returns The JSON text.
 *
 * @example
 * ```ts
 * import { fill, type WrittenValue, writeValue } from "./mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const written = writeValue([new Uint8Array(2_000)], "params") as WrittenValue;
 * assertEquals(fill(written, () => "0"), "[0]");
 * assertEquals(written.types, '{"/0":"bytes"}');
 * ```
 */
export function fill({ texts, holes }: WrittenValue, textOf: (hole: Hole) => string): string {
  let text = texts[0] ?? "";
  for (let index = 0; index < holes.length; index++) {
    text += textOf(holes[index] as Hole) + texts[index + 1];
  }
  return text;
}

/**
 * Fills the holes of a written value with base64 (RFC 4648, section 4).
 *
 * @param written The value.
 * @returns The JSON text.
 * @throws {DariError} `failed_precondition` where it holds a stream.
 */
export function fillPlain(written: WrittenValue): string {
  return fill(written, plainText);
}

function plainText(hole: Hole): string {
  if (hole.kind === "bytes") return base64Text(hole.bytes);
  const message = "A stream cannot be sent: the other side knows no streams as values";
  throw new DariError("failed_precondition", message);
}

/**
 * Bytes as the JSON text of their base64.
 *
 * @param bytes The bytes.
 * @returns The text with its quotes.
 */
export function base64Text(bytes: Uint8Array): string {
  return `"${toBase64(bytes)}"`;
}
