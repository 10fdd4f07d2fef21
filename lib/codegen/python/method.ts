/**
 * Methods as functions of Python.
 *
 * @module
 */

import type { Field, MethodModel } from "../model/model.ts";
import { Names, snakeCase } from "../model/names.ts";
import type { Plan } from "../model/plan.ts";
import { quote } from "../text/quote.ts";
import { LINE_WIDTH } from "../text/width.ts";
import { docstring } from "./docstring.ts";
import { literal } from "./literal.ts";
import type { PythonNames } from "./names.ts";
import { keywords } from "./reserved.ts";
import { typeText } from "./types.ts";

/** What the functions have beside the params of their methods. */
const OPTIONS = ["client", "timeout", "cancel", "idempotency_key"];

/** A param with its name in Python. */
interface Param extends Field {
  readonly python: string;
}

/**
 * Writes a method.
 *
 * @param method The method.
 * @param names The names of the file.
 * @param plan Where its result, or its items, have dates and bytes.
 * @returns Its lines: what is known of it, and the function.
 */
export function methodLines(
  method: MethodModel,
  names: PythonNames,
  plan: Plan | undefined,
): string[] {
  const name = names.functions.get(method) ?? "";
  const params = paramsOf(method, names);
  const result = typeText(method.result, names.types);
  const constant = `_method_${name}`;
  return [
    ...constantLines(constant, method, names, plan),
    "",
    "",
    `def ${name}(`,
    "    client: Client,",
    "    *,",
    ...params.map((param) => `    ${param.python}: ${paramType(param, names)},`),
    "    timeout: Optional[float] = None,",
    "    cancel: Optional[Cancellation] = None,",
    ...(method.isStream ? [] : ["    idempotency_key: Optional[str] = None,"]),
    `) -> ${method.isStream ? `Stream[${result}]` : result}:`,
    ...docstring(docOf(method, params, names), "    "),
    ...bodyLines(method, params, result, constant),
  ];
}

function paramsOf(method: MethodModel, names: PythonNames): Param[] {
  const scope = new Names([...keywords, ...OPTIONS, ...usedInside(names), "params", "result"], "_");
  return method.params.map((param) => ({ ...param, python: scope.take(snakeCase(param.name)) }));
}

/** Names of the file that a function uses behind its params. */
function usedInside({ types }: PythonNames): string[] {
  return [...types.values(), "isinstance", "datetime", "str", "bytes", "int", "float", "bool"];
}

function paramType(param: Param, names: PythonNames): string {
  const type = typeText(param.type, names.types);
  if (!param.isOptional) return type;
  return type === "Any" ? "Any = ABSENT" : `Union[${type}, Absent] = ABSENT`;
}

function constantLines(
  constant: string,
  method: MethodModel,
  names: PythonNames,
  plan: Plan | undefined,
): string[] {
  const errors = method.errors.map((error) =>
    `${quote(error.name, "python")}: ${names.errors.get(error)}`
  );
  return [
    `${constant} = _Method(`,
    `    ${quote(method.name, "python")},`,
    ...(method.isIdempotent ? ["    is_idempotent=True,"] : []),
    ...(errors.length === 0 ? [] : [`    errors={${errors.join(", ")}},`]),
    ...(plan === undefined
      ? []
      : [`    plan=${literal(plan, "    ", "plan=,".length)},`, "    plans=_PLANS,"]),
    ")",
  ];
}

function bodyLines(
  method: MethodModel,
  params: readonly Param[],
  result: string,
  constant: string,
): string[] {
  const required = params.filter((param) => !param.isOptional);
  const pair = (param: Param) => `${quote(param.name, "python")}: ${param.python}`;
  const lines = [`    params: Dict[str, Any] = {${required.map(pair).join(", ")}}`];
  for (const param of params.filter((each) => each.isOptional)) {
    lines.push(
      `    if not isinstance(${param.python}, Absent):`,
      `        params[${quote(param.name, "python")}] = ${param.python}`,
    );
  }
  if (method.isStream) {
    return [...lines, `    return Stream(client, ${constant}, params, timeout, cancel)`];
  }
  return [
    ...lines,
    ...fitted(
      `    result: ${result} = client._call(`,
      `${constant}, params, timeout, cancel, idempotency_key`,
    ),
    "    return result",
  ];
}

/** A call on one line, or on three where that is too long. */
function fitted(start: string, given: string): string[] {
  const line = `${start}${given})`;
  return line.length <= LINE_WIDTH ? [line] : [start, `        ${given}`, "    )"];
}

function docOf(method: MethodModel, params: readonly Param[], names: PythonNames): string {
  const told = params.filter((param) => param.doc !== undefined || param.python !== param.name);
  const paragraphs = [
    method.doc ?? `Calls ${JSON.stringify(method.name)}.`,
    method.deprecated === undefined ? "" : `Deprecated: ${method.deprecated}`,
    told.map((param) => {
      const wire = param.python === param.name
        ? ""
        : ` (on the wire ${JSON.stringify(param.name)})`;
      return `${param.python}${wire}: ${(param.doc ?? "").replaceAll(/\s+/g, " ")}`.replace(
        /: $/,
        "",
      );
    }).join("\n"),
    method.errors.length === 0
      ? ""
      : `Raises ${method.errors.map((error) => names.errors.get(error)).join(", ")}.`,
  ];
  return paragraphs.filter((paragraph) => paragraph !== "").join("\n\n");
}
