/**
 * Methods as functions of TypeScript.
 *
 * @module
 */

import { type MethodModel, someType } from "../model/model.ts";
import type { Plan } from "../model/plan.ts";
import { quote } from "../text/quote.ts";
import { LINE_WIDTH } from "../text/width.ts";
import { comment } from "./comment.ts";
import { key, literal } from "./literal.ts";
import type { TypeScriptNames } from "./names.ts";
import { partsOf, typeText } from "./types.ts";

/**
 * Writes a method.
 *
 * @param method The method.
 * @param names The names of the file.
 * @param plan Where its result, or its items, have dates and bytes.
 * @returns Its lines: the function, and what is known of the method.
 */
export function methodLines(
  method: MethodModel,
  names: TypeScriptNames,
  plan: Plan | undefined,
): string[] {
  const constant = names.methods.get(method) ?? "";
  const result = typeText(method.result, names.types);
  const { params, isStream } = method;
  const given = params.length === 0 ? "{}" : "params";
  const called = isStream
    ? `client.open(${constant}, ${given}, options)`
    : `await client.run(${constant}, ${given}, options)`;
  const cast = isStream ? [`Stream<${result}>`] : partsOf(method.result, names.types);
  return [
    ...comment(docOf(method, names), ""),
    `export ${isStream ? "" : "async "}function ${names.functions.get(method)}(`,
    "  client: Client,",
    ...(params.length === 0 ? [] : [`  params: ${names.params.get(method)}${emptyOf(method)},`]),
    `  options: ${isStream ? "StreamOptions" : "CallOptions"} = {},`,
    `): ${isStream ? "Stream" : "Promise"}<${result}> {`,
    ...returnLines(called, result === "unknown" ? [] : cast),
    "}",
    "",
    ...constantLines(constant, method, names, plan),
  ];
}

function returnLines(called: string, cast: readonly string[]): string[] {
  const line = `  return ${called}${cast.length === 0 ? "" : ` as ${cast.join(" | ")}`};`;
  if (line.length <= LINE_WIDTH || cast.length < 2) return [line];
  const parts = cast.map((part) => `    | ${part}`);
  return [`  return ${called} as`, ...parts.slice(0, -1), `${parts.at(-1)};`];
}

/** Params without required members may be left out. */
function emptyOf({ params }: MethodModel): string {
  return params.every(({ isOptional }) => isOptional) ? " = {}" : "";
}

function constantLines(
  constant: string,
  method: MethodModel,
  names: TypeScriptNames,
  plan: Plan | undefined,
): string[] {
  const errors = method.errors.map((error) => `${key(error.name)}: ${names.errors.get(error)}`);
  const hasBytes = method.params.some(({ type }) =>
    someType(type, ({ kind }) => kind === "any" || kind === "bytes")
  );
  return [
    `const ${constant}: Method = {`,
    `  name: ${quote(method.name, "typescript")},`,
    ...(method.isIdempotent ? ["  isIdempotent: true,"] : []),
    ...(hasBytes ? ["  hasBytes: true,"] : []),
    ...(errors.length === 0 ? [] : [`  errors: () => ({ ${errors.join(", ")} }),`]),
    ...(plan === undefined ? [] : [`  plan: ${literal(plan, "  ", "plan: ,".length)},`]),
    "};",
  ];
}

function docOf(method: MethodModel, names: TypeScriptNames): string {
  const { doc, deprecated, errors } = method;
  const tags = [
    ...errors.map((error) => `@throws {${names.errors.get(error)}}`),
    ...(deprecated === undefined ? [] : [`@deprecated ${deprecated}`]),
  ];
  const text = doc ?? `Calls ${JSON.stringify(method.name)}.`;
  return tags.length === 0 ? text : `${text}\n\n${tags.join("\n")}`;
}
