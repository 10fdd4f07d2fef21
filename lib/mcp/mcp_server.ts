/**
 * Answers the requests of the Model Context Protocol, by whatever transport they come.
 *
 * @module
 */

import { DariError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { fromBase64, toBase64 } from "../base/text/base64.ts";
import type { RequestMessage } from "../protocol/message.ts";
import type { MethodObject } from "../protocol/openrpc.ts";
import {
  checkRevision,
  HANDSHAKE_REVISIONS,
  McpFault,
  REVISION_KEY,
  REVISIONS,
  SERVER_KEY,
  STATELESS_REVISIONS,
} from "./revision.ts";
import { isToolName, toolOf } from "./tool.ts";
import { callTool } from "./tool_call.ts";
import type { ToolResult } from "./tool_result.ts";
import type { ToolSource } from "./tool_source.ts";

/** What a server is made with. */
export interface McpServerOptions {
  /** What clients show of it. */
  readonly info: { readonly name: string; readonly version: string };
  /** Says which methods are tools. */
  readonly offers: (method: Pick<MethodObject, "name" | "x-admin">) => boolean;
  /** The time, in milliseconds. @default {performance.now} */
  readonly monotonic?: (() => number) | undefined;
}

/** One request, and its caller. */
export interface McpRequest {
  readonly message: RequestMessage;
  /** The methods that the caller may call. */
  readonly source: ToolSource;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Sends a notification that belongs to it; it may be dropped where the reader is slow. */
  readonly notify: (line: string) => void;
}

type Params = Readonly<Record<string, unknown>>;

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** The tools of a server. It keeps nothing of its clients. */
export class McpServer {
  readonly #options: McpServerOptions;

  /** @param options What it offers. */
  constructor(options: McpServerOptions) {
    this.#options = options;
  }

  /**
   * Answers a request.
   *
   * @param request The request.
   * @returns The result.
   * @throws {McpFault} For a request that is answered with an error.
   * @throws What the source throws that is no `DariError`; the reason of the signal.
   */
  async answer(request: McpRequest): Promise<unknown> {
    const params = paramsOf(request.message.params);
    const isStateless = revisionOf(params) !== undefined;
    if (isStateless) checkRevision(revisionOf(params), STATELESS_REVISIONS);
    const result = await this.#result(request, params, isStateless);
    if (!isStateless) return result;
    const { info } = this.#options;
    // Behind what a tool of another server said of itself, which names that server.
    return { resultType: "complete", ...result, _meta: { ...metaOf(result), [SERVER_KEY]: info } };
  }

  async #result(request: McpRequest, params: Params, isStateless: boolean): Promise<object> {
    switch (request.message.method) {
      case "tools/call":
        return await this.#call(request, params);
      case "tools/list":
        return await this.#list(request, params, isStateless);
      case "server/discover":
        return { supportedVersions: REVISIONS, ...capabilities, ...fresh };
      case "initialize":
        if (!isStateless) return this.#initialize(params);
        break;
      case "ping":
        if (!isStateless) return {};
    }
    const method = JSON.stringify(request.message.method);
    throw new McpFault("method", `There is no method ${method}; this server offers tools alone`);
  }

  /** The client asks for a revision; where it is not spoken, it gets the newest that it can know. */
  #initialize({ protocolVersion }: Params): object {
    if (typeof protocolVersion !== "string") {
      throw new McpFault("params", "initialize needs protocolVersion, a text");
    }
    const known = HANDSHAKE_REVISIONS.includes(protocolVersion);
    return {
      protocolVersion: known ? protocolVersion : HANDSHAKE_REVISIONS[0],
      ...capabilities,
      serverInfo: this.#options.info,
    };
  }

  async #list({ source, signal }: McpRequest, params: Params, withLife: boolean): Promise<object> {
    const last = lastOf(params.cursor);
    const all = await told(source.list(signal));
    const tools = all.filter((method) => this.#isOffered(method))
      .filter(({ name }) => last === undefined || name > last)
      .sort((a, b) => a.name < b.name ? -1 : 1);
    const page = tools.slice(0, limits.mcpPageTools);
    const nextCursor = tools.length > page.length ? cursorOf(page.at(-1)!.name) : undefined;
    return {
      tools: page.map(toolOf),
      ...(nextCursor === undefined ? {} : { nextCursor }),
      ...(withLife ? fresh : {}),
    };
  }

  async #call(request: McpRequest, params: Params): Promise<ToolResult> {
    const { source, signal, notify } = request;
    const { name, arguments: given } = params;
    if (typeof name !== "string") {
      throw new McpFault("params", "tools/call needs the name of a tool");
    }
    if (given !== undefined && !isRecord(given)) {
      throw new McpFault("params", "arguments must be an object: the params of the tool by name");
    }
    const method = await told(source.find(name, signal));
    if (method === undefined || !this.#isOffered(method)) {
      throw new McpFault("params", `There is no tool ${JSON.stringify(name)}; see tools/list`);
    }
    const isEmpty = given === undefined || Object.keys(given).length === 0;
    return await callTool({
      source,
      method,
      params: isEmpty && method.params.length === 0 ? undefined : given ?? {},
      progressToken: progressTokenOf(params),
      signal,
      notify,
      monotonic: this.#options.monotonic ?? (() => performance.now()),
    });
  }

  #isOffered(method: MethodObject): boolean {
    return isToolName(method.name) && this.#options.offers(method);
  }
}

const capabilities = { capabilities: { tools: {} } };
/** Each caller may have other rights, so that what one was told is not for another. */
const fresh = { ttlMs: limits.mcpToolsFreshMs, cacheScope: "private" };

/**
 * The revision that a request follows by its own word.
 *
 * @param params Its params.
 * @returns What it names, whatever that is; `undefined` where it names none.
 */
export function revisionOf(params: unknown): unknown {
  return isRecord(params) ? metaOf(params)[REVISION_KEY] : undefined;
}

/** Why the methods could not be asked for is told to the client, which no model reads. */
async function told<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    if (!(error instanceof DariError)) throw error;
    throw new McpFault("internal", error.message, { code: error.code });
  }
}

function paramsOf(params: unknown): Params {
  if (params === undefined || isRecord(params)) return params ?? {};
  throw new McpFault("params", "The params must be an object");
}

function metaOf(params: object): Params {
  const { _meta } = params as { _meta?: unknown };
  return isRecord(_meta) ? _meta : {};
}

function progressTokenOf(params: Params): string | number | undefined {
  const { progressToken } = metaOf(params);
  return typeof progressToken === "string" || typeof progressToken === "number"
    ? progressToken
    : undefined;
}

/** The name of the last tool that was told: whatever comes or goes meanwhile, none is told twice. */
function cursorOf(name: string): string {
  return toBase64(encoder.encode(name));
}

function lastOf(cursor: unknown): string | undefined {
  if (cursor === undefined) return undefined;
  const bytes = typeof cursor === "string" ? fromBase64(cursor) : undefined;
  if (bytes !== undefined && bytes.length > 0) return decoder.decode(bytes);
  throw new McpFault("params", "The cursor is none that tools/list gave");
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
