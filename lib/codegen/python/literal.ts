/**
 * Values as Python writes them.
 *
 * @module
 */

import { quote } from "../text/quote.ts";

const WIDTH = 100;

/**
 * Writes a value of texts, arrays, objects and null.
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
  const inner = `${indent}    `;
  if (Array.isArray(value)) {
    const items = value.map((item) => `${inner}${literal(item, inner, 1)},\n`);
    return `[\n${items.join("")}${indent}]`;
  }
  const members = Object.entries(value).map(([name, member]) => {
    const start = `${quote(name, "python")}: `;
    return `${inner}${start}${literal(member, inner, start.length + 1)},\n`;
  });
  return `{\n${members.join("")}${indent}}`;
}

function onOneLine(value: unknown): string {
  if (value === null) return "None";
  if (typeof value === "string") return quote(value, "python");
  if (Array.isArray(value)) return `[${value.map(onOneLine).join(", ")}]`;
  const members = Object.entries(value as Record<string, unknown>);
  return `{${
    members.map(([name, inner]) => `${quote(name, "python")}: ${onOneLine(inner)}`).join(", ")
  }}`;
}
