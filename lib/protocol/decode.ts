/**
 * Turns a line of the wire into a message. Nothing here throws: a line that is not a message becomes
 * an {@linkcode InvalidMessage} that says why.
 *
 * @see {@link https://www.jsonrpc.org/specification | JSON-RPC 2.0}, sections 4 to 6
 * @module
 */

import { errorTable } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { type OversizeLine, parseOversizeLine } from "../base/text/oversize_line.ts";
import { nestsDeeperThan } from "./depth.ts";
import { inexactIds } from "./exact_id.ts";
import type { Message, RequestMessage, SingleMessage } from "./message.ts";
import { invalid, isId, messageOf } from "./message_shape.ts";

/** The bounds on one message. */
export interface DecodeLimits {
  /** How deep arrays and objects may nest. */
  readonly maxDepth: number;
  /** The most elements of a batch. */
  readonly maxBatchLength: number;
}

// What dari's own encoder writes. If a line opens like this and the rest, without the closing brace,
// parses as one JSON value, then the line has exactly these members. So only the last value needs
// parsing, which is less than half the work of parsing the whole line. A sticky expression sees it in a
// third of the time that `startsWith` and loops over characters take. The id has at most 15 digits: such
// numbers are exact in a double. The name is matched lazily, which keeps no way back for each character.
const OWN_FORM =
  // deno-lint-ignore no-control-regex
  /\{"jsonrpc":"2\.0","id":(?:0|[1-9]\d{0,14}),"(?:result":|method":"[^"\\\u0000-\u001f]*?"(?:\}|,"params":))/y;
const ID_AT = '{"jsonrpc":"2.0","id":'.length;
const METHOD_BEHIND_ID = ',"method":"'.length;
const RESULT_BEHIND_ID = ',"result":'.length;
const PARAMS_BEHIND_METHOD = '","params":'.length;

const CLOSING_BRACE = 0x7d;
const ZERO = 0x30;
/** Numbers of at most this many digits are exact in a double. */
const MAX_FAST_DIGITS = 15;
const { maxRememberedMethodLength: MAX_REMEMBERED_LENGTH } = limits;

/**
 * Decodes one line.
 *
 * @param line The line without its LF. If an object has a key twice, the last value counts.
 * @param limits The bounds on the message.
 * @returns The message. A line that is not a message becomes one of kind `invalid`, with the code
 * `parse_error` or `invalid_request`; so does one that was too long, with `resource_exhausted`.
 */
export function decodeLine(line: string, limits: DecodeLimits): Message {
  return decodeLineIn(line, 0, line.length, limits);
}

/**
 * Decodes one of several lines where it stands, without making a string of it first.
 *
 * @param lines The lines.
 * @param start The index of the line's first character.
 * @param end The index of its LF.
 * @param limits The bounds on the message.
 * @returns The message, as {@linkcode decodeLine} gives it.
 */
export function decodeLineIn(
  lines: string,
  start: number,
  end: number,
  limits: DecodeLimits,
): Message {
  return decodeOwnForm(lines, start, end, limits) ?? decodeAnyForm(lines.slice(start, end), limits);
}

// The last method's name: most lines name the same method, and then one comparison is enough.
let lastMethod = "";

function decodeOwnForm(
  lines: string,
  start: number,
  end: number,
  limits: DecodeLimits,
): Message | undefined {
  OWN_FORM.lastIndex = start;
  if (!OWN_FORM.test(lines)) return undefined;
  const valueAt = OWN_FORM.lastIndex;
  const last = end - 1;
  if (lines.charCodeAt(last) !== CLOSING_BRACE) return undefined;
  const idAt = start + ID_AT;
  const idEnd = endOfDigits(lines, idAt);
  const id = numberIn(lines, idAt, idEnd);
  if (idEnd + RESULT_BEHIND_ID === valueAt) return resultWith(id, lines, valueAt, last, limits);
  const nameAt = idEnd + METHOD_BEHIND_ID;
  if (lines.charCodeAt(valueAt - 1) === CLOSING_BRACE) {
    return valueAt === end ? requestOf(id, lines.slice(nameAt, last - 1), undefined) : undefined;
  }
  const method = methodIn(lines, nameAt, valueAt - PARAMS_BEHIND_METHOD);
  return requestWith(id, method, lines.slice(valueAt, last), limits);
}

function methodIn(lines: string, start: number, end: number): string {
  if (end - start === lastMethod.length && lines.startsWith(lastMethod, start)) return lastMethod;
  const method = lines.slice(start, end);
  if (method.length <= MAX_REMEMBERED_LENGTH) lastMethod = method;
  return method;
}

