/**
 * `POST /mcp`: the Streamable HTTP transport of the Model Context Protocol. The gateway keeps nothing of
 * a client between its requests.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import { errorNumbers, faultLine, McpFault, resultLine } from "../../mcp/revision.ts";
import { revisionOf } from "../../mcp/mcp_server.ts";
import { decodeLine } from "../../protocol/decode.ts";
import type { Message, NotificationMessage, RequestMessage } from "../../protocol/message.ts";
import { bodyType, isSomebody, readBody, textOf } from "../call/call_request.ts";
import type { CallParts, McpParts } from "../call/calls.ts";
import { HttpFault } from "../engine/http_fault.ts";
import type { HttpReply, HttpRequest, ReplyHeaders } from "../engine/http_message.ts";
import { owe } from "../reply/owed_bytes.ts";
import { McpEvents } from "./mcp_events.ts";
import { checkHeaders } from "./mcp_headers.ts";
import { MethodTools } from "./method_tools.ts";

const SESSION = /^[0-9a-f-]{36}$/;

/**
 * Serves `POST /mcp`.
 *
 * @param request The request.
 * @param parts What calls need; they have `mcp`.
 * @returns The reply: JSON, or an event stream where there is progress to tell.
 * @throws {HttpFault} For a request that is no message, and 401 for a caller that must sign in; also as
 * a rejection.
 */
export async function serveMcp(request: HttpRequest, parts: CallParts): Promise<HttpReply> {
  const { mcp } = parts;
  if (mcp === undefined) throw new HttpFault(404, "There is nothing at this path");
  bodyType(request);
  const token = parts.credentialOf(request);
  const bytes = await readBody(request, () => isSomebody(parts.serving.gate, token));
  const message = decodeLine(textOf(bytes), limits);
  if (message.kind === "notification") return heard(request, message, mcp, parts);
  if (message.kind === "result" || message.kind === "error") return accepted(parts);
  if (message.kind !== "request" || message.id === null) return refused(message, parts);
  const source = new MethodTools(request, parts, { token, bytesIn: bytes.length });
  return await answer(request, message, { source, mcp, parts });
}

async function answer(
  request: HttpRequest,
  message: RequestMessage,
  { source, mcp, parts }: {
    readonly source: MethodTools;
    readonly mcp: McpParts;
    readonly parts: CallParts;
  },
): Promise<HttpReply> {
  const { headers } = parts;
  const running = new AbortController();
  const end = () => running.abort(new HttpFault(499, "The request was cancelled"));
  request.onGone(end);
  const key = keyOf(sessionOf(request), message.id);
  if (key !== undefined) mcp.running.set(key, end);
  const events = new McpEvents(headers.events, {
    onGone: end,
    owe: (bytes) => owe(parts.serving.shared, bytes),
  });
  const takesEvents = request.header("accept")?.includes("text/event-stream") === true;
  const { signal } = running;
  const asked = async (): Promise<HttpReply> => {
    checkHeaders(request, message);
    const notify = takesEvents ? (line: string) => events.notify(line) : () => {};
    const result = await mcp.server.answer({ message, source, signal, notify });
    const more = message.method === "initialize" ? newSession() : {};
    return {
      status: 200,
      headers: { ...headers.json, ...more },
      body: resultLine(message.id, result),
    };
  };
  const answered = asked().catch((error) => failed(error, message, headers.json)).finally(() => {
    if (key !== undefined && mcp.running.get(key) === end) mcp.running.delete(key);
  });
  answered.then(
    ({ body }) => events.end(body as string),
    (error) => events.end(faultLine(message.id, error)),
  );
  return await Promise.race([answered, events.begun]);
}

/** An error of the protocol is the reply; whatever else failed is the gateway's to tell. */
function failed(error: unknown, message: RequestMessage, json: ReplyHeaders): HttpReply {
  if (!(error instanceof McpFault)) throw error;
  const { header, revision, method } = errorNumbers;
  const isStateless = revisionOf(message.params) !== undefined;
  const status = error.number === header || error.number === revision
    ? 400
    : error.number === method && isStateless
    ? 404
    : 200;
  return { status, headers: json, body: faultLine(message.id, error) };
}

/** Revisions with a handshake cancel by a request of its own, which names the session. */
function heard(
  request: HttpRequest,
  { method, params }: NotificationMessage,
  mcp: McpParts,
  parts: CallParts,
): HttpReply {
  const { requestId } = (params ?? {}) as { requestId?: unknown };
  const key = keyOf(sessionOf(request), requestId);
  if (method === "notifications/cancelled" && key !== undefined) mcp.running.get(key)?.();
  return accepted(parts);
}

function accepted({ headers }: CallParts): HttpReply {
  return { status: 202, headers: headers.none, body: null };
}

function refused(message: Message, { headers }: CallParts): HttpReply {
  const fault = message.kind === "invalid"
    ? new McpFault(message.code === "parse_error" ? "parse" : "request", message.reason)
    : message.kind === "batch"
    ? new McpFault("request", "Batches are no part of the protocol; send a message a request")
    : new McpFault("request", "The id of a request must not be null");
  const id = message.kind === "invalid" ? message.id : null;
  return { status: 400, headers: headers.json, body: faultLine(id, fault) };
}

/** A session is nothing but a name that nobody can guess, by which its requests are cancelled. */
function newSession(): ReplyHeaders {
  return { "mcp-session-id": crypto.randomUUID() };
}

function sessionOf(request: HttpRequest): string | undefined {
  const session = request.header("mcp-session-id");
  return session !== null && SESSION.test(session) ? session : undefined;
}

function keyOf(session: string | undefined, id: unknown): string | undefined {
  return session === undefined ? undefined : `${session} ${JSON.stringify(id)}`;
}
