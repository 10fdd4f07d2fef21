/**
 * JSON whose numbers keep their digits, on their way from the command line to a server and back. A
 * number in JavaScript has 53 bits; an account number of another language may have 64.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import { isPlain } from "../../protocol/values/plain.ts";
import { writeValue } from "../../protocol/values/write.ts";
import { fill } from "../../protocol/values/written.ts";

/** ECMAScript 2026; TypeScript does not know it yet. */
const { rawJSON } = JSON as unknown as { rawJSON(text: string): object };

type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown;

/** Strings, so that nothing inside them counts; and numbers. */
const TOKENS = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
/** Shorter numbers without an exponent keep all their digits. */
const EXACT = /^-?\d{1,15}$/;

/**
 * Reads JSON.
 *
 * @param text The text.
 * @returns The value. A number that would lose digits is an object that is sent as it was written.
 * @throws {SyntaxError} When it is not JSON.
 */
export function parseExact(text: string): unknown {
  const keep: Reviver = (_, value, { source = "" }) =>
    typeof value === "number" && losesDigits(source) ? rawJSON(source) : value;
  return JSON.parse(text, keep as Parameters<typeof JSON.parse>[1]);
}

/**
 * Whether JavaScript would change a number.
 *
 * @param source The number as JSON has it.
 */
export function losesDigits(source: string): boolean {
  return !EXACT.test(source) && normalForm(source) !== normalForm(String(Number(source)));
}

/** Keeps the digits of numbers in what a server sends. */
export class DigitKeeper {
  /** Begins the strings that stand for numbers; no server can guess it. */
  readonly #mark = `${crypto.randomUUID()}:`;

  /**
   * Puts strings in the place of numbers that would lose digits.
   *
   * @param lines Lines of JSON.
   * @returns The lines with those strings.
   */
  hide(lines: string): string {
    return lines.replace(
      TOKENS,
      (token) => token[0] !== '"' && losesDigits(token) ? `"${this.#mark}${token}"` : token,
    );
  }

  /**
   * Writes a value that was read from such lines.
   *
   * @param value The value.
   * @param indent How many spaces a level is indented; one line without it.
   * @returns JSON with the numbers as they came.
   */
  write(value: unknown, indent?: number): string {
    const show = (_: string, member: unknown): unknown =>
      typeof member === "string" && member.startsWith(this.#mark)
        ? rawJSON(member.slice(this.#mark.length))
        : member;
    return JSON.stringify(plainForm(value), show, indent);
  }
}

/** The value as somebody who reads JSON alone sees it; of streams and files, what is known of them. */
function plainForm(value: unknown): unknown {
  if (isPlain(value, limits.maxDepth, false)) return value;
  const written = writeValue(value, "result", { form: "json" });
  if (typeof written === "string") return JSON.parse(written);
  return "reason" in written ? value : JSON.parse(fill(written, () => "null"));
}

/**
 * Writes a value that came from a server, as somebody who reads JSON alone sees it.
 *
 * @param value The value.
 * @returns One line of JSON.
 */
export function writeJson(value: unknown): string {
  return JSON.stringify(plainForm(value) ?? null);
}

/** Sign, digits without zeros at either end, and exponent: equal for equal numbers. */
function normalForm(number: string): string {
  const [, sign = "", whole = "", fraction = "", exponent = "0"] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(number) ?? [];
  if (whole === "") return number; // Infinity
  const significant = `${whole}${fraction}`.replace(/^0+/, "");
  const digits = significant.replace(/0+$/, "");
  if (digits === "") return "0";
  const shift = significant.length - digits.length - fraction.length;
  return `${sign}${digits}e${Number(exponent) + shift}`;
}
