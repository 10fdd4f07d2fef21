/**
 * The names of a document in a file of Python.
 *
 * @module
 */

import type { ErrorModel, MethodModel, Model, NamedType } from "../model/model.ts";
import { Names, pascalCase, snakeCase } from "../model/names.ts";
import { declaredNames } from "../text/runtime.ts";
import { builtins, keywords, TYPING } from "./reserved.ts";
import runtime from "./runtime.json" with { type: "json" };

const DECLARATION = /^(?:class |def |)([A-Za-z_]\w*)(?:[(:]| = |: )/;

/** Names in the file. */
export interface PythonNames {
  readonly types: ReadonlyMap<NamedType, string>;
  readonly errors: ReadonlyMap<ErrorModel, string>;
  readonly functions: ReadonlyMap<MethodModel, string>;
}

/**
 * Finds names for what is in a document.
 *
 * @param model The document.
 * @returns A name for each method, type and error; none of them twice, none a keyword, and none of the
 * client's own.
 */
export function namesOf(model: Model): PythonNames {
  const declared = declaredNames(runtime.lines, DECLARATION);
  const scope = new Names([
    ...keywords,
    ...builtins,
    ...TYPING,
    ...declared,
    ...runtime.imports.map((name) => name.split(".")[0] ?? name),
    "annotations",
  ], "_");
  // Functions first: their names are what people type.
  const functions = new Map(
    model.methods.map((method) => [method, scope.take(snakeCase(method.name))]),
  );
  const types = new Map(model.types.map((type) => [type, scope.take(pascalCase(type.hint))]));
  const errors = new Map(model.errors.map((error) => {
    const name = pascalCase(error.hint);
    return [error, scope.take(name.endsWith("Error") ? name : `${name}Error`)];
  }));
  return { types, errors, functions };
}
