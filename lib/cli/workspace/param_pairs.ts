/**
 * Params as they are typed: NAME=VALUE, where a VALUE that is not JSON is text.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { parseExact } from "./exact_json.ts";

/**
 * Reads params.
 *
 * @param pairs Each as NAME=VALUE.
 * @returns The params by name.
 * @throws {DariError} `usage` for one without a name.
 */
export function namedParams(pairs: readonly string[]): Record<string, unknown> {
  const entries = pairs.map((pair): [string, unknown] => {
    const [name, text] = splitPair(pair);
    if (name === "") {
      throw new DariError("usage", `${JSON.stringify(pair)} is not a param; write NAME=VALUE`);
    }
    return [name, valueOf(text)];
  });
  return Object.fromEntries(entries);
}

/**
 * Splits a param at its first equals sign.
 *
 * @param pair For instance `a=1`.
 * @returns Name and value; the name is empty where there is no equals sign.
 */
export function splitPair(pair: string): [name: string, text: string] {
  const equals = Math.max(0, pair.indexOf("="));
  return [pair.slice(0, equals), pair.slice(equals + 1)];
}

/**
 * Reads a value.
 *
 * @param text What was typed.
 * @returns The JSON value, or the text itself where it is none or a number too large for readers.
 */
export function valueOf(text: string): unknown {
  try {
    const value = parseExact(text);
    return Math.abs(Number(text)) === Infinity ? text : value;
  } catch {
    return text;
  }
}
