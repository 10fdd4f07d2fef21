/**
 * The value of a message as text: JSON, with the types beside it where JSON alone does not carry it.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { byteLength } from "../../base/text/byte_length.ts";
import { noSource, reviveValue } from "../../protocol/values/revive.ts";
import { writeValue } from "../../protocol/values/write.ts";

/** A value as it is stored. */
export interface WrittenMessage {
  /** JSON text. */
  readonly value: string;
  /** The JSON text of its types, by JSON Pointers into the value; `null` where it has none. */
  readonly types: string | null;
  /** The bytes of both. */
  readonly bytes: number;
}

/**
 * Writes the value of a message: what a call can carry, streams and files left aside.
 *
 * @param value The value; `undefined` is written as null.
 * @returns Its text.
 * @throws {DariError} `invalid_params` for what cannot be stored, `resource_exhausted` for a value that
 * is too large.
 *
 * @example
 * ```ts
 * import { readMessage, writeMessage } from "./message_value.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const written = writeMessage({ at: new Date(0) });
 * assertEquals(readMessage(written), { at: new Date(0) });
 * ```
 */
export function writeMessage(value: unknown): WrittenMessage {
  const written = writeValue(value ?? null, "value", {
    maxDepth: limits.maxDepth - limits.messageNesting,
    form: "typed",
  });
  if (typeof written === "string") return sized(written, null);
  if ("reason" in written) {
    throw new DariError("invalid_params", `The message cannot be put: ${written.reason}`);
  }
  const [text, ...more] = written.texts;
  if (text === undefined || more.length > 0) {
    throw new DariError("invalid_params", "The message cannot be put: a stream cannot wait");
  }
  return sized(text, written.types === "" ? null : written.types);
}

/**
 * Reads a value back.
 *
 * @param written The text and its types.
 * @returns The value.
 */
export function readMessage({ value, types }: Pick<WrittenMessage, "value" | "types">): unknown {
  const plain = JSON.parse(value);
  return types === null ? plain : reviveValue(plain, JSON.parse(types), noSource);
}

function sized(value: string, types: string | null): WrittenMessage {
  const bytes = byteLength(value) + (types === null ? 0 : byteLength(types));
  if (bytes <= limits.maxQueueMessageBytes) return { value, types, bytes };
  throw new DariError(
    "resource_exhausted",
    `A message of ${bytes} bytes is too large; ${limits.maxQueueMessageBytes} are the most: put a ` +
      "reference to it",
    { retryable: false },
  );
}
