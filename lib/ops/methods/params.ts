/**
 * The params of the methods for administrators.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";

/** The types that a member of params may have. */
interface Kinds {
  readonly text: string;
  readonly texts: readonly string[];
  readonly flag: boolean;
  readonly count: number;
}

/** What the params of a method may have, by name. */
export type ParamKinds = Readonly<Record<string, keyof Kinds>>;

/** The params that such a table describes. */
export type ReadParams<T extends ParamKinds> = {
  readonly [N in keyof T]?: Kinds[T[N]];
};

const EXPECTED: Readonly<Record<keyof Kinds, string>> = {
  text: `a text of at most ${limits.maxOperationTextLength} characters`,
  texts: `a list of at most ${limits.maxOperationTexts} texts`,
  flag: "true or false",
  count: "a whole number from 0",
};

/**
 * Reads params; every member may be missing, and no other one may be there.
 *
 * @param params As they came.
 * @param kinds What they may have.
 * @returns The params.
 * @throws {DariError} `invalid_params`, naming the member that is wrong.
 *
 * @example
 * ```ts
 * import { readParams } from "./params.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(readParams({ who: "alice" }, { who: "text", what: "flag" }).who, "alice");
 * ```
 */
export function readParams<const T extends ParamKinds>(params: unknown, kinds: T): ReadParams<T> {
  if (params === undefined || params === null) return {};
  if (typeof params !== "object" || Array.isArray(params)) {
    throw new DariError("invalid_params", "Send the params by name, as an object");
  }
  for (const [name, value] of Object.entries(params)) {
    const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
    if (kind === undefined) {
      const known = Object.keys(kinds).join(", ");
      throw new DariError("invalid_params", `There is no param ${JSON.stringify(name)}: ${known}`);
    }
    if (!fits[kind](value)) {
      throw new DariError("invalid_params", `"${name}" must be ${EXPECTED[kind]}`);
    }
  }
  return params as ReadParams<T>;
}

const fits: Readonly<Record<keyof Kinds, (value: unknown) => boolean>> = {
  text: isText,
  texts: (value) =>
    Array.isArray(value) && value.length <= limits.maxOperationTexts && value.every(isText),
  flag: (value) => typeof value === "boolean",
  count: (value) => Number.isSafeInteger(value) && (value as number) >= 0,
};

/**
 * Gives a param that may not be missing.
 *
 * @param params The params.
 * @param name The name of the param.
 * @throws {DariError} `invalid_params` where it is missing.
 */
export function needed<T, N extends keyof T & string>(params: T, name: N): NonNullable<T[N]> {
  const value = params[name];
  if (value !== undefined && value !== null) return value;
  throw new DariError("invalid_params", `"${name}" is missing`);
}

function isText(value: unknown): boolean {
  return typeof value === "string" && value.length <= limits.maxOperationTextLength;
}
