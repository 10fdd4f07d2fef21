/**
 * Values as Python writes them.
 *
 * @module
 */

import { quote } from "../text/quote.ts";

/**
 * Writes a value of texts, arrays, objects and null.
 *
 * @param value The value.
 * @returns The literal.
 */
export function literal(value: unknown): string {
  if (value === null) return "None";
  if (typeof value === "string") return quote(value, "python");
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  const members = Object.entries(value as Record<string, unknown>);
  return `{${
    members.map(([key, inner]) => `${quote(key, "python")}: ${literal(inner)}`).join(", ")
  }}`;
}
