/**
 * Writes a client in TypeScript, for Deno, Node, Bun and browsers.
 *
 * @module
 */

import type { ErrorModel, Field, Model, NamedType } from "../model/model.ts";
import { Planner, type TypeNames } from "../model/plan.ts";
import type { Frame } from "../text/frame.ts";
import { LINE_WIDTH } from "../text/width.ts";
import { comment } from "./comment.ts";
import { key, literal } from "./literal.ts";
import { methodLines } from "./method.ts";
import { namesOf, type TypeScriptNames } from "./names.ts";
import runtime from "./runtime.json" with { type: "json" };
import { partsOf, typeText } from "./types.ts";

/**
 * Writes a client.
 *
 * @param model What it is written from.
 * @param frame What stands around it.
 * @returns The text of a module.
 */
export function writeTypeScript(model: Model, { header, trailer }: Frame): string {
  const names = namesOf(model);
  const planner = new Planner(names.types, false);
  const methods = model.methods.map((method) => [
    ...interfaceLines(names.params.get(method) ?? "", method.params, undefined, names.types)
      .slice(method.params.length === 0 ? Infinity : 0),
    ...(method.params.length === 0 ? [] : [""]),
    ...methodLines(method, names, planner.of(method.result)),
  ]);
  const errors = model.errors.map((error) => errorLines(error, names, planner));
  const parts = [
    comment(`${header.join("\n")}\n\n@module`, ""),
    ...methods,
    ...model.types.map((type) => namedTypeLines(type, names.types)),
    ["// The client: the same in every file that dari makes.", "", ...runtime.lines],
    ...errors,
    plansLines(planner),
    [
      "/** Whether the server remembers the answers of calls with a key. */",
      `const KEEPS_KEYS: boolean = ${model.keepsKeys};`,
    ],
    trailer.map((line) => `// ${line}`),
  ];
  return `${parts.map((part) => part.join("\n")).join("\n\n")}\n`;
}

function namedTypeLines(type: NamedType, names: TypeNames): string[] {
  const name = names.get(type) ?? "";
  const { body, doc } = type;
  if (body.kind === "object") {
    const others = body.others === undefined ? [] : ["  readonly [name: string]: unknown;"];
    const lines = interfaceLines(name, body.fields, doc, names);
    return [...lines.slice(0, -1), ...others, "}"];
  }
  return [
    ...comment(doc, ""),
    ...unionLines(`export type ${name} =`, partsOf(body.type, names), ""),
  ];
}

function interfaceLines(
  name: string,
  fields: readonly Field[],
  doc: string | undefined,
  names: TypeNames,
): string[] {
  return [
    ...comment(doc, ""),
    `export interface ${name} {`,
    ...fields.flatMap((field) => {
      // A member may be left out by undefined, which JSON does not carry.
      const parts = [...partsOf(field.type, names), ...(field.isOptional ? ["undefined"] : [])];
      const start = `  readonly ${key(field.name, true)}${field.isOptional ? "?" : ""}:`;
      return [
        ...comment(field.doc, "  "),
        ...unionLines(start, parts.includes("unknown") ? ["unknown"] : parts, "  "),
      ];
    }),
    "}",
  ];
}

/** A type behind its beginning, on one line where that has room. */
function unionLines(start: string, parts: readonly string[], indent: string): string[] {
  const line = `${start} ${parts.join(" | ")};`;
  if (line.length <= LINE_WIDTH || parts.length === 1) return [line];
  const lines = parts.map((part) => `${indent}  | ${part}`);
  return [start, ...lines.slice(0, -1), `${lines.at(-1)};`];
}

function errorLines(error: ErrorModel, names: TypeScriptNames, planner: Planner): string[] {
  const details = typeText(error.details, names.types);
  const plan = planner.of(error.details);
  const read = plan === undefined
    ? "this.data.details"
    : `readValue(this.data.details, ${literal(plan)}, PLANS)`;
  return [
    ...comment(`The error ${JSON.stringify(error.name)}.`, ""),
    `export class ${names.errors.get(error)} extends DeclaredError {`,
    "  /** What the error says. */",
    `  override get details(): ${details} {`,
    `    return ${read}${details === "unknown" ? "" : ` as ${details}`};`,
    "  }",
    "}",
  ];
}

function plansLines(planner: Planner): string[] {
  const plans = planner.named();
  const head = ["/** Where values have dates and bytes. */"];
  if (plans.length === 0) return [...head, "const PLANS: Plans = {};"];
  const lines = plans.map(([name, plan]) => {
    const start = `${key(name)}: `;
    return `  ${start}${literal(plan, "  ", start.length + 1)},`;
  });
  return [...head, "const PLANS: Plans = {", ...lines, "};"];
}
