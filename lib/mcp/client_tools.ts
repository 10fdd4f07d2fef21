/**
 * The methods of a server that is connected to, as tools.
 *
 * @module
 */

import { limits } from "../base/limits.ts";
import type { MethodObject, OpenRpcDocument } from "../protocol/openrpc.ts";
import { fill } from "../protocol/values/written.ts";
import { writeValue } from "../protocol/values/write.ts";
import type { Client } from "../rpc/client/client.ts";
import type { ToolCallOptions, ToolSource } from "./tool_source.ts";

/** What calls of tools are made with. */
export interface ClientToolsOptions {
  /** The deadline of a call, in milliseconds. */
  readonly timeoutMs: number;
  /** The time, in milliseconds. @default {performance.now} */
  readonly monotonic?: (() => number) | undefined;
}

/** Calls over a client. What the server told of its methods is believed for a minute. */
export class ClientTools implements ToolSource {
  readonly #client: Pick<Client, "call" | "stream">;
  readonly #timeoutMs: number;
  readonly #monotonic: () => number;
  #known: ReadonlyMap<string, MethodObject> = new Map();
  #askedAt = -Infinity;

  /**
   * @param client The client; it stays its owner's to close.
   * @param options Deadline and time.
   */
  constructor(client: Pick<Client, "call" | "stream">, options: ClientToolsOptions) {
    this.#client = client;
    this.#timeoutMs = options.timeoutMs;
    this.#monotonic = options.monotonic ?? (() => performance.now());
  }

  async list(signal: AbortSignal): Promise<readonly MethodObject[]> {
    const options = { signal, timeoutMs: this.#timeoutMs };
    const { methods } = await this.#client.call(
      "rpc.discover",
      undefined,
      options,
    ) as OpenRpcDocument;
    this.#known = new Map(methods.map((method) => [method.name, method]));
    this.#askedAt = this.#monotonic();
    return methods;
  }

  async find(name: string, signal: AbortSignal): Promise<MethodObject | undefined> {
    const isFresh = this.#monotonic() - this.#askedAt < limits.mcpToolsFreshMs;
    if (!isFresh || !this.#known.has(name)) await this.list(signal);
    return this.#known.get(name);
  }

  async call(
    { name }: MethodObject,
    params: unknown,
    { signal, onItem }: ToolCallOptions,
  ): Promise<unknown> {
    const items = this.#client.stream(name, params, { signal, timeoutMs: this.#timeoutMs });
    for (;;) {
      const { done, value } = await items.next();
      if (done) return plain(value);
      onItem(plain(value));
    }
  }
}

/** The value as somebody sees it who reads JSON alone: bytes as base64, of streams nothing. */
function plain(value: unknown): unknown {
  if (value === undefined) return null;
  const written = writeValue(value, "result", { form: "json" });
  if (typeof written === "string") return JSON.parse(written);
  return "reason" in written ? null : JSON.parse(fill(written, () => "null"));
}
