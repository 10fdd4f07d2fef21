/**
 * Types of Python.
 *
 * @module
 */

import type { Literal, Type } from "../model/model.ts";
import type { TypeNames } from "../model/plan.ts";
import { quote } from "../text/quote.ts";

/**
 * Writes a type.
 *
 * @param type The type.
 * @param names The names of types.
 * @param quoted Whether names are in quotes, where Python reads them before they are there.
 * @returns An expression of `typing`.
 */
export function typeText(type: Type, names: TypeNames, quoted = false): string {
  const text = (inner: Type) => typeText(inner, names, quoted);
  switch (type.kind) {
    case "any":
      return "Any";
    case "never":
      return "Any";
    case "null":
      return "None";
    case "boolean":
      return "bool";
    case "number":
      return "float";
    case "integer":
      return "int";
    case "string":
      return "str";
    case "date":
      return "datetime.datetime";
    case "bytes":
      return "bytes";
    case "literals":
      return literalsText(type.values);
    case "array":
      return `List[${text(type.items)}]`;
    case "tuple":
      return tupleText(type, text);
    case "record":
      return `Dict[str, ${text(type.values)}]`;
    case "union":
      return unionText(type.members, text);
    case "named": {
      const name = names.get(type.type) ?? "Any";
      return quoted ? `"${name}"` : name;
    }
  }
}

function tupleText(
  { items, rest }: { items: readonly Type[]; rest: Type | undefined },
  text: (type: Type) => string,
): string {
  // Python has no tuple of some places and any number behind them.
  if (rest !== undefined) return `Tuple[${text(items.length === 0 ? rest : { kind: "any" })}, ...]`;
  return items.length === 0 ? "Tuple[()]" : `Tuple[${items.map(text).join(", ")}]`;
}

function unionText(members: readonly Type[], text: (type: Type) => string): string {
  const texts = [...new Set(members.map(text))];
  const plain = texts.filter((member) => member !== "None");
  if (texts.includes("Any")) return "Any";
  const [only = "None"] = plain;
  const union = plain.length > 1 ? `Union[${plain.join(", ")}]` : only;
  return plain.length === texts.length || plain.length === 0 ? union : `Optional[${union}]`;
}

function literalsText(values: readonly Literal[]): string {
  // PEP 586 has no literals of floats.
  if (values.some((value) => typeof value === "number" && !Number.isSafeInteger(value))) {
    return "Any";
  }
  return `Literal[${values.map(literalText).join(", ")}]`;
}

/** A value as a literal type has it. */
export function literalText(value: Literal): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  return typeof value === "string" ? quote(value, "python") : String(value);
}
