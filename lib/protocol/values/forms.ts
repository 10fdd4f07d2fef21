/**
 * Makes values of their plain forms: one row for each type that is not memory and not a stream.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import { parseDateTime } from "./date_time.ts";

/** Stands for the value of a plain form that does not fit its type. */
export const MISFIT: unique symbol = Symbol("misfit");

/** Makes the value of a plain form; {@linkcode MISFIT} where the form is not one of the type. */
export type Form = (plain: unknown) => unknown;

/** The types by name. */
export const forms: ReadonlyMap<string, Form> = new Map<string, Form>([
  ["date", dateOf],
  ["bigint", bigintOf],
  ["number", numberOf],
  ["undefined", (plain) => plain === null ? undefined : MISFIT],
  ["map", mapOf],
  ["set", (plain) => Array.isArray(plain) ? new Set(plain) : MISFIT],
  ["url", urlOf],
  ["error", errorOf],
]);

function dateOf(plain: unknown): unknown {
  if (plain === null) return new Date(NaN);
  return typeof plain === "string" ? parseDateTime(plain) ?? MISFIT : MISFIT;
}

const DECIMAL = /^-?(?:0|[1-9]\d*)$/;
const { maxBigintDigits } = limits;

function bigintOf(plain: unknown): unknown {
  // A sign is one character more.
  if (typeof plain !== "string" || plain.length > maxBigintDigits + 1) return MISFIT;
  return DECIMAL.test(plain) ? BigInt(plain) : MISFIT;
}

const numbers: ReadonlyMap<unknown, number> = new Map([
  ["NaN", NaN],
  ["Infinity", Infinity],
  ["-Infinity", -Infinity],
  ["-0", -0],
]);

function numberOf(plain: unknown): unknown {
  return numbers.get(plain) ?? MISFIT;
}

function mapOf(plain: unknown): unknown {
  if (!Array.isArray(plain)) return MISFIT;
  const isEntry = (entry: unknown) => Array.isArray(entry) && entry.length === 2;
  return plain.every(isEntry) ? new Map(plain) : MISFIT;
}

function urlOf(plain: unknown): unknown {
  return typeof plain === "string" && URL.canParse(plain) ? new URL(plain) : MISFIT;
}

/** The classes of errors that the language has, by name; others arrive as an Error with their name. */
const errorClasses: ReadonlyMap<string, ErrorConstructor> = new Map(
  [EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError].map((
    constructor,
  ) => [constructor.name, constructor]),
);

function errorOf(plain: unknown): unknown {
  if (typeof plain !== "object" || plain === null) return MISFIT;
  const member = (key: string): unknown =>
    Object.hasOwn(plain, key) ? (plain as Record<string, unknown>)[key] : undefined;
  const [name, message, code] = [member("name"), member("message"), member("code")];
  if (typeof name !== "string" || typeof message !== "string") return MISFIT;
  if (code !== undefined && typeof code !== "string" && typeof code !== "number") return MISFIT;
  const cause = member("cause");
  const options = cause === undefined ? undefined : { cause };
  const error = new (errorClasses.get(name) ?? Error)(message, options);
  if (error.name !== name) {
    Object.defineProperty(error, "name", { value: name, configurable: true, writable: true });
  }
  // Its stack is of here; how the value was read explains nothing.
  error.stack = `${name}: ${message}`;
  return Object.assign(error, withoutUndefined({ code, data: member("data") }));
}

function withoutUndefined(members: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}
