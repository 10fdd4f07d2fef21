/**
 * Writes a client in Go, 1.19 and later, of its standard library alone.
 *
 * @module
 */

import type { ErrorModel, MethodModel, Model, Type } from "../model/model.ts";
import type { Frame } from "../text/frame.ts";
import { quote } from "../text/quote.ts";
import { comment } from "./layout.ts";
import { type GoNames, namesOf } from "./names.ts";
import runtime from "./runtime.json" with { type: "json" };
import { fieldNames, namedTypeLines, structLines } from "./struct.ts";
import { typeText } from "./types.ts";

/**
 * Writes a client.
 *
 * @param model What it is written from.
 * @param frame What stands around it.
 * @returns The text of a file.
 */
export function writeGo(model: Model, { header, trailer, packageName }: Frame): string {
  const names = namesOf(model);
  const [first = "", ...rest] = header;
  const lead = `Package ${packageName} ${first.slice(0, 1).toLowerCase()}${first.slice(1)}`;
  const parts = [
    [
      ...comment([lead, ...rest].join("\n")),
      `package ${packageName}`,
      "",
      "import (",
      ...runtime.imports.map((path) => `\t"${path}"`),
      ")",
    ],
    ...model.methods.map((method) => methodLines(method, names)),
    ...model.types.map((type) => namedTypeLines(type, names)),
    ...model.errors.map((error) => errorLines(error, names)),
    [
      "// The client: the same in every file that dari makes.",
      "",
      "// keepsKeys says whether the server remembers the answers of calls with a key.",
      `const keepsKeys = ${model.keepsKeys}`,
    ],
    runtime.lines,
    trailer.map((line) => `// ${line}`),
  ];
  return `${parts.map((part) => part.join("\n")).join("\n\n")}\n`;
}

function methodLines(method: MethodModel, names: GoNames): string[] {
  const name = names.methods.get(method) ?? "";
  const { params, isStream } = method;
  const type = names.params.get(method) ?? "";
  const constant = `method${name}`;
  const given = params.length === 0 ? "nil" : "params";
  const result = typeText(method.result, names.types);
  const options = isStream ? "" : ", options ...CallOptions";
  const takes = params.length === 0 ? "" : `, params ${type}`;
  const struct = structLines(type, params, `${type} are the params of ${name}.`, names);
  return [
    ...comment(docOf(method, name, names)),
    `func (c *Client) ${name}(ctx context.Context${takes}${options}) ` +
    `(${isStream ? `*Stream[${result}]` : result}, error) {`,
    ...emptyLines(method, names),
    isStream
      ? `\treturn openStream[${result}](ctx, c, ${constant}, ${given}, defaultCredit)`
      : `\treturn call[${result}](ctx, c, ${constant}, ${given}, options)`,
    "}",
    "",
    constantLine(constant, method, names),
    ...(params.length === 0 ? [] : ["", ...struct]),
  ];
}

/** An array that is required and was not set is empty: nil would be sent as null. */
function emptyLines({ params }: MethodModel, names: GoNames): string[] {
  const fields = fieldNames(params);
  return params.flatMap(({ type, isOptional }, at) => {
    const text = typeText(type, names.types);
    if (isOptional || !isCollection(type, names)) return [];
    return [
      `\tif params.${fields[at]} == nil {`,
      `\t\tparams.${fields[at]} = ${text}{}`,
      "\t}",
    ];
  });
}

function isCollection(type: Type, names: GoNames): boolean {
  if (type.kind === "named") {
    const { body } = type.type;
    return body.kind === "alias" && isCollection(body.type, names);
  }
  return /^(?:\[\]|map\[)/.test(typeText(type, names.types)) && type.kind !== "union";
}

function constantLine(constant: string, method: MethodModel, names: GoNames): string {
  const errors = method.errors.map((error) =>
    `${quote(error.name, "go")}: new${names.errors.get(error)}`
  );
  const parts = [
    `name: ${quote(JSON.stringify(method.name.toWellFormed()), "go")}`,
    ...(method.isIdempotent ? ["isIdempotent: true"] : []),
    ...(errors.length === 0 ? [] : [`errors: map[string]errorMaker{${errors.join(", ")}}`]),
  ];
  return `var ${constant} = &method{${parts.join(", ")}}`;
}

function errorLines(error: ErrorModel, names: GoNames): string[] {
  const name = names.errors.get(error) ?? "";
  return [
    ...comment(`${name} is the error ${JSON.stringify(error.name)}.`),
    `type ${name} struct {`,
    "\t// Cause is the error as every method may have it.",
    "\tCause *Error",
    "",
    "\t// Details is what the error says.",
    `\tDetails ${typeText(error.details, names.types)}`,
    "}",
    "",
    "// Error gives name and message.",
    `func (e *${name}) Error() string { return e.Cause.Error() }`,
    "",
    "// Unwrap gives the error as every method may have it.",
    `func (e *${name}) Unwrap() error { return e.Cause }`,
    "",
    `func new${name}(e *Error, details json.RawMessage) error {`,
    `\tdeclared := &${name}{Cause: e}`,
    "\tif json.Unmarshal(details, &declared.Details) != nil {",
    "\t\treturn e",
    "\t}",
    "\treturn declared",
    "}",
  ];
}

function docOf(method: MethodModel, name: string, names: GoNames): string {
  const { doc, deprecated, errors } = method;
  const failures = errors.map((error) => `*${names.errors.get(error)}`).join(" or ");
  return [
    `${name} calls ${JSON.stringify(method.name)}${doc === undefined ? "." : `: ${doc}`}`,
    failures === "" ? "" : `It may fail with ${failures}.`,
    deprecated === undefined ? "" : `Deprecated: ${deprecated}`,
  ].filter((part) => part !== "").join("\n\n");
}
