/**
 * The names of a document in a file of Go.
 *
 * @module
 */

import type { ErrorModel, MethodModel, Model, NamedType } from "../model/model.ts";
import { Names, pascalCase, wordsOf } from "../model/names.ts";
import { declaredNames } from "../text/runtime.ts";
import runtime from "./runtime.json" with { type: "json" };

const DECLARATION = /^(?:type|func|var|const) (\w+)/;
const METHOD_OF_CLIENT = /^func \(c \*Client\) (\w+)/;

/** Words that Go writes in capitals. */
const INITIALISMS = new Set(
  "api http https html id ip json rpc sql tcp tls udp uri url uuid xml".split(" "),
);

/** Names in the file. */
export interface GoNames {
  readonly types: ReadonlyMap<NamedType, string>;
  readonly errors: ReadonlyMap<ErrorModel, string>;
  readonly methods: ReadonlyMap<MethodModel, string>;
  /** The types of methods' params. */
  readonly params: ReadonlyMap<MethodModel, string>;
  /** Names at the top level that are still free. */
  readonly scope: Names;
}

/**
 * Finds names for what is in a document.
 *
 * @param model The document.
 * @returns A name for each method, type and error; none of them twice, and none that the client has
 * itself.
 */
export function namesOf(model: Model): GoNames {
  const scope = new Names([...declaredNames(runtime.lines, DECLARATION), "keepsKeys"]);
  const ofClient = new Names(declaredNames(runtime.lines, METHOD_OF_CLIENT));
  return {
    methods: new Map(model.methods.map((method) => [method, ofClient.take(exported(method.name))])),
    params: new Map(
      model.methods.map((method) => [method, scope.take(exported(`${method.name} params`))]),
    ),
    types: new Map(model.types.map((type) => [type, scope.take(exported(type.hint))])),
    errors: new Map(model.errors.map((error) => {
      const name = exported(error.hint);
      return [error, scope.take(name.endsWith("Error") ? name : `${name}Error`)];
    })),
    scope,
  };
}

/** A name that other packages see: it begins with a capital, which not every script has. */
export function exported(hint: string): string {
  const name = wordsOf(hint).map((word) =>
    INITIALISMS.has(word) ? word.toUpperCase() : pascalCase(word)
  ).join("");
  return /^\p{Lu}/u.test(name) ? name : `X${name}`;
}
