/**
 * Values as TypeScript writes them.
 *
 * @module
 */

import { quote } from "../text/quote.ts";

const WIDTH = 100;

/**
 * Writes a value of texts, booleans, arrays, objects and null.
 *
 * @param value The value.
 * @param indent The white space in front of its first line.
 * @param before How many characters stand on that line before and behind it.
 * @returns The literal; on several lines where one has no room for it.
 */
export function literal(value: unknown, indent = "", before = 0): string {
  const line = onOneLine(value);
  const isLong = indent.length + before + line.length > WIDTH;
  if (!isLong || typeof value !== "object" || value === null) return line;
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    const items = value.map((item) => `${inner}${literal(item, inner, 1)},\n`);
    return `[\n${items.join("")}${indent}]`;
  }
  const members = Object.entries(value).map(([name, member]) => {
    const start = `${key(name)}: `;
    return `${inner}${start}${literal(member, inner, start.length + 1)},\n`;
  });
  return `{\n${members.join("")}${indent}}`;
}

function onOneLine(value: unknown): string {
  if (typeof value === "string") return quote(value, "typescript");
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) return `[${value.map(onOneLine).join(", ")}]`;
  const members = Object.entries(value).map(([name, inner]) => `${key(name)}: ${onOneLine(inner)}`);
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
