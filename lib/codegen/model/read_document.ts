/**
 * Reads an OpenRPC document, as a server or a file gives it.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import type { ErrorModel, Field, MethodModel, Model } from "./model.ts";
import { isSchemaObject, type SchemaObject } from "./references.ts";
import { docOf, TypeReader } from "./type_reader.ts";
import { breakAliasCircles } from "./union.ts";

/** The code of errors that methods declare: docs/wire.md, "Declared errors". */
const DECLARED = -32020;

/**
 * Reads a document.
 *
 * @param document The document; it comes from a stranger, and what is odd in it admits everything.
 * @returns Its methods in the order of their names, and what they need.
 * @throws {DariError} `data` where it is no OpenRPC document, or has two methods of one name.
 */
export function readDocument(document: unknown): Model {
  const { info, methods } = checked(document);
  const types = new TypeReader(document);
  const errors = new Errors(types, methods);
  const read = methods.map((method) => readMethod(method, types, errors));
  breakAliasCircles(types.types);
  return {
    title: typeof info.title === "string" ? info.title : "",
    version: typeof info.version === "string" ? info.version : "",
    keepsKeys: (document as SchemaObject)["x-idempotency-keys"] === true,
    methods: read,
    types: types.types,
    errors: errors.all,
  };
}

interface Checked {
  readonly info: SchemaObject;
  readonly methods: readonly (SchemaObject & { readonly name: string })[];
}

function checked(document: unknown): Checked {
  if (!isSchemaObject(document) || typeof document.openrpc !== "string") {
    throw new DariError("data", "This is not an OpenRPC document: it has no member openrpc");
  }
  const { methods, info } = document;
  if (!Array.isArray(methods)) {
    throw new DariError("data", "This is not an OpenRPC document: methods is not an array");
  }
  const known = new Set<string>();
  for (const method of methods) {
    if (!isSchemaObject(method) || typeof method.name !== "string") {
      throw new DariError("data", "The document has a method without a name");
    }
    if (known.has(method.name)) {
      throw new DariError("data", `The document has two methods called "${method.name}"`);
    }
    known.add(method.name);
  }
  return {
    info: isSchemaObject(info) ? info : {},
    methods: [...methods].sort((a, b) => a.name < b.name ? -1 : 1),
  };
}

function readMethod(
  method: SchemaObject & { readonly name: string },
  types: TypeReader,
  errors: Errors,
): MethodModel {
  const { name, summary, description, result } = method;
  const isStream = method["x-stream"] === true;
  const schema = isSchemaObject(result) ? result.schema : true;
  const advice = method["x-deprecated"];
  return {
    name,
    doc: [summary, description].find((text) => typeof text === "string" && text !== "") as
      | string
      | undefined,
    params: paramsOf(method, types),
    result: types.read(schema, `${name} ${isStream ? "item" : "result"}`),
    isStream,
    isIdempotent: method["x-idempotent"] === true,
    deprecated: method.deprecated === true
      ? (typeof advice === "string" ? advice : "It is deprecated.")
      : undefined,
    errors: errors.of(method),
  };
}

function paramsOf({ name, params }: SchemaObject & { readonly name: string }, types: TypeReader) {
  const found = new Map<string, Field>();
  for (const param of Array.isArray(params) ? params : []) {
    if (!isSchemaObject(param) || typeof param.name !== "string") {
      throw new DariError("data", `The method "${name}" has a param without a name`);
    }
    if (found.has(param.name)) {
      throw new DariError("data", `The method "${name}" has two params called "${param.name}"`);
    }
    found.set(param.name, {
      name: param.name,
      type: types.read(param.schema ?? true, `${name} ${param.name}`),
      isOptional: param.required !== true,
      doc: docOf(param) ?? docOf(param.schema),
    });
  }
  return [...found.values()];
}

/** The errors of all methods; the same name with the same details is one error. */
class Errors {
  readonly all: ErrorModel[] = [];
  readonly #types: TypeReader;
  readonly #known = new Map<string, ErrorModel>();
  /** Names under which methods declare different details. */
  readonly #ambiguous: ReadonlySet<string>;

  constructor(types: TypeReader, methods: readonly SchemaObject[]) {
    this.#types = types;
    const details = new Map<string, string>();
    const ambiguous = new Set<string>();
    for (const { name, data } of methods.flatMap(declaredBy)) {
      const text = JSON.stringify(data);
      if ((details.get(name) ?? text) !== text) ambiguous.add(name);
      details.set(name, text);
    }
    this.#ambiguous = ambiguous;
  }

  of(method: SchemaObject & { readonly name: string }): ErrorModel[] {
    return declaredBy(method).map(({ name, data }) => {
      const key = JSON.stringify([name, data]);
      const known = this.#known.get(key);
      if (known !== undefined) return known;
      const hint = this.#ambiguous.has(name) ? `${method.name} ${name}` : name;
      const error = { name, hint, details: this.#types.read(data, `${hint} details`) };
      this.#known.set(key, error);
      this.all.push(error);
      return error;
    });
  }
}

function declaredBy({ errors }: SchemaObject): { name: string; data: unknown }[] {
  const found = new Map<string, unknown>();
  for (const error of Array.isArray(errors) ? errors : []) {
    if (!isSchemaObject(error) || error.code !== DECLARED) continue;
    if (typeof error.message === "string") found.set(error.message, error.data ?? true);
  }
  return Array.from(found, ([name, data]) => ({ name, data }));
}
