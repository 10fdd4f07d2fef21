/**
 * The error of params that do not fit their method: a text for people, and what is wrong for
 * programs.
 *
 * @module
 */

import { RpcError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { listOf, type SchemaIssue } from "./schema.ts";

/** One thing that is wrong with params, as it stands in `error.data.issues`. */
export interface ParamIssue {
  /** The members and positions on the way to it; empty where it is the params themselves. */
  readonly path: readonly (string | number)[];
  /** What is wrong. */
  readonly message: string;
}

/**
 * Makes the error.
 *
 * @param method The method's name.
 * @param issues What is wrong; of very many, the first are told.
 * @returns An error with the code `invalid_params` and the data `{ issues }`.
 */
export function paramsError(method: string, issues: readonly SchemaIssue[]): RpcError {
  const told = issues.slice(0, limits.maxParamIssues).map(issueOf);
  const more = issues.length - told.length;
  const list = `${listOf(told)}${more > 0 ? `; and ${more} more` : ""}`;
  return new RpcError("invalid_params", `Invalid params for "${method}": ${list}`, {
    data: { issues: told },
  });
}

function issueOf({ path = [], message }: SchemaIssue): ParamIssue {
  const keys = path.slice(0, limits.maxDepth).map((part) =>
    typeof part === "object" ? part.key : part
  );
  return {
    path: keys.map((key) => typeof key === "number" ? key : cut(String(key))),
    message: cut(message),
  };
}

/** The caller chose the names, and some validators repeat the value. */
function cut(text: string): string {
  const { maxParamIssueLength: length } = limits;
  return text.length > length ? `${text.slice(0, length)}…` : text;
}
