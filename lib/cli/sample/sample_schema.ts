/**
 * A Standard Schema for flat records. Your own program would use zod, valibot or arktype; five sample
 * methods do not justify one of them in the executable.
 *
 * @module
 */

import type { Schema, SchemaIssue } from "../../rpc/method/schema.ts";

/** The type of a member; one with `?` may be absent. */
export type MemberType = "number" | "string" | "string?" | "array" | "stream" | "any";

/**
 * Makes a schema for records with exactly these members.
 *
 * @param members Name to type, in the order of calls by position.
 * @returns The schema.
 */
export function record<T>(
  members: Readonly<Record<keyof T & string, MemberType>>,
): Schema<T> {
  const types = Object.entries<MemberType>(members);
  const jsonSchema = () => jsonSchemaOf(types);
  return {
    "~standard": {
      version: 1,
      vendor: "dari",
      validate: (value) => {
        const issues = issuesOf(value, types);
        return issues.length > 0 ? { issues } : { value: value as T };
      },
      jsonSchema: { input: jsonSchema, output: jsonSchema },
    },
  };
}

function issuesOf(value: unknown, types: [string, MemberType][]): SchemaIssue[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return [{ message: `expected an object with ${types.map(([name]) => name).join(", ")}` }];
  }
  const issues: SchemaIssue[] = [];
  for (const [name, type] of types) {
    const isThere = Object.hasOwn(value, name);
    if (!isThere && type.endsWith("?")) continue;
    if (!isThere) issues.push({ path: [name], message: "is missing" });
    else if (!fits((value as Record<string, unknown>)[name], type)) {
      issues.push({ path: [name], message: `expected ${type.replace("?", "")}` });
    }
  }
  for (const name in value) {
    if (!types.some(([known]) => known === name)) {
      issues.push({ path: [name], message: "is unknown" });
    }
  }
  return issues;
}

function fits(value: unknown, type: MemberType): boolean {
  switch (type) {
    case "any":
      return true;
    case "array":
      return Array.isArray(value);
    case "stream":
      return Array.isArray(value) || isStream(value);
    case "number":
      return typeof value === "number";
    case "string":
    case "string?":
      return typeof value === "string";
    default:
      return type satisfies never;
  }
}

function isStream(value: unknown): boolean {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}

function jsonSchemaOf(types: [string, MemberType][]): Record<string, unknown> {
  return {
    type: "object",
    properties: Object.fromEntries(
      types.map(([name, type]) => [name, memberSchemaOf(type)]),
    ),
    required: types.filter(([, type]) => !type.endsWith("?")).map(([name]) => name),
    additionalProperties: false,
  };
}

function memberSchemaOf(type: MemberType): Record<string, unknown> {
  if (type === "any") return {};
  // A caller without streams sends their items at once.
  return { type: type === "stream" ? "array" : type.replace("?", "") };
}
