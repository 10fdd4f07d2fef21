/**
 * Cursors: places in a topic, as callers keep them.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { described } from "../queue/names.ts";

const CURSOR = /^([A-Za-z0-9_-]+):(0|[1-9]\d{0,14})$/;

/**
 * Writes a cursor.
 *
 * @param topic The topic.
 * @param number The number of a message in it.
 *
 * @example
 * ```ts
 * import { readCursor, writeCursor } from "./cursor.ts";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * assertEquals(writeCursor("orders", 7), "orders:7");
 * assertEquals(readCursor("orders:7", "orders"), 7);
 * assertThrows(() => readCursor("orders:7", "letters"));
 * ```
 */
export function writeCursor(topic: string, number: number): string {
  return `${topic}:${number}`;
}

/**
 * Reads a cursor.
 *
 * @param cursor Any value.
 * @param topic The topic that it has to be of.
 * @returns The number of the message.
 * @throws {DariError} `invalid_params` for what is no cursor, or that of another topic.
 */
export function readCursor(cursor: unknown, topic: string): number {
  const [, of, number] = (typeof cursor === "string" && CURSOR.exec(cursor)) || [];
  if (of === undefined) {
    throw new DariError(
      "invalid_params",
      `${described(cursor)} is no cursor; send one that a message had`,
    );
  }
  if (of === topic) return Number(number);
  throw new DariError(
    "invalid_params",
    `The cursor ${described(cursor)} is of another topic than "${topic}"`,
  );
}
