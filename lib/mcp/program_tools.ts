/**
 * The tools of another server as methods, described by OpenRPC.
 *
 * @module
 */

import { limits } from "../base/limits.ts";
import type { ToolDefinition } from "./pin_file.ts";
import { HANDSHAKE_REVISIONS, McpFault } from "./revision.ts";
import { isToolName, TOOL_RESULT_MARK } from "./tool.ts";

/** Makes requests of the server. */
export interface McpCaller {
  /** Calls a method of the protocol; an error of the server rejects. */
  call(method: string, params: unknown): Promise<unknown>;
  /** Sends a notification. */
  notify(method: string): Promise<void>;
}

/**
 * Agrees on a revision.
 *
 * @param caller The server.
 * @param info What it is told of this side.
 * @throws {McpFault} Where it follows a revision that is not spoken.
 */
export async function shakeHands(
  caller: McpCaller,
  info: { readonly name: string; readonly version: string },
): Promise<void> {
  const result = await caller.call("initialize", {
    protocolVersion: HANDSHAKE_REVISIONS[0],
    capabilities: {},
    clientInfo: info,
  });
  const { protocolVersion } = Object(result) as { protocolVersion?: unknown };
  if (!HANDSHAKE_REVISIONS.includes(protocolVersion as string)) {
    const found = JSON.stringify(protocolVersion);
    throw new McpFault(
      "revision",
      `It follows revision ${found} of the protocol, which is unknown`,
    );
  }
  await caller.notify("notifications/initialized");
}

/**
 * Lists all tools, page for page.
 *
 * @param caller The server.
 * @returns The tools that can be methods.
 * @throws {McpFault} For what is no list, and for too many.
 */
export async function listTools(caller: McpCaller): Promise<ToolDefinition[]> {
  const tools: ToolDefinition[] = [];
  let cursor: unknown;
  for (;;) {
    const page = await caller.call("tools/list", cursor === undefined ? {} : { cursor });
    const { tools: found, nextCursor } = Object(page) as { tools?: unknown; nextCursor?: unknown };
    if (!Array.isArray(found)) {
      throw new McpFault("internal", "Its answer to tools/list has no tools");
    }
    tools.push(...found.filter(isDefinition));
    if (tools.length > limits.maxProgramMethods || (found.length === 0 && nextCursor)) {
      throw new McpFault("internal", `It lists more than ${limits.maxProgramMethods} tools`);
    }
    if (typeof nextCursor !== "string") return tools;
    cursor = nextCursor;
  }
}

/**
 * Describes tools as methods.
 *
 * @param tools The tools.
 * @returns What answers `rpc.discover`.
 */
export function documentOf(tools: readonly ToolDefinition[]): unknown {
  return { methods: tools.map(methodOf) };
}

function methodOf(
  { name, title, description, inputSchema, outputSchema }: ToolDefinition,
): unknown {
  const { properties, required } = Object(inputSchema) as {
    properties?: unknown;
    required?: unknown;
  };
  const isRequired = (param: string) => Array.isArray(required) && required.includes(param);
  return {
    name,
    summary: [description, title].find((text) => typeof text === "string"),
    params: Object.entries(Object(properties)).map(([param, schema]) => ({
      name: param,
      schema: withoutReferences(schema),
      required: isRequired(param),
    })),
    result: {
      schema: {
        type: "object",
        [TOOL_RESULT_MARK]: true,
        properties: {
          content: { type: "array" },
          ...(outputSchema === undefined ? {} : { structuredContent: outputSchema }),
        },
      },
    },
  };
}

/** A param stands alone: what its references point to stays behind in the schema of all of them. */
function withoutReferences(schema: unknown): unknown {
  if (!(JSON.stringify(schema) ?? "").includes('"$ref"')) return schema;
  const { description } = Object(schema) as { description?: unknown };
  return typeof description === "string" ? { description } : true;
}

function isDefinition(tool: unknown): tool is ToolDefinition {
  const { name } = Object(tool) as { name?: unknown };
  return typeof name === "string" && isToolName(name) && !name.startsWith("rpc.");
}
