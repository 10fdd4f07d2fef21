/**
 * Makes types of JSON Schemas: the part of draft-07 and 2020-12 that validators write. What a schema
 * says beyond types, such as bounds, is the server's to check.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import type { JsonSchema } from "../../protocol/openrpc.ts";
import type { Body, Field, Literal, NamedType, Type } from "./model.ts";
import { followReference, isSchemaObject, type SchemaObject } from "./references.ts";
import { unionOf } from "./union.ts";

const ANY: Type = { kind: "any" };

/** Where a schema stands: what references are relative to, and what its types may be called. */
interface Place {
  readonly roots: readonly unknown[];
  readonly hint: string;
  readonly depth: number;
}

/** Reads the schemas of one document. */
export class TypeReader {
  /** The types with names, in the order in which they were met. */
  readonly types: NamedType[] = [];
  readonly #document: unknown;
  /** The types with names by their schemas, also while these are being read. */
  readonly #known = new Map<SchemaObject, NamedType>();
  /** Those of them whose bodies are being read, or have been. */
  readonly #begun = new Set<NamedType>();
  /** What references lead to, and has not been read: one after the other, however far they lead. */
  readonly #targets = new Set<() => void>();
  /** Types of schemas that stand where they are used, by name and text. */
  readonly #inline = new Map<string, NamedType>();

  /**
   * @param document The document, which references may start from.
   */
  constructor(document: unknown) {
    this.#document = document;
  }

  /**
   * Reads a schema.
   *
   * @param schema The schema; it comes from a stranger, and may be anything.
   * @param hint What its type may be called, where it needs a name.
   * @returns The type; what cannot be understood admits everything.
   */
  read(schema: unknown, hint: string): Type {
    const type = this.#read(schema, { roots: [schema, this.#document], hint, depth: 0 });
    for (const readTarget of this.#targets) {
      this.#targets.delete(readTarget);
      readTarget();
    }
    return type;
  }

