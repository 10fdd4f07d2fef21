/**
 * Values as TypeScript writes them.
 *
 * @module
 */

import { literalWriter, type WriteLiteral } from "../text/literal.ts";
import { quote } from "../text/quote.ts";

/** Writes a value of texts, booleans, arrays, objects and null. */
export const literal: WriteLiteral = literalWriter({
  scalar: (value) => typeof value === "string" ? quote(value, "typescript") : String(value),
  key: (name) => key(name),
  indent: "  ",
  space: " ",
});

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
