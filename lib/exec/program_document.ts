/**
 * What a program says of its methods: the OpenRPC document that answers `rpc.discover`.
 *
 * @module
 */

import { DariError, errorTable } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { JsonSchema } from "../protocol/openrpc.ts";
import type { ProgramMethod } from "./forwarded_methods.ts";

/**
 * Reads a document. A program of twenty lines may say as little as `{"methods":[{"name":"add"}]}`.
 *
 * @param document What the program answered.
 * @returns Its methods; those of the protocol itself (`rpc.…`) are left out.
 * @throws {DariError} `data` for what is no such document, naming the part.
 *
 * @example
 * ```ts
 * import { readProgramDocument } from "./program_document.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const params = [{ name: "a", schema: { type: "number" } }, { name: "b", schema: true }];
 * const [add] = readProgramDocument({ methods: [{ name: "add", params }] });
 * assertEquals(add?.positions, ["a", "b"]);
 * ```
 */
export function readProgramDocument(document: unknown): ProgramMethod[] {
  const methods = isRecord(document) ? document.methods : undefined;
  if (!Array.isArray(methods)) throw malformed("methods", "must be a list");
  if (methods.length > limits.maxProgramMethods) {
    throw malformed(
      "methods",
      `has ${methods.length} entries, of ${limits.maxProgramMethods} at most`,
    );
  }
  return methods.map(readMethod).filter(({ name }) => !name.startsWith("rpc."));
}

function readMethod(method: unknown, index: number): ProgramMethod {
  const where = `methods[${index}]`;
  if (!isRecord(method) || typeof method.name !== "string") {
    throw malformed(where, "must have a name");
  }
  const { name, summary, params = [], result } = method;
  if (!Array.isArray(params) || !params.every(isNamed)) {
    throw malformed(`${where}.params`, "must be a list of objects with a name");
  }
  return {
    name,
    summary: typeof summary === "string" ? summary : undefined,
    ...(params.length === 0 ? {} : { params: paramsSchema(params) }),
    ...(params.length === 0 ? {} : { positions: params.map((param) => param.name) }),
    result: isRecord(result) ? schemaOf(result.schema) : undefined,
    isStream: method["x-stream"] === true,
    errors: declaredErrors(method.errors),
  };
}

interface Named {
  readonly name: string;
  readonly schema?: unknown;
  readonly required?: unknown;
}

function paramsSchema(params: readonly Named[]): JsonSchema {
  const properties = params.map(({ name, schema }) => [name, schemaOf(schema) ?? true]);
  const required = params.filter(({ required }) => required === true).map(({ name }) => name);
  return {
    type: "object",
    properties: Object.fromEntries(properties),
    ...(required.length === 0 ? {} : { required }),
  };
}

/** Those that the wire carries by their names; others have numbers that only the program knows. */
function declaredErrors(errors: unknown): Record<string, JsonSchema> {
  if (!Array.isArray(errors)) return {};
  const declared = errors.filter((error) =>
    isRecord(error) && error.code === errorTable.declared_error.wire &&
    typeof error.message === "string"
  );
  return Object.fromEntries(declared.map(({ message, data }) => [message, schemaOf(data) ?? true]));
}

function schemaOf(schema: unknown): JsonSchema | undefined {
  return isRecord(schema) || typeof schema === "boolean" ? schema : undefined;
}

function isNamed(param: unknown): param is Named {
  return isRecord(param) && typeof param.name === "string";
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function malformed(where: string, what: string): DariError {
  return new DariError("data", `The program's answer to rpc.discover: ${where} ${what}`);
}
