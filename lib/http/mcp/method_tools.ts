/**
 * The methods of this server that the sender of a request may call.
 *
 * @module
 */

import { abortable } from "../../base/abort.ts";
import type { RequestMessage } from "../../protocol/message.ts";
import { type MethodObject, methodObject, type OpenRpcDocument } from "../../protocol/openrpc.ts";
import type { ReplySink } from "../../rpc/dispatch/call_host.ts";
import { errorOf } from "../../rpc/peer/remote_error.ts";
import type { Line } from "../../protocol/line.ts";
import type { ErrorObject, Meta } from "../../protocol/message.ts";
import type { ToolCallOptions, ToolSource } from "../../mcp/tool_source.ts";
import { metaOf } from "../call/call_request.ts";
import { beginCalls, type CallParts } from "../call/calls.ts";
import { Exchange } from "../call/exchange.ts";
import { isReply, itemIn, NO_ID } from "../call/reply_text.ts";
import { HttpFault } from "../engine/http_fault.ts";
import type { HttpRequest } from "../engine/http_message.ts";
import { httpStatusOf } from "../reply/http_status.ts";

/** Calls go the way of all others: rights, limits and records are those of the method. */
export class MethodTools implements ToolSource {
  readonly #request: HttpRequest;
  readonly #parts: CallParts;
  readonly #token: string | undefined;
  readonly #bytesIn: number;

  /**
   * @param request The request.
   * @param parts What calls need.
   * @param token The credential of the caller.
   * @param bytesIn The length of the request's body, for records of calls.
   */
  constructor(
    request: HttpRequest,
    parts: CallParts,
    { token, bytesIn }: { readonly token: string | undefined; readonly bytesIn: number },
  ) {
    this.#request = request;
    this.#parts = parts;
    this.#token = token;
    this.#bytesIn = bytesIn;
  }

  async list(signal: AbortSignal): Promise<readonly MethodObject[]> {
    const options = { signal, onItem: () => {} };
    const document = await this.#call("rpc.discover", undefined, undefined, options);
    return (document as OpenRpcDocument).methods;
  }

  find(name: string): Promise<MethodObject | undefined> {
    const method = this.#parts.serving.methods.get(name);
    const isTheirs = method !== undefined && !method.isBuiltIn;
    return Promise.resolve(isTheirs ? methodObject(method.describe()) : undefined);
  }

  call({ name }: MethodObject, params: unknown, options: ToolCallOptions): Promise<unknown> {
    return this.#call(name, params, metaOf(this.#request), options);
  }

  async #call(
    method: string,
    params: unknown,
    meta: Meta | undefined,
    { signal, onItem }: ToolCallOptions,
  ): Promise<unknown> {
    const message: RequestMessage = {
      kind: "request",
      id: NO_ID,
      method,
      params,
      auth: this.#token,
      meta,
      types: undefined,
    };
    const replies = new ToolReplies(onItem);
    const exchange = new Exchange(this.#request, this.#parts.serving, { items: replies });
    exchange.hasCredential = this.#token !== undefined;
    const end = () => exchange.gone();
    signal.addEventListener("abort", end, { once: true });
    try {
      await beginCalls(exchange, this.#request, message, this.#bytesIn, this.#parts);
      return resultIn(await abortable(replies.reply, signal));
    } finally {
      signal.removeEventListener("abort", end);
      replies.isClosed = true;
    }
  }
}

/** Takes the items and the reply of one call. A model that reads slowly holds nothing up. */
class ToolReplies implements ReplySink {
  readonly takesBytes = false;
  readonly isFull = false;
  isClosed = false;
  readonly #onItem: (item: unknown) => void;
  readonly #reply = Promise.withResolvers<string>();

  constructor(onItem: (item: unknown) => void) {
    this.#onItem = onItem;
  }

  get reply(): Promise<string> {
    return this.#reply.promise;
  }

  drained(): Promise<void> {
    return Promise.resolve();
  }

  refusal(): undefined {}

  push(line: Line): void {
    const text = typeof line === "string" ? line : line.text;
    if (isReply(text)) return this.#reply.resolve(text);
    const item = itemIn(text);
    if (item !== undefined) this.#onItem(JSON.parse(item));
  }
}

/** A caller that must sign in first is told so by the status of HTTP, which no model reads. */
function resultIn(reply: string): unknown {
  const { result, error } = JSON.parse(reply) as { result?: unknown; error?: ErrorObject };
  if (error === undefined) return result;
  const failure = errorOf(error);
  if (httpStatusOf[failure.code] !== httpStatusOf.unauthenticated) throw failure;
  throw new HttpFault(httpStatusOf.unauthenticated, failure.message, {
    "www-authenticate": "Bearer",
  });
}
