/**
 * What changed between two descriptions of a server, and which of it breaks its callers.
 *
 * @module
 */

import type { ContentDescriptor, JsonSchema, MethodObject, OpenRpcDocument } from "../openrpc.ts";
import { findNarrowings, type Narrowing, type SchemaRoots } from "./schema.ts";

/**
 * The rules: what a change means to callers that were written for the old document. `breaks` means
 * that a caller that worked may fail, `safe` that none does, `note` that nobody fails, but authors of
 * callers want to know.
 */
export const compatibilityRules = {
  method_removed: "breaks",
  method_added: "safe",
  method_deprecated: "note",
  method_needs_sign_in: "breaks",
  method_public: "safe",
  method_needs_admin: "breaks",
  method_admin_ended: "safe",
  method_not_idempotent: "breaks",
  method_idempotent: "safe",
  cursor_ended: "breaks",
  cursor_added: "safe",
  stream_started: "breaks",
  stream_ended: "breaks",
  param_removed: "breaks",
  param_added: "safe",
  param_added_required: "breaks",
  param_required: "breaks",
  param_optional: "safe",
  param_moved: "breaks",
  param_narrowed: "breaks",
  param_widened: "safe",
  result_widened: "breaks",
  result_narrowed: "safe",
  error_added: "note",
  error_removed: "safe",
  error_changed: "breaks",
} as const satisfies Record<string, "breaks" | "safe" | "note">;

/** The name of a rule. */
export type CompatibilityRule = keyof typeof compatibilityRules;

/** One change. */
export interface Change {
  /** The method. */
  readonly method: string;
  /** The rule that it falls under. */
  readonly rule: CompatibilityRule;
  /** What it means to callers. */
  readonly effect: "breaks" | "safe" | "note";
  /** Where in the method, for instance `params.order.lines[]`; empty for the method itself. */
  readonly path: string;
  /** What changed, in words. */
  readonly message: string;
}

/** An error that a method declares. */
interface DeclaredError {
  readonly message: string;
  readonly data?: JsonSchema;
}

type Report = (rule: CompatibilityRule, message: string, path?: string) => void;

/**
 * Compares two documents.
 *
 * @param before The document that callers were written for.
 * @param after The document of the server as it is now.
 * @returns The changes, by method in the order of the old document, then the new methods.
 */
export function compareDocuments(before: OpenRpcDocument, after: OpenRpcDocument): Change[] {
  const changes: Change[] = [];
  const reportOf = (method: string): Report => (rule, message, path = "") => {
    changes.push({ method, rule, effect: compatibilityRules[rule], path, message });
  };
  const now = new Map(after.methods.map((method) => [method.name, method]));
  const known = new Set(before.methods.map(({ name }) => name));
  const roots = { from: before, to: after };
  for (const method of before.methods) {
    const report = reportOf(method.name);
    const successor = now.get(method.name);
    if (successor === undefined) report("method_removed", "the method is gone");
    else compareMethods(method, successor, roots, report);
  }
  for (const { name } of after.methods) {
    if (!known.has(name)) reportOf(name)("method_added", "the method is new");
  }
  return changes;
}

function compareMethods(
  before: MethodObject,
  after: MethodObject,
  roots: SchemaRoots,
  report: Report,
): void {
  if (after.deprecated === true && before.deprecated !== true) {
    report("method_deprecated", "the method is deprecated");
  }
  if (before["x-public"] !== after["x-public"]) {
    if (before["x-public"]) report("method_needs_sign_in", "the method needs a sign-in now");
    else report("method_public", "the method needs no sign-in any more");
  }
  if (before["x-admin"] !== after["x-admin"]) {
    if (after["x-admin"]) report("method_needs_admin", "the method is administrative now");
    else report("method_admin_ended", "the method is administrative no longer");
  }
  compareRepeats(before, after, report);
  compareParams(before.params, after.params, roots, report);
  if (before["x-stream"] !== after["x-stream"]) {
    if (after["x-stream"]) report("stream_started", "the method streams now", "result");
    else report("stream_ended", "the method streams no longer", "result");
    return;
  }
  const rules = { narrower: "result_narrowed", wider: "result_widened" } as const;
  reportSchemas(before.result.schema, after.result.schema, rules, roots, "result", report);
  compareErrors(errorsOf(before), errorsOf(after), roots, report);
}

