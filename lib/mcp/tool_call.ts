/**
 * One call of a tool: progress while its method streams, and its answer.
 *
 * @module
 */

import { DariError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { MethodObject } from "../protocol/openrpc.ts";
import { notificationLine } from "./revision.ts";
import { failureOf, itemsOf, resultOf, type ToolResult } from "./tool_result.ts";
import type { ToolSource } from "./tool_source.ts";

/** What a call is made with. */
export interface ToolCall {
  readonly source: ToolSource;
  readonly method: MethodObject;
  readonly params: unknown;
  /** Names the call in messages of progress; `undefined` where nobody wants them. */
  readonly progressToken: string | number | undefined;
  /** Ends the call. */
  readonly signal: AbortSignal;
  /** Sends a notification; it may be dropped where the reader is slow. */
  readonly notify: (line: string) => void;
  /** The time, in milliseconds. */
  readonly monotonic: () => number;
}

/**
 * Makes the call.
 *
 * @param call The call.
 * @returns Its answer, also where it failed.
 * @throws What the source throws beside errors of the call itself; the reason of `signal`.
 */
export async function callTool(call: ToolCall): Promise<ToolResult> {
  const { source, method, params, signal } = call;
  const isStream = method["x-stream"];
  const items = new Items(call);
  try {
    const result = await source.call(method, params, {
      signal: isStream ? AbortSignal.any([signal, items.full]) : signal,
      onItem: (item) => items.take(item),
    });
    return isStream ? itemsOf(items.taken) : resultOf(method, result);
  } catch (error) {
    signal.throwIfAborted();
    if (items.full.aborted) return itemsOf(items.taken, items.cutNote());
    if (!(error instanceof DariError)) throw error;
    // What a stream without an end gave until its deadline is what was asked for.
    return error.code === "deadline_exceeded" && items.taken.length > 0
      ? itemsOf(items.taken, items.cutNote())
      : failureOf(error);
  }
}

/** The items of a stream, as far as one answer takes them. */
class Items {
  readonly taken: unknown[] = [];
  readonly #call: ToolCall;
  readonly #full = new AbortController();
  #length = 0;
  #toldAt = -Infinity;

  constructor(call: ToolCall) {
    this.#call = call;
  }

  /** Aborted when an item did not fit. */
  get full(): AbortSignal {
    return this.#full.signal;
  }

  take(item: unknown): void {
    if (this.full.aborted) return;
    const text = JSON.stringify(item);
    this.#length += text.length;
    if (this.#length > limits.maxMcpItemsLength) return this.#full.abort();
    this.taken.push(item);
    this.#tell(text);
  }

  cutNote(): string {
    return `The stream went on; these are its first ${this.taken.length} items`;
  }

  #tell(text: string): void {
    const { progressToken, notify, monotonic } = this.#call;
    if (progressToken === undefined) return;
    const now = monotonic();
    if (now - this.#toldAt < limits.mcpProgressEveryMs) return;
    this.#toldAt = now;
    const most = limits.maxMcpProgressLength;
    notify(notificationLine("notifications/progress", {
      progressToken,
      progress: this.taken.length,
      message: text.length <= most ? text : `${text.slice(0, most - 1)}…`,
    }));
  }
}