function resultWith(
  id: number,
  lines: string,
  start: number,
  end: number,
  limits: DecodeLimits,
): Message | undefined {
  const number = endOfDigits(lines, start) === end ? wholeNumber(lines, start, end) : undefined;
  if (number !== undefined) return { kind: "result", id, result: number, types: undefined };
  const text = lines.slice(start, end);
  const result = parse(text);
  if (result === undefined || nestsDeeperThan(text, result, limits.maxDepth - 1)) return undefined;
  return { kind: "result", id, result, types: undefined };
}

function requestWith(
  id: number,
  method: string,
  text: string,
  limits: DecodeLimits,
): Message | undefined {
  const params = parse(text);
  if (typeof params !== "object" || params === null) return undefined;
  if (nestsDeeperThan(text, params, limits.maxDepth - 1)) return undefined;
  return requestOf(id, method, params);
}

function requestOf(id: number, method: string, params: unknown): RequestMessage {
  return {
    kind: "request",
    id,
    method,
    params,
    auth: undefined,
    meta: undefined,
    types: undefined,
  };
}

function endOfDigits(line: string, start: number): number {
  let at = start;
  for (let digit = line.charCodeAt(at) - ZERO; digit >= 0 && digit <= 9;) {
    digit = line.charCodeAt(++at) - ZERO;
  }
  return at;
}

/** The number of a run of digits; `undefined` if JSON does not allow it or a double cannot hold it. */
function wholeNumber(line: string, start: number, end: number): number | undefined {
  const digits = end - start;
  if (digits === 0 || digits > MAX_FAST_DIGITS) return undefined;
  if (digits > 1 && line.charCodeAt(start) === ZERO) return undefined;
  return numberIn(line, start, end);
}

function numberIn(line: string, start: number, end: number): number {
  let number = 0;
  for (let at = start; at < end; at++) number = number * 10 + line.charCodeAt(at) - ZERO;
  return number;
}

/** The value of a JSON text; `undefined` if it is not JSON. No JSON value is `undefined`. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function decodeAnyForm(line: string, limits: DecodeLimits): Message {
  const value = parse(line);
  if (value === undefined) {
    const oversize = parseOversizeLine(line);
    if (oversize !== undefined) return messageOfOversize(oversize);
    return invalid("parse_error", null, "the line is not JSON text");
  }
  if (nestsDeeperThan(line, value, limits.maxDepth)) {
    return tooDeep(value as object, `more than ${limits.maxDepth} levels of nesting`);
  }
  const inexact = inexactIds(line);
  if (!Array.isArray(value)) return messageOf(value, inexact.has(0));
  if (value.length === 0) return invalid("invalid_request", null, "the batch is empty");
  if (value.length > limits.maxBatchLength) {
    const reason =
      `the batch has ${value.length} elements, at most ${limits.maxBatchLength} are taken`;
    return invalid("invalid_request", null, reason);
  }
  return {
    kind: "batch",
    messages: value.map((element, place) => messageOf(element, inexact.has(place))),
  };
}

/** How messages begin whose id can be told: that of a request may stand before or behind its method. */
const HEAD_OF_MESSAGE =
  /^\s*\{\s*"jsonrpc"\s*:\s*"2\.0"\s*,\s*("method"\s*:\s*"[^"\\]*"\s*,\s*)?"id"\s*:\s*(\d{1,16}|"(?:[^"\\]|\\.)*"|null)\s*(?:,\s*"(\w+)"|\})/;

/** A result that is too long fails the call that waits for it; other messages become invalid. */
function messageOfOversize({ bytes, maxBytes, head }: OversizeLine): SingleMessage {
  const reason = `the line has ${bytes} bytes, and this connection takes at most ${maxBytes}`;
  const [, method, idText = "null", next] = HEAD_OF_MESSAGE.exec(head) ?? [];
  const value = parse(idText);
  const id = isId(value) ? value : null;
  // dari writes types in front of a result, and never in front of a method.
  const isReply = next === "result" || next === "error" || next === "types";
  if (method === undefined && isReply) {
    const { wire } = errorTable.resource_exhausted;
    const data = { name: "resource_exhausted", retryable: false };
    return {
      kind: "error",
      id,
      error: { code: wire, message: `The reply is too long: ${reason}`, data },
    };
  }
  return invalid("resource_exhausted", id, reason);
}

/** A reply that nests too deep fails the call that waits for it; other messages become invalid. */
function tooDeep(value: object, reason: string): SingleMessage {
  const { id } = value as Record<string, unknown>;
  const isReply = Object.hasOwn(value, "result") || Object.hasOwn(value, "error");
  if (!isReply || !isId(id)) return invalid("invalid_request", null, reason);
  return { kind: "error", id, error: { code: errorTable.invalid_request.wire, message: reason } };
}