  #read(schema: unknown, place: Place): Type {
    if (schema === false) return { kind: "never" };
    if (!isSchemaObject(schema) || place.depth > limits.maxSchemaDepth) return ANY;
    const type = this.#readObject(schema, { ...place, depth: place.depth + 1 });
    return schema.nullable === true ? unionOf([type, { kind: "null" }]) : type;
  }

  #readObject(schema: SchemaObject, place: Place): Type {
    if (typeof schema.$ref === "string") return this.#readReference(schema.$ref, place);
    if (Object.hasOwn(schema, "const")) return this.#literals([schema.const], schema, place);
    if (Array.isArray(schema.enum)) return this.#literals(schema.enum, schema, place);
    const branches = schema.anyOf ?? schema.oneOf;
    if (Array.isArray(branches)) {
      const union = unionOf(
        branches.map((branch) =>
          this.#read(branch, { ...place, hint: `${place.hint}${this.#kindOf(branch, place)}` })
        ),
      );
      // Branches that only restrict, such as `{ required: ["a"] }`, leave the type to their sibling.
      if (union.kind !== "any" || schema.type === undefined) return union;
    }
    if (Array.isArray(schema.allOf) && schema.allOf.length > 0) {
      return this.#readAll(schema.allOf, schema, place);
    }
    const types = [schema.type ?? impliedType(schema)].flat();
    return unionOf(types.map((type) => this.#readTyped(type, schema, place)));
  }

  #readReference(reference: string, place: Place): Type {
    const target = followReference(reference, place.roots);
    if (target === undefined || !isSchemaObject(target.schema)) {
      return target?.schema === false ? { kind: "never" } : ANY;
    }
    const known = this.#known.get(target.schema);
    if (known !== undefined) return { kind: "named", type: known };
    // A definition that a validator made up says nothing; where it stands says more.
    const isMadeUp = target.name === "" || /^_/.test(target.name);
    const hint = titleOf(target.schema) ?? (isMadeUp ? place.hint : target.name);
    const named = this.#add(hint, target.schema);
    this.#known.set(target.schema, named);
    this.#targets.add(() => {
      const type = this.#read(target.schema, { ...place, hint, depth: 0 });
      // An object has filled its name in itself.
      if (type.kind !== "named" || type.type !== named) named.body = { kind: "alias", type };
    });
    return { kind: "named", type: named };
  }

  #add(hint: string, schema: SchemaObject): NamedType {
    const named: NamedType = {
      hint,
      doc: textOf(schema.description),
      body: { kind: "alias", type: ANY },
    };
    this.types.push(named);
    return named;
  }

  #literals(values: readonly unknown[], schema: SchemaObject, place: Place): Type {
    if (!values.every(isLiteral)) return ANY;
    const unique = [...new Set(values)];
    const plain = unique.filter((value) => value !== null);
    const type: Type = plain.length === 0
      ? { kind: plain.length === unique.length ? "never" : "null" }
      : { kind: "literals", values: plain };
    const isChoice = plain.length > 1 && plain.every((value) => typeof value === "string");
    const named = isChoice ? this.#once(schema, place, () => ({ kind: "alias", type })) : type;
    return plain.length > 0 && plain.length < unique.length
      ? unionOf([named, { kind: "null" }])
      : named;
  }

  #readTyped(type: unknown, schema: SchemaObject, place: Place): Type {
    switch (type) {
      case "null":
      case "boolean":
      case "number":
      case "integer":
        return { kind: type };
      case "string":
        if (schema.contentEncoding === "base64") return { kind: "bytes" };
        return { kind: schema.format === "date-time" ? "date" : "string" };
      case "array":
        return this.#readArray(schema, place);
      case "object":
        return this.#readMembers(schema, place);
      default:
        return ANY;
    }
  }

  #readArray(schema: SchemaObject, place: Place): Type {
    const item = { ...place, hint: `${place.hint} item` };
    const first = schema.prefixItems ?? (Array.isArray(schema.items) ? schema.items : undefined);
    if (!Array.isArray(first)) {
      return { kind: "array", items: this.#read(schema.items ?? true, item) };
    }
    const others = schema.prefixItems === undefined ? schema.additionalItems : schema.items;
    const rest = this.#read(others ?? true, item);
    return {
      kind: "tuple",
      items: first.map((each) => this.#read(each, item)),
      rest: rest.kind === "never" || others === undefined && isFixed(schema, first.length)
        ? undefined
        : rest,
    };
  }

  #readMembers(schema: SchemaObject, place: Place, origin = schema): Type {
    const properties = isSchemaObject(schema.properties) ? schema.properties : {};
    const patterns = isSchemaObject(schema.patternProperties)
      ? Object.values(schema.patternProperties)
      : [];
    const open = schema.additionalProperties ?? (patterns.length > 0 ? false : undefined);
    const readOthers = () =>
      unionOf(
        [...patterns, ...(open === undefined ? [] : [open])].map((each) =>
          this.#read(each, { ...place, hint: `${place.hint} value` })
        ),
      );
    if (Object.keys(properties).length === 0) {
      const values = open === undefined ? ANY : readOthers();
      return { kind: "record", values };
    }
    return this.#once(origin, place, () => {
      const others = open === undefined ? undefined : readOthers();
      return {
        kind: "object",
        fields: this.#fieldsOf(properties, schema.required, place),
        others: others?.kind === "never" ? undefined : others,
      };
    });
  }

  #fieldsOf(properties: SchemaObject, required: unknown, place: Place): Field[] {
    const names = new Set(Array.isArray(required) ? required : []);
    return Object.entries(properties).map(([name, schema]) => ({
      name,
      type: this.#read(schema, { ...place, hint: `${place.hint} ${name}` }),
      isOptional: !names.has(name),
      doc: docOf(schema as JsonSchema),
    }));
  }

  /** One type for all schemas of one name and one text. */
  #once(schema: SchemaObject, place: Place, bodyOf: () => Body): Type {
    const hint = titleOf(schema) ?? place.hint;
    const key = JSON.stringify([hint, schema]);
    const named = this.#known.get(schema) ?? this.#inline.get(key) ?? this.#add(hint, schema);
    this.#known.set(schema, named);
    if (!this.#begun.has(named)) {
      this.#begun.add(named);
      this.#inline.set(key, named);
      named.body = bodyOf();
    }
    return { kind: "named", type: named };
  }

  /** All of several schemas: objects become one object, of other types the first that says something. */
  #readAll(parts: readonly unknown[], schema: SchemaObject, place: Place): Type {
    const { allOf: _, ...rest } = schema;
    const own = impliedType(rest) === undefined && rest.type === undefined ? [] : [rest];
    const schemas = [...parts, ...own].map((part) => this.#resolved(part, place));
    const objects = schemas.filter((part): part is SchemaObject =>
      isSchemaObject(part) && isSchemaObject(part.properties)
    );
    if (objects.length < 2) {
      const types = [...parts, ...own].map((part) => this.#read(part, place));
      return types.find((type) => type.kind !== "any") ?? ANY;
    }
    const merged = {
      ...withoutUndefined({ title: schema.title, description: schema.description }),
      type: "object",
      properties: Object.assign({}, ...objects.map((part) => part.properties)),
      required: objects.flatMap((part) => Array.isArray(part.required) ? part.required : []),
    };
    return this.#readMembers(merged, place, schema);
  }

  /** What tells an object from the other branches of its union, such as `"kind": "circle"`. */
  #kindOf(branch: unknown, place: Place): string {
    const schema = this.#resolved(branch, place);
    if (!isSchemaObject(schema) || !isSchemaObject(schema.properties)) return "";
    for (const member of Object.values(schema.properties)) {
      if (!isSchemaObject(member)) continue;
      const [only, ...others] = Array.isArray(member.enum) ? member.enum : [member.const];
      if (typeof only === "string" && others.length === 0) return ` ${only}`;
    }
    return "";
  }

  #resolved(schema: unknown, { roots }: Place): unknown {
    return isSchemaObject(schema) && typeof schema.$ref === "string"
      ? followReference(schema.$ref, roots)?.schema
      : schema;
  }
}

/** What the document says of a schema, as people read it. */
export function docOf(schema: unknown): string | undefined {
  if (!isSchemaObject(schema)) return undefined;
  const format = textOf(schema.format);
  const told = format === undefined || format === "date-time" ? undefined : `Format: ${format}.`;
  const parts = [textOf(schema.description), told].filter((part) => part !== undefined);
  return parts.length === 0 ? undefined : parts.join("\n");
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value.trim() !== "" ? value : undefined;
}

function titleOf(schema: SchemaObject): string | undefined {
  return textOf(schema.title);
}

function isLiteral(value: unknown): value is Literal {
  return value === null || ["string", "number", "boolean"].includes(typeof value);
}

function isFixed({ minItems, maxItems }: SchemaObject, length: number): boolean {
  return maxItems === length || (maxItems === undefined && minItems === length);
}

/** The type of a schema that names none, where its keywords tell. */
function impliedType(schema: SchemaObject): string | undefined {
  if (isSchemaObject(schema.properties) || schema.additionalProperties !== undefined) {
    return "object";
  }
  if (schema.items !== undefined || schema.prefixItems !== undefined) return "array";
  return schema.contentEncoding === "base64" || schema.format === "date-time"
    ? "string"
    : undefined;
}

function withoutUndefined(members: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}
