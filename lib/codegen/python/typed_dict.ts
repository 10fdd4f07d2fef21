/**
 * Types with names in Python: objects are TypedDicts, so that a value is what JSON gives.
 *
 * @module
 * @see PEP 589
 */

import type { Field, NamedType, Type } from "../model/model.ts";
import type { TypeNames } from "../model/plan.ts";
import { quote } from "../text/quote.ts";
import { LINE_WIDTH } from "../text/width.ts";
import { comment, docstring } from "./docstring.ts";
import { keywords } from "./reserved.ts";
import { literalText, typeText } from "./types.ts";

/**
 * Writes a type.
 *
 * @param type The type.
 * @param names The names of types.
 * @returns Its lines.
 */
export function namedTypeLines(type: NamedType, names: TypeNames): string[] {
  const name = names.get(type) ?? "";
  const { body, doc } = type;
  if (body.kind === "alias") {
    return [...comment(doc, ""), ...aliasLines(name, body.type, names)];
  }
  const required = body.fields.filter((field) => !field.isOptional);
  const optional = body.fields.filter((field) => field.isOptional);
  if (required.length === 0) return dictLines(name, optional, true, doc, names);
  if (optional.length === 0) return dictLines(name, required, false, doc, names);
  // NotRequired came with Python 3.11.
  const base = `_${name}Required`;
  const lines = [...dictLines(base, required, false, undefined, names), "", ""];
  if (optional.every(isPlain)) {
    return [
      ...lines,
      `class ${name}(${base}, total=False):`,
      ...classDoc(doc),
      ...fieldLines(optional, names),
    ];
  }
  return [
    ...lines,
    ...dictLines(`_${name}Optional`, optional, true, undefined, names),
    "",
    "",
    `class ${name}(${base}, _${name}Optional):`,
    ...(doc === undefined ? ["    pass"] : docstring(doc, "    ")),
  ];
}

function dictLines(
  name: string,
  fields: readonly Field[],
  isOptional: boolean,
  doc: string | undefined,
  names: TypeNames,
): string[] {
  const total = isOptional ? ", total=False" : "";
  if (fields.every(isPlain)) {
    return [
      `class ${name}(TypedDict${total}):`,
      ...classDoc(doc),
      ...fieldLines(fields, names),
    ];
  }
  // A class cannot have members whose names are keywords.
  return [
    ...comment(doc, ""),
    `${name} = TypedDict(`,
    `    ${quote(name, "python")},`,
    "    {",
    ...fields.flatMap((field) => [
      ...comment(field.doc, "        "),
      `        ${quote(field.name, "python")}: ${quote(typeText(field.type, names), "python")},`,
    ]),
    "    },",
    ...(isOptional ? ["    total=False,"] : []),
    ")",
  ];
}

/** A docstring, and the blank line between it and the members. */
function classDoc(doc: string | undefined): string[] {
  const lines = docstring(doc ?? "", "    ");
  return lines.length === 0 ? [] : [...lines, ""];
}

function fieldLines(fields: readonly Field[], names: TypeNames): string[] {
  return fields.flatMap((field) => [
    ...comment(field.doc, "    "),
    `    ${field.name}: ${typeText(field.type, names)}`,
  ]);
}

/** Whether a class may have a member of this name; two underscores would make it another name. */
function isPlain({ name }: Field): boolean {
  return /^(?!__)[A-Za-z_]\w*$/.test(name) && !/[^\x20-\x7e]/.test(name) &&
    !keywords.includes(name);
}

function aliasLines(name: string, type: Type, names: TypeNames): string[] {
  const line = `${name} = ${aliasText(typeText(type, names, true))}`;
  if (line.length <= LINE_WIDTH || type.kind !== "literals") return [line];
  const values = type.values.map((value) => literalText(value));
  return [`${name} = Literal[`, ...values.map((value) => `    ${value},`), "]"];
}

/** Whether what a name stands for is read when the module begins, and needs a form that can be. */
function aliasText(text: string): string {
  return text.startsWith('"') ? `Union[${text}]` : text;
}
