/**
 * What a tool answers: the result of a method, the items of a stream, or why the call failed.
 *
 * @module
 */

import { DariError } from "../base/errors.ts";
import { isDeclaredError } from "../base/declared_error.ts";
import type { MethodObject } from "../protocol/openrpc.ts";
import { structureOf } from "./tool.ts";

/** The result of `tools/call`. */
export interface ToolResult {
  /** What a model reads. */
  readonly content: readonly unknown[];
  /** What a program reads; it fits the tool's `outputSchema`. */
  readonly structuredContent?: unknown;
  /** Whether the call failed. */
  readonly isError?: boolean;
}

/**
 * Makes the answer of a method's result.
 *
 * @param method The method.
 * @param value The result, of JSON alone.
 * @returns The answer.
 */
export function resultOf(method: MethodObject, value: unknown = null): ToolResult {
  const structure = structureOf(method);
  if (structure === "tool" && isToolResult(value)) return value;
  const content = [textOf(value)];
  if (structure === "wrapped") return { content, structuredContent: { result: value } };
  return isRecord(value) ? { content, structuredContent: value } : { content };
}

/**
 * Makes the answer of the items of a stream.
 *
 * @param items The items, of JSON alone.
 * @param cut Why there are no more of them, where the stream went on.
 * @returns The answer.
 */
export function itemsOf(items: readonly unknown[], cut?: string): ToolResult {
  return {
    content: [...items.map(textOf), ...(cut === undefined ? [] : [textOf(cut)])],
    structuredContent: { items, ...(cut === undefined ? {} : { cut: true }) },
  };
}

/**
 * Makes the answer of a call that failed, so that the model reads why.
 *
 * @param error Anything that was thrown.
 * @returns The answer.
 */
export function failureOf(error: unknown): ToolResult {
  if (!(error instanceof DariError)) return failure("internal: Internal error");
  const { code, message, retryAfterMs } = error;
  const again = retryAfterMs === undefined ? "" : ` (try again in ${retryAfterMs} ms)`;
  if (!isDeclaredError(error)) return failure(`${code}: ${message}${again}`);
  const details = error.details === undefined ? "" : ` ${JSON.stringify(error.details)}`;
  return failure(`${error.declared}: ${message}${details}${again}`);
}

function failure(text: string): ToolResult {
  return { content: [{ type: "text", text }], isError: true };
}

function textOf(value: unknown): { readonly type: "text"; readonly text: string } {
  return { type: "text", text: typeof value === "string" ? value : JSON.stringify(value) };
}

function isToolResult(value: unknown): value is ToolResult {
  return isRecord(value) && Array.isArray(value.content);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
