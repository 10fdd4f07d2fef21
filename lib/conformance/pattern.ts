/**
 * Patterns for messages: JSON values in which some places stand for many values.
 *
 * @module
 */

import { limits } from "../base/limits.ts";

/**
 * Says why a value does not fit a pattern.
 *
 * An object fits where each member that the pattern names fits; others may be there. An array fits
 * member by member. Objects with one member that begins with `$` stand for many values:
 *
 * | pattern | fits |
 * | --- | --- |
 * | `{"$is": "string"}` | every value of that type: string, number, boolean, null, object, array |
 * | `{"$in": [1, 2]}` | each of the values |
 * | `{"$absent": true}` | nothing: the member is not there |
 * | `{"$matches": "^a"}` | text that the regular expression finds something in |
 * | `{"$unordered": [1, 2]}` | an array of what fits these, in any order |
 * | `{"$save": "name"}` | anything; it is kept under the name |
 * | `{"$same": "name"}` | what was kept under the name |
 *
 * @param value The value.
 * @param pattern The pattern.
 * @param path Where the value stands, for the answer.
 * @param saved Takes what `$save` keeps, and has what `$same` names.
 * @returns What is wrong, or `undefined` where it fits.
 */
export function misfitOf(
  value: unknown,
  pattern: unknown,
  path = "message",
  saved: Map<string, unknown> = new Map(),
): string | undefined {
  if (Array.isArray(pattern)) return arrayMisfit(value, pattern, path, saved);
  if (typeof pattern !== "object" || pattern === null) {
    return Object.is(value, pattern)
      ? undefined
      : `${path} is ${textOf(value)}, wanted ${textOf(pattern)}`;
  }
  const [[name, wanted] = [], ...rest] = Object.entries(pattern);
  if (rest.length === 0 && name?.startsWith("$")) {
    return classMisfit(value, name, wanted, path, saved);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return `${path} is ${textOf(value)}, wanted an object`;
  }
  for (const [name, wanted] of Object.entries(pattern)) {
    const member = Object.hasOwn(value, name)
      ? (value as Record<string, unknown>)[name]
      : undefined;
    const misfit = misfitOf(member, wanted, `${path}.${name}`, saved);
    if (misfit !== undefined) return misfit;
  }
  return undefined;
}

function arrayMisfit(
  value: unknown,
  pattern: unknown[],
  path: string,
  saved: Map<string, unknown>,
): string | undefined {
  if (!Array.isArray(value)) return `${path} is ${textOf(value)}, wanted an array`;
  if (value.length !== pattern.length) {
    return `${path} has ${value.length} elements, wanted ${pattern.length}`;
  }
  for (const [place, wanted] of pattern.entries()) {
    const misfit = misfitOf(value[place], wanted, `${path}[${place}]`, saved);
    if (misfit !== undefined) return misfit;
  }
  return undefined;
}

function classMisfit(
  value: unknown,
  name: string,
  wanted: unknown,
  path: string,
  saved: Map<string, unknown>,
): string | undefined {
  switch (name) {
    case "$save":
      saved.set(String(wanted), value);
      return undefined;
    case "$same":
      return misfitOf(value, saved.get(String(wanted)), path, saved);
    case "$is":
      return typeOf(value) === wanted
        ? undefined
        : `${path} is ${textOf(value)}, wanted a value of type ${wanted}`;
    case "$in":
      return (wanted as unknown[]).some((one) => misfitOf(value, one, path, saved) === undefined)
        ? undefined
        : `${path} is ${textOf(value)}, wanted one of ${textOf(wanted)}`;
    case "$absent":
      return value === undefined ? undefined : `${path} is there: ${textOf(value)}`;
    case "$matches":
      return typeof value === "string" && new RegExp(String(wanted), "u").test(value)
        ? undefined
        : `${path} is ${textOf(value)}, wanted text that matches ${wanted}`;
    case "$unordered":
      return unorderedMisfit(value, wanted as unknown[], path);
    default:
      throw new TypeError(`There is no pattern "${name}"`);
  }
}

function unorderedMisfit(value: unknown, patterns: unknown[], path: string): string | undefined {
  if (!Array.isArray(value) || value.length !== patterns.length) {
    return `${path} is ${textOf(value)}, wanted ${patterns.length} elements`;
  }
  const left = [...value];
  for (const pattern of patterns) {
    const place = left.findIndex((one) => misfitOf(one, pattern) === undefined);
    if (place < 0) return `${path} has no element that fits ${textOf(pattern)}`;
    left.splice(place, 1);
  }
  return undefined;
}

function typeOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

const { maxConformanceShownLength: MAX_SHOWN } = limits;

function textOf(value: unknown): string {
  const text = JSON.stringify(value) ?? "absent";
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}
