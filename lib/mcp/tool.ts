/**
 * Methods as tools: what a model is told of each.
 *
 * @module
 */

import { limits } from "../base/limits.ts";
import type { JsonSchema, MethodObject } from "../protocol/openrpc.ts";

/** A tool, as `tools/list` tells it. */
export interface Tool {
  /** The name of the method. */
  readonly name: string;
  /** What it is for. */
  readonly description?: string;
  /** The schema of its arguments. */
  readonly inputSchema: Readonly<Record<string, unknown>>;
  /** The schema of `structuredContent`; absent where nothing is known of the result. */
  readonly outputSchema?: Readonly<Record<string, unknown>>;
  /** What a client may think of it before it calls. */
  readonly annotations?: { readonly idempotentHint: true };
}

/** How the result of a method becomes `structuredContent`, which older clients take as objects alone. */
export type Structure = "object" | "wrapped" | "items" | "tool" | "unknown";

/** Marks the schema of a result that is the result of a tool already. */
export const TOOL_RESULT_MARK = "x-mcp-result";

const NAME = new RegExp(`^[A-Za-z0-9_.-]{1,${limits.maxMcpNameLength}}$`);

/**
 * Whether a method's name can be that of a tool.
 *
 * @param name The name.
 * @see {@link https://modelcontextprotocol.io/specification/2026-07-28/server/tools | Tool names}
 */
export function isToolName(name: string): boolean {
  return NAME.test(name);
}

/**
 * Describes a method as a tool.
 *
 * @param method The method, as OpenRPC describes it.
 * @returns The tool.
 *
 * @example
 * ```ts
 * import { toolOf } from "./tool.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const number = { type: "number" };
 * const tool = toolOf({
 *   name: "double",
 *   summary: "Doubles a number",
 *   params: [{ name: "n", schema: number, required: true }],
 *   result: { name: "result", schema: number },
 *   "x-public": false,
 *   "x-stream": false,
 * });
 * assertEquals(tool.inputSchema, { type: "object", properties: { n: number }, required: ["n"] });
 * assertEquals(tool.outputSchema?.properties, { result: number });
 * ```
 */
export function toolOf(method: MethodObject): Tool {
  const description = descriptionOf(method);
  const outputSchema = outputSchemaOf(method);
  return {
    name: method.name,
    ...(description === "" ? {} : { description }),
    inputSchema: inputSchemaOf(method),
    ...(outputSchema === undefined ? {} : { outputSchema }),
    ...(method["x-idempotent"] ? { annotations: { idempotentHint: true } } : {}),
  };
}

/**
 * Says how the result of a method is structured.
 *
 * @param method The method.
 */
export function structureOf({ result: { schema }, "x-stream": isStream }: MethodObject): Structure {
  if (isStream) return "items";
  if (typeof schema === "boolean") return "unknown";
  if (schema[TOOL_RESULT_MARK] === true) return "tool";
  if (schema.type === "object") return "object";
  return Object.keys(schema).length === 0 ? "unknown" : "wrapped";
}

function descriptionOf({ summary = "", errors = [], deprecated, ...more }: MethodObject): string {
  const names = errors.map(({ message }) => message).join(", ");
  const instead = more["x-deprecated"];
  return [
    summary,
    names && `Fails with: ${names}.`,
    deprecated ? `Deprecated${instead ? `: ${instead}` : ""}` : "",
  ].filter(Boolean).join("\n");
}

function inputSchemaOf({ params }: MethodObject): Record<string, unknown> {
  if (params.length === 0) return { type: "object" };
  const required = params.filter(({ required }) => required === true).map(({ name }) => name);
  return {
    type: "object",
    properties: Object.fromEntries(params.map(({ name, schema }) => [name, asObject(schema)])),
    ...(required.length === 0 ? {} : { required }),
  };
}

function outputSchemaOf(method: MethodObject): Record<string, unknown> | undefined {
  const { result: { schema } } = method;
  switch (structureOf(method)) {
    case "object":
      return schema as Record<string, unknown>;
    case "wrapped":
      return around(schema, (inner) => ({ properties: { result: inner }, required: ["result"] }));
    case "items":
      return around(schema, (inner) => ({
        properties: { items: { type: "array", items: inner }, cut: { type: "boolean" } },
        required: ["items"],
      }));
    case "tool":
      return toolSchemaIn(schema);
    case "unknown":
      return undefined;
  }
}

/** Puts a schema inside another. What its references point to by way of the root stays at the root. */
function around(
  schema: JsonSchema,
  put: (inner: JsonSchema) => Record<string, unknown>,
): Record<string, unknown> | undefined {
  if (typeof schema === "boolean") return { type: "object", ...put(asObject(schema)) };
  const { $schema, $defs, definitions, ...inner } = schema;
  const rest = JSON.stringify(schema);
  if (/"\$ref":"#(?!\/(?:\$defs|definitions)\/)/.test(rest)) return undefined;
  return {
    ...($schema === undefined ? {} : { $schema }),
    type: "object",
    ...put(inner),
    ...($defs === undefined ? {} : { $defs }),
    ...(definitions === undefined ? {} : { definitions }),
  };
}

/** Some clients take no boolean as a schema, though JSON Schema has them. */
function asObject(schema: JsonSchema): Record<string, unknown> {
  return typeof schema === "boolean" ? (schema ? {} : { not: {} }) : schema;
}

/** The schema that the tool behind a method gave for its structured content. */
function toolSchemaIn(schema: JsonSchema): Record<string, unknown> | undefined {
  const { properties } = schema as { properties?: Record<string, unknown> };
  const structured = properties?.structuredContent;
  return typeof structured === "object" && structured !== null
    ? structured as Record<string, unknown>
    : undefined;
}
