/**
 * Values as programs write them.
 *
 * @module
 */

import { LINE_WIDTH } from "./width.ts";

/** How a language writes values. */
export interface LiteralStyle {
  /** Writes text, a boolean or null. */
  readonly scalar: (value: unknown) => string;
  /** Writes the name of a member. */
  readonly key: (name: string) => string;
  /** The white space of one level. */
  readonly indent: string;
  /** What stands between the braces of an object and its members. */
  readonly space: string;
}

/**
 * Writes a value.
 *
 * @param value The value.
 * @param indent The white space in front of its first line.
 * @param before How many characters stand on that line before and behind it.
 * @returns The literal; on several lines where one has no room for it.
 */
export type WriteLiteral = (value: unknown, indent?: string, before?: number) => string;

/**
 * Makes what writes values of texts, booleans, arrays, objects and null.
 *
 * @param style How the language writes them.
 * @returns The function.
 */
export function literalWriter(style: LiteralStyle): WriteLiteral {
  const onOneLine = (value: unknown): string => {
    if (typeof value !== "object" || value === null) return style.scalar(value);
    if (Array.isArray(value)) return `[${value.map(onOneLine).join(", ")}]`;
    const members = Object.entries(value).map(([name, inner]) =>
      `${style.key(name)}: ${onOneLine(inner)}`
    );
    if (members.length === 0) return "{}";
    return `{${style.space}${members.join(", ")}${style.space}}`;
  };
  const write: WriteLiteral = (value, indent = "", before = 0) => {
    const line = onOneLine(value);
    const isLong = indent.length + before + line.length > LINE_WIDTH;
    if (!isLong || typeof value !== "object" || value === null) return line;
    const inner = indent + style.indent;
    if (Array.isArray(value)) {
      const items = value.map((item) => `${inner}${write(item, inner, 1)},\n`);
      return `[\n${items.join("")}${indent}]`;
    }
    const members = Object.entries(value).map(([name, member]) => {
      const start = `${style.key(name)}: `;
      return `${inner}${start}${write(member, inner, start.length + 1)},\n`;
    });
    return `{\n${members.join("")}${indent}}`;
  };
  return write;
}
