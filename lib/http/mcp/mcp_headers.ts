/**
 * What requests of the Model Context Protocol say twice: in their headers, for whatever stands between,
 * and in their body. Both must agree.
 *
 * @see {@link https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http | Streamable HTTP}
 * @module
 */

import { fromBase64 } from "../../base/text/base64.ts";
import { revisionOf } from "../../mcp/mcp_server.ts";
import { checkRevision, McpFault } from "../../mcp/revision.ts";
import type { RequestMessage } from "../../protocol/message.ts";
import type { HttpRequest } from "../engine/http_message.ts";

const ENCODED = /^=\?base64\?(.*)\?=$/;
const decoder = new TextDecoder();

/**
 * Checks the headers of a request.
 *
 * @param request The HTTP request.
 * @param message The request in its body.
 * @throws {McpFault} For a revision that is not spoken, and for headers that say something else than
 * the body. Revisions with a handshake have one header alone, and the oldest have none.
 */
export function checkHeaders(request: HttpRequest, { method, params }: RequestMessage): void {
  const revision = request.header("mcp-protocol-version");
  const inBody = revisionOf(params);
  if (revision !== null) checkRevision(revision);
  if (inBody === undefined) return;
  checkRevision(inBody);
  compare("MCP-Protocol-Version", revision, inBody);
  compare("Mcp-Method", request.header("mcp-method"), method);
  if (method !== "tools/call") return;
  const { name } = params as { name?: unknown };
  compare("Mcp-Name", decoded(request.header("mcp-name")), name);
}

function compare(header: string, value: string | null, inBody: unknown): void {
  if (value === inBody) return;
  const found = value === null ? "is missing" : `is ${JSON.stringify(value)}`;
  throw new McpFault(
    "header",
    `The header ${header} ${found}, and the body says ${JSON.stringify(inBody)}`,
  );
}

function decoded(value: string | null): string | null {
  const inner = value === null ? null : ENCODED.exec(value);
  if (inner === null) return value;
  const bytes = fromBase64(inner[1] ?? "");
  return bytes === undefined ? value : decoder.decode(bytes);
}