/** What callers rely on when they make a call again. */
function compareRepeats(before: MethodObject, after: MethodObject, report: Report): void {
  if (before["x-idempotent"] !== after["x-idempotent"]) {
    if (before["x-idempotent"]) {
      report("method_not_idempotent", "the method is idempotent no longer: retries may harm");
    } else report("method_idempotent", "the method is idempotent now");
  }
  const [was, is] = [before["x-cursor"], after["x-cursor"]];
  if (was?.param === is?.param && was?.item === is?.item) return;
  if (was !== undefined) {
    report("cursor_ended", "streams that were cut cannot go on by their old cursor", "result");
  } else report("cursor_added", "streams that were cut can go on now", "result");
}

function compareParams(
  before: readonly ContentDescriptor[],
  after: readonly ContentDescriptor[],
  roots: SchemaRoots,
  report: Report,
): void {
  const now = new Map(after.map((param, place) => [param.name, { param, place }]));
  const known = new Set(before.map(({ name }) => name));
  for (const [place, param] of before.entries()) {
    const { name } = param;
    const path = `params.${name}`;
    const found = now.get(name);
    if (found === undefined) {
      report("param_removed", `the param "${name}" is gone`, path);
      continue;
    }
    const { param: successor } = found;
    if (place !== found.place) {
      const moved = `"${name}" was param ${place + 1} and is param ${found.place + 1}`;
      report("param_moved", moved, path);
    }
    if (param.required !== true && successor.required === true) {
      report("param_required", `"${name}" is required now`, path);
    } else if (param.required === true && successor.required !== true) {
      report("param_optional", `"${name}" may be left out now`, path);
    }
    const rules = { narrower: "param_narrowed", wider: "param_widened" } as const;
    reportSchemas(param.schema, successor.schema, rules, roots, path, report);
  }
  for (const { name, required } of after) {
    if (known.has(name)) continue;
    const path = `params.${name}`;
    if (required === true) report("param_added_required", `"${name}" is new and required`, path);
    else report("param_added", `"${name}" is new`, path);
  }
}

function compareErrors(
  before: ReadonlyMap<string, DeclaredError>,
  after: ReadonlyMap<string, DeclaredError>,
  roots: SchemaRoots,
  report: Report,
): void {
  for (const [name, { data = true }] of before) {
    const path = `errors.${name}`;
    const successor = after.get(name);
    if (successor === undefined) {
      report("error_removed", `the error "${name}" is no longer declared`, path);
      continue;
    }
    const now = successor.data ?? true;
    const own = { from: rootOf(now, roots.to), to: rootOf(data, roots.from) };
    for (const { path: at, wider } of findNarrowings(now, data, own)) {
      report("error_changed", wider, join(path, at));
    }
  }
  for (const name of after.keys()) {
    if (!before.has(name)) report("error_added", `the error "${name}" is new`, `errors.${name}`);
  }
}

/** What a pair of schemas gives: which rule the first list falls under, and which the second. */
interface SchemaRules {
  readonly narrower: CompatibilityRule;
  readonly wider: CompatibilityRule;
}

/** Reports how a schema became narrower and wider. */
function reportSchemas(
  before: JsonSchema,
  after: JsonSchema,
  rules: SchemaRules,
  roots: SchemaRoots,
  path: string,
  report: Report,
): void {
  const tell = (rule: CompatibilityRule, words: "narrower" | "wider", found: Narrowing[]) => {
    for (const one of found) report(rule, one[words], join(path, one.path));
  };
  const own = { from: rootOf(before, roots.from), to: rootOf(after, roots.to) };
  tell(rules.narrower, "narrower", findNarrowings(before, after, own));
  tell(rules.wider, "wider", findNarrowings(after, before, swap(own)));
}

/** What the references of a schema start from: validators write their definitions into the schema. */
function rootOf(schema: JsonSchema, document: unknown): unknown {
  if (typeof schema !== "object") return document;
  const { $defs, definitions } = schema;
  return $defs === undefined && definitions === undefined
    ? document
    : { ...(document as object), $defs, definitions };
}

function errorsOf(method: MethodObject): Map<string, DeclaredError> {
  const declared = (method.errors ?? []) as readonly (DeclaredError & { data?: unknown })[];
  return new Map(declared.map((error) => [error.message, error]));
}

function swap({ from, to }: SchemaRoots): SchemaRoots {
  return { from: to, to: from };
}

function join(path: string, rest: string): string {
  if (rest === "") return path;
  return rest.startsWith("[") ? `${path}${rest}` : `${path}.${rest}`;
}
