/**
 * Types with names in Go.
 *
 * @module
 */

import type { Field, NamedType, Type } from "../model/model.ts";
import { Names } from "../model/names.ts";
import { quote } from "../text/quote.ts";
import { columns, comment } from "./layout.ts";
import { exported, type GoNames } from "./names.ts";
import { areTags, holds, pointerTo, typeText } from "./types.ts";

/**
 * Writes a type.
 *
 * @param type The type.
 * @param names The names of the file.
 * @returns Its lines.
 */
export function namedTypeLines(type: NamedType, names: GoNames): string[] {
  const name = names.types.get(type) ?? "";
  const { body, doc } = type;
  if (body.kind === "object") return structLines(name, body.fields, doc, names, type);
  const text = typeText(body.type, names.types);
  const { type: inner } = body;
  if (inner.kind === "literals" && text === "string") {
    return [
      ...comment(doc),
      `type ${name} string`,
      "",
      ...constantLines(name, inner.values, names),
    ];
  }
  // What is no type of its own in Go would lose what Go does with it, for instance with time.Time.
  const isOwn = text.startsWith("[]") && text !== "[]byte" || text.startsWith("map[");
  const told = text === "any" ? `${doc ?? ""}\n${alternativesOf(name, inner, names)}` : doc;
  return [...comment(told), `type ${name} ${isOwn ? "" : "= "}${text}`];
}

/**
 * Writes a struct.
 *
 * @param name Its name.
 * @param fields Its fields.
 * @param doc What is said of it.
 * @param names The names of the file.
 * @param own The type that it is of, which cannot be inside itself.
 * @returns Its lines.
 */
export function structLines(
  name: string,
  fields: readonly Field[],
  doc: string | undefined,
  names: GoNames,
  own?: NamedType,
): string[] {
  if (!areTags(fields)) {
    const reason = `${name} has members whose names no tag of Go can have.`;
    return [...comment(`${doc ?? ""}\n${reason}`), `type ${name} map[string]any`];
  }
  const scope = new Names([]);
  const rows = fields.map((field) => {
    const isPointer = field.isOptional || (own !== undefined && holds(field.type, own));
    const type = (isPointer ? pointerTo : typeText)(field.type, names.types);
    const told = type.endsWith("any") && field.type.kind === "union"
      ? `${field.doc ?? ""}\n${alternativesOf("It", field.type, names)}`
      : field.doc;
    // A comma keeps the name "-" from meaning that there is no member.
    const tag = `${field.name === "-" ? "-," : field.name}${field.isOptional ? ",omitempty" : ""}`;
    return {
      comment: comment(told, "\t"),
      cells: [scope.take(exported(field.name)), type, `\`json:"${tag}"\``],
    };
  });
  return [...comment(doc), `type ${name} struct {`, ...columns(rows), "}"];
}

/**
 * The names of a struct's fields in Go.
 *
 * @param fields The fields.
 * @returns The names, in order.
 */
export function fieldNames(fields: readonly Field[]): string[] {
  const scope = new Names([]);
  return fields.map((field) => scope.take(exported(field.name)));
}

function constantLines(name: string, values: readonly unknown[], names: GoNames): string[] {
  const rows = values.map((value) => ({
    comment: [],
    cells: [
      names.scope.take(exported(`${name} ${value}`)),
      name,
      `= ${quote(String(value), "go")}`,
    ],
  }));
  return [`// The values of ${name}.`, "const (", ...columns(rows), ")"];
}

/** Go has no unions: a comment says what a value may be. */
function alternativesOf(name: string, type: Type, names: GoNames): string {
  if (type.kind !== "union") return `${name} is any value.`;
  const texts = type.members.map((member) =>
    member.kind === "null" ? "nil" : typeText(member, names.types)
  );
  return `${name} is one of ${[...new Set(texts)].join(", ")}; see As.`;
}
