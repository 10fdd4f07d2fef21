/**
 * How a command that failed is told: lines for a person, or one JSON value of one shape.
 *
 * @module
 */

import { DariError, type ErrorCode, RpcError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { escapeControls } from "../../base/text/printable.ts";

/** The one shape of errors in JSON: `{ "error": { "code", "message", … } }`. */
export interface FailureJson {
  readonly error: {
    /** What went wrong, for programs. */
    readonly code: ErrorCode;
    /** Why a certificate was refused, for programs. */
    readonly reason?: unknown;
    /** What went wrong, for people. */
    readonly message: string;
    /** The name of an error that a method declares. */
    readonly declared?: unknown;
    /** Its details. */
    readonly details?: unknown;
    /** What a server sent in `error.data`. */
    readonly data?: unknown;
  };
}

/**
 * Writes an error as JSON.
 *
 * @param error Anything that was thrown.
 * @param say Writes the command lines in a message as they are typed here.
 * @returns The JSON value.
 */
export function failureJson(
  error: unknown,
  say: (text: string) => string = (text) => text,
): FailureJson {
  const known = error instanceof DariError;
  const code = known ? error.code : "internal";
  const reason = known && "reason" in error ? error.reason : undefined;
  const own = declaredBy(error);
  const data = error instanceof RpcError && own.declared === undefined ? error.data : undefined;
  return { error: { code, reason, message: say(messageOf(error)), ...own, data } };
}

/**
 * Writes an error in lines. Where a server lists several things that are wrong with params, each has
 * a line of its own.
 *
 * @param error Anything that was thrown.
 * @param speaker The program's name.
 * @param say Writes the command lines in a message as they are typed here.
 * @returns The lines; no control character is in them.
 */
export function failureLines(
  error: unknown,
  speaker: string,
  say: (text: string) => string,
): string[] {
  const { details } = declaredBy(error);
  const shown = (details === undefined ? "" : ` ${JSON.stringify(details)}`) + requestOf(error);
  const message = `${say(messageOf(error))}${shown}`;
  const head = `${speaker}: ${error instanceof DariError ? "" : "internal error: "}`;
  const issues = issuesOf(error);
  const at = message.indexOf(issues.join("; "));
  if (issues.length < 2 || at < 0) return [escapeControls(`${head}${message}`)];
  const rest = message.slice(at + issues.join("; ").length).replace(/^; /, "");
  const lines = [...issues, ...(rest === "" ? [] : [rest])].map((line) => `  ${line}`);
  return [`${head}${message.slice(0, at).trimEnd()}`, ...lines].map(escapeControls);
}

/** The name and the details of an error that a method declares. */
function declaredBy(error: unknown): { declared?: unknown; details?: unknown } {
  if (!(error instanceof DariError) || !("declared" in error)) return {};
  const { declared, details } = error as { declared?: unknown; details?: unknown };
  return { declared, details };
}

function dataOf(error: unknown): object {
  const data = error instanceof RpcError ? error.data : undefined;
  return typeof data === "object" && data !== null ? data : {};
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Where the server's log has the reason that the message does not tell. */
function requestOf(error: unknown): string {
  const { requestId } = dataOf(error) as { requestId?: unknown };
  if (typeof requestId !== "string" || requestId.length > limits.maxRequestIdLength) return "";
  return ` (the server's log has the reason: request ${requestId})`;
}

/** What `error.data.issues` says, as far as it has the form that docs/wire.md gives it. */
function issuesOf(error: unknown): string[] {
  const { issues } = dataOf(error) as { issues?: unknown };
  if (!Array.isArray(issues)) return [];
  return issues.flatMap((issue) => {
    const { path, message } = Object(issue);
    if (typeof message !== "string") return [];
    return Array.isArray(path) && path.length > 0 ? `${path.join(".")}: ${message}` : message;
  });
}
