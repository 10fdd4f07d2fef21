import { decodeLine } from "../../lib/protocol/decode.ts";
import { limits } from "../../lib/base/limits.ts";
import type { RequestMessage } from "../../lib/protocol/message.ts";
import type { MethodObject } from "../../lib/protocol/openrpc.ts";
import type { ToolSource } from "../../lib/mcp/tool_source.ts";

/** A method as OpenRPC describes it. */
export function described(name: string, more: Partial<MethodObject> = {}): MethodObject {
  return {
    name,
    params: [],
    result: { name: "result", schema: true },
    "x-public": false,
    "x-stream": false,
    ...more,
  };
}

/** Tools that answer what `call` says. */
export function sourceOf(
  methods: readonly MethodObject[],
  call: ToolSource["call"] = () => Promise.resolve(null),
): ToolSource {
  return {
    list: () => Promise.resolve(methods),
    find: (name) => Promise.resolve(methods.find((method) => method.name === name)),
    call,
  };
}

/** A request as it comes. */
export function request(method: string, params?: unknown, id: unknown = 1): RequestMessage {
  const line = JSON.stringify({ jsonrpc: "2.0", id, method, params });
  return decodeLine(line, limits) as RequestMessage;
}

/** What a request of the revision without a handshake says of itself. */
export const stateless = {
  _meta: {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
  },
};

/** A client of the official libraries, as far as tests use it. */
export interface SdkClient extends AsyncDisposable {
  /** The revision that was agreed on. */
  readonly revision: string | undefined;
  listTools(): Promise<{ tools: { name: string; description?: string; inputSchema: unknown }[] }>;
  callTool(
    call: { name: string; arguments?: unknown },
    options?: { onprogress?: (progress: { progress: number; message?: string }) => void },
    signal?: AbortSignal,
  ): Promise<
    {
      content: { type: string; text?: string; data?: string; mimeType?: string }[];
      structuredContent?: unknown;
      isError?: boolean;
    }
  >;
}

/** Where such a client connects to. */
export type SdkTarget =
  | {
    readonly command: string;
    readonly args: readonly string[];
    readonly env: Record<string, string>;
  }
  | {
    readonly url: string;
    readonly fetch: typeof fetch;
    readonly headers?: Record<string, string>;
  };

/** Both generations of the official library: with a handshake, and without one. */
export const SDKS = ["sdk", "client"] as const;

const notTyped = (name: string): Promise<Record<string, never>> => import(name);

/** Whether the official libraries can be loaded; where not, a line says so. */
export async function hasSdk(): Promise<boolean> {
  try {
    await notTyped("@modelcontextprotocol/sdk/client/index.js");
    await notTyped("@modelcontextprotocol/client");
    return true;
  } catch (error) {
    console.log(`The official MCP client cannot be loaded, so it is not tried: ${error}`);
    return false;
  }
}

/** Connects with one of them. */
export async function connectSdk(
  sdk: typeof SDKS[number],
  target: SdkTarget,
): Promise<SdkClient> {
  const isOld = sdk === "sdk";
  const { Client } = await notTyped(
    isOld ? "@modelcontextprotocol/sdk/client/index.js" : "@modelcontextprotocol/client",
  );
  // deno-lint-ignore no-explicit-any
  const Made = Client as any;
  const client = new Made({ name: "test", version: "1" }, {
    ...(isOld ? {} : { versionNegotiation: { mode: "auto" } }),
  });
  await client.connect(await transportOf(isOld, target));
  return {
    revision: client.getNegotiatedProtocolVersion?.(),
    listTools: () => client.listTools(),
    callTool: (call, options, signal) =>
      isOld
        ? client.callTool(call, undefined, { ...options, signal })
        : client.callTool(call, { ...options, signal }),
    [Symbol.asyncDispose]: () => client.close(),
  };
}

async function transportOf(isOld: boolean, target: SdkTarget): Promise<unknown> {
  // deno-lint-ignore no-explicit-any
  const load = async (old: string, recent: string): Promise<any> =>
    await notTyped(isOld ? old : recent);
  if ("command" in target) {
    const { StdioClientTransport } = await load(
      "@modelcontextprotocol/sdk/client/stdio.js",
      "@modelcontextprotocol/client/stdio",
    );
    return new StdioClientTransport({ ...target, args: [...target.args] });
  }
  const { StreamableHTTPClientTransport } = await load(
    "@modelcontextprotocol/sdk/client/streamableHttp.js",
    "@modelcontextprotocol/client",
  );
  return new StreamableHTTPClientTransport(new URL(target.url), {
    fetch: target.fetch,
    requestInit: { headers: target.headers ?? {} },
  });
}
