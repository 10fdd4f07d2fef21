/**
 * Values as TypeScript writes them.
 *
 * @module
 */

import { quote } from "../text/quote.ts";

/**
 * Writes a value of texts, booleans, arrays, objects and null.
 *
 * @param value The value.
 * @returns The literal.
 */
export function literal(value: unknown): string {
  if (typeof value === "string") return quote(value, "typescript");
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  const members = Object.entries(value).map(([name, inner]) => `${key(name)}: ${literal(inner)}`);
  return members.length === 0 ? "{}" : `{ ${members.join(", ")} }`;
}

/**
 * Writes the name of a member.
 *
 * @param name The name.
 * @param isType Whether it stands in a type, where `__proto__` is a name like any other.
 * @returns The name, quoted where it has to be.
 */
export function key(name: string, isType = false): string {
  if (/^[A-Za-z_$][\w$]*$/.test(name) && (isType || name !== "__proto__")) return name;
  // As `__proto__: value` it would be no member, but where the object inherits from.
  return name === "__proto__" ? '["__proto__"]' : quote(name, "typescript");
}
