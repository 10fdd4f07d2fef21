/**
 * Writes a client in Python, 3.9 and later, of its standard library alone.
 *
 * @module
 */

import type { ErrorModel, Model } from "../model/model.ts";
import { type Plan, Planner } from "../model/plan.ts";
import type { Frame } from "../text/frame.ts";
import { quote } from "../text/quote.ts";
import { docstring } from "./docstring.ts";
import { literal } from "./literal.ts";
import { methodLines } from "./method.ts";
import { namesOf, type PythonNames } from "./names.ts";
import { TYPING } from "./reserved.ts";
import runtime from "./runtime.json" with { type: "json" };
import { namedTypeLines } from "./typed_dict.ts";
import { typeText } from "./types.ts";

/**
 * Writes a client.
 *
 * @param model What it is written from.
 * @param frame What stands around it.
 * @returns The text of a module.
 */
export function writePython(model: Model, { header, trailer }: Frame): string {
  const names = namesOf(model);
  const planner = new Planner(names.types, true);
  const methods = model.methods.map((method) =>
    methodLines(method, names, planner.of(method.result))
  );
  const errors = model.errors.map((error) => errorLines(error, names, planner));
  const types = model.types.map((type) => namedTypeLines(type, names.types));
  const needsPlans = [...methods, ...errors].flat().some((line) => line.includes("_PLANS"));
  const parts = [
    ...types,
    [
      "# The client: the same in every file that dari makes.",
      "",
      "#: Whether the server remembers the answers of calls with a key.",
      `_KEEPS_KEYS = ${model.keepsKeys ? "True" : "False"}`,
      "",
      ...runtime.lines,
    ],
    ["# Errors that methods declare."].slice(errors.length === 0 ? 1 : 0),
    ...errors,
    needsPlans ? plansLines(planner.named()) : [],
    ...methods,
  ].filter((part) => part.length > 0);
  const body = parts.flatMap((part) => ["", "", ...part]);
  return [
    ...docstring(header.join("\n"), ""),
    "",
    "from __future__ import annotations",
    "",
    ...runtime.imports.map((module) => `import ${module}`),
    importOfTyping(body.join("\n")),
    ...body,
    "",
    "",
    ...trailer.map((line) => `# ${line}`),
    "",
  ].join("\n");
}

function importOfTyping(text: string): string {
  const used = TYPING.filter((name) => new RegExp(`\\b${name}\\b`).test(text));
  return `from typing import (\n${used.map((name) => `    ${name},\n`).join("")})`;
}

function errorLines(error: ErrorModel, names: PythonNames, planner: Planner): string[] {
  const plan = planner.of(error.details);
  const read = plan === undefined
    ? "super().details"
    : `_read(super().details, ${literal(plan)}, _PLANS)`;
  return [
    `class ${names.errors.get(error)}(DeclaredError):`,
    ...docstring(`The error ${JSON.stringify(error.name)}.`, "    "),
    "",
    "    @property",
    `    def details(self) -> ${typeText(error.details, names.types)}:`,
    ...docstring("What the error says.", "        "),
    `        details: ${typeText(error.details, names.types)} = ${read}`,
    "        return details",
  ];
}

function plansLines(plans: readonly [string, Plan][]): string[] {
  return [
    "# Where values have dates, bytes and tuples.",
    "_PLANS: Dict[str, Any] = {",
    ...plans.map(([name, plan]) => {
      const start = `${quote(name, "python")}: `;
      return `    ${start}${literal(plan, "    ", start.length + 1)},`;
    }),
    "}",
  ];
}
