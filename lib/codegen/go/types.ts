/**
 * Types of Go.
 *
 * @module
 */

import type { Field, Literal, NamedType, Type } from "../model/model.ts";
import type { TypeNames } from "../model/plan.ts";

/**
 * Writes a type.
 *
 * @param type The type.
 * @param names The names of types.
 * @returns The type; `any` for what Go has no type for.
 */
export function typeText(type: Type, names: TypeNames): string {
  const text = (inner: Type) => typeText(inner, names);
  switch (type.kind) {
    case "boolean":
      return "bool";
    case "number":
      return "float64";
    case "integer":
      return "int64";
    case "string":
      return "string";
    case "date":
      return "time.Time";
    case "bytes":
      return "[]byte";
    case "literals":
      return literalsText(type.values);
    case "array":
      return `[]${text(type.items)}`;
    case "tuple":
      return tupleText(type.items.map(text), type.rest);
    case "record":
      return `map[string]${text(type.values)}`;
    case "union": {
      const [only, ...others] = type.members.filter(({ kind }) => kind !== "null");
      return only === undefined || others.length > 0 ? "any" : pointerTo(only, names);
    }
    case "named":
      return names.get(type.type) ?? "any";
    default:
      return "any";
  }
}

/**
 * Writes a type that may also be nothing.
 *
 * @param type The type.
 * @param names The names of types.
 * @returns A pointer; the type itself where it has `nil`.
 */
export function pointerTo(type: Type, names: TypeNames): string {
  const text = typeText(type, names);
  return hasNil(type, names) ? text : `*${text}`;
}

/** Whether the zero value of a type is `nil`. */
function hasNil(type: Type, names: TypeNames): boolean {
  if (type.kind === "named") {
    const { body } = type.type;
    return body.kind === "alias" ? hasNil(body.type, names) : !isStruct(type.type);
  }
  return /^(?:any$|\[\]|map\[|\*)/.test(typeText(type, names));
}

/** Whether an object is a struct. */
function isStruct({ body }: NamedType): boolean {
  return body.kind === "object" && areTags(body.fields);
}

/**
 * Whether Go can have a struct with fields of these names: encoding/json takes none with quotes,
 * commas and the like from a tag.
 *
 * @param fields The fields.
 * @returns False where one of them has a name that no tag can have.
 */
export function areTags(fields: readonly Field[]): boolean {
  return fields.every(({ name }) => /^[\p{L}\p{Nd}!#$%&()*+\-./:;<=>?@[\]^_{|}~ ]+$/u.test(name));
}

/** Whether a value of one type has a value of a struct inside itself, without a pointer between. */
export function holds(type: Type, target: NamedType): boolean {
  const found = [type];
  const seen = new Set<NamedType>();
  for (const each of found) {
    if (each.kind === "tuple") found.push(...each.items);
    if (each.kind !== "named" || seen.has(each.type)) continue;
    if (each.type === target) return true;
    seen.add(each.type);
    const { body } = each.type;
    if (body.kind === "alias") found.push(body.type);
    else if (isStruct(each.type)) {
      found.push(...body.fields.flatMap((field) => field.isOptional ? [] : [field.type]));
    }
  }
  return false;
}

function tupleText(items: readonly string[], rest: Type | undefined): string {
  const [first = "any"] = items;
  const isSame = items.length > 0 && rest === undefined && items.every((item) => item === first);
  return isSame ? `[${items.length}]${first}` : "[]any";
}

function literalsText(values: readonly Literal[]): string {
  const types = new Set(values.map((value) => typeof value));
  const [only] = types;
  if (types.size !== 1) return "any";
  return only === "string" ? "string" : only === "boolean" ? "bool" : "float64";
}
