/**
 * Where tools come from: methods that somebody may call.
 *
 * @module
 */

import type { MethodObject } from "../protocol/openrpc.ts";

/** What a call of a tool is made with. */
export interface ToolCallOptions {
  /** Ends the call. */
  readonly signal: AbortSignal;
  /** Takes each item of a stream, of JSON alone. */
  onItem(item: unknown): void;
}

/** The methods of a server, as one caller sees them. */
export interface ToolSource {
  /**
   * Lists the methods that the caller may call.
   *
   * @param signal Ends it.
   */
  list(signal: AbortSignal): Promise<readonly MethodObject[]>;
  /**
   * Finds a method.
   *
   * @param name Its name.
   * @param signal Ends it.
   * @returns The method; `undefined` where there is none.
   */
  find(name: string, signal: AbortSignal): Promise<MethodObject | undefined>;
  /**
   * Calls a method.
   *
   * @param method The method.
   * @param params The params by name; `undefined` for none.
   * @param options What takes items, and what ends the call.
   * @returns The result, of JSON alone; nothing of a stream.
   * @throws {DariError} What the call fails with.
   */
  call(method: MethodObject, params: unknown, options: ToolCallOptions): Promise<unknown>;
}
