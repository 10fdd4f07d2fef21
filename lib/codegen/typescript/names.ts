/**
 * The names of a document in a file of TypeScript.
 *
 * @module
 */

import type { ErrorModel, MethodModel, Model, NamedType } from "../model/model.ts";
import { camelCase, Names, pascalCase } from "../model/names.ts";
import { declaredNames } from "../text/runtime.ts";
import runtime from "./runtime.json" with { type: "json" };

const DECLARATION = /^(?:export )?(?:async )?(?:function|class|const|interface|type) (\w+)/;

const KEYWORDS =
  "abstract any arguments as asserts async await bigint boolean break case catch class const " +
  "constructor continue debugger declare default delete do else enum eval export extends false " +
  "finally for from function get if implements import in infer instanceof interface is keyof let " +
  "module namespace never new null number object of package private protected public readonly " +
  "require return set static string super switch symbol this throw true try type typeof undefined " +
  "unique unknown using var void while with yield";

/** What the client has of the runtime by names that begin with a small letter. */
const GLOBALS =
  "atob btoa clearTimeout crypto encodeURIComponent fetch globalThis queueMicrotask setTimeout";

/** What types of the language and of the runtime are called. */
const TYPES =
  "Array ArrayBuffer BigInt Boolean Date Error Function JSON Map Math NaN Infinity Number Object " +
  "Promise Proxy Reflect RegExp Set String Symbol Uint8Array";

/** Names in the file. */
export interface TypeScriptNames {
  readonly types: ReadonlyMap<NamedType, string>;
  readonly errors: ReadonlyMap<ErrorModel, string>;
  readonly functions: ReadonlyMap<MethodModel, string>;
  /** The types of methods' params. */
  readonly params: ReadonlyMap<MethodModel, string>;
  /** What is known of methods. */
  readonly methods: ReadonlyMap<MethodModel, string>;
}

/**
 * Finds names for what is in a document.
 *
 * @param model The document.
 * @returns A name for each method, type and error; none of them twice, none a keyword, and none that
 * the client has itself.
 */
export function namesOf(model: Model): TypeScriptNames {
  const used = runtime.lines.join("\n").match(/\b[A-Z]\w*/g) ?? [];
  const scope = new Names([
    ...`${KEYWORDS} ${GLOBALS} ${TYPES}`.split(" "),
    ...declaredNames(runtime.lines, DECLARATION),
    ...used, // PLANS and KEEPS_KEYS too, which are written of the document
  ], "_");
  const named = <T>(things: readonly T[], name: (thing: T) => string) =>
    new Map(things.map((thing) => [thing, scope.take(name(thing))]));
  return {
    functions: named(model.methods, ({ name }) => camelCase(name)),
    params: named(model.methods, ({ name }) => pascalCase(`${name} params`)),
    types: named(model.types, ({ hint }) => pascalCase(hint)),
    errors: named(model.errors, ({ hint }) => {
      const name = pascalCase(hint);
      return name.endsWith("Error") ? name : `${name}Error`;
    }),
    methods: named(model.methods, ({ name }) => `${camelCase(name)}Method`),
  };
}
