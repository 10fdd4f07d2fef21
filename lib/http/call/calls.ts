/**
 * What calls over HTTP share: who makes them, and where they go.
 *
 * @module
 */

import type { Principal } from "../../auth/policy/principal.ts";
import type { McpServer } from "../../mcp/mcp_server.ts";
import type { Message, RequestMessage } from "../../protocol/message.ts";
import type { Serving } from "../../rpc/server/call_source.ts";
import type { HttpRequest } from "../engine/http_message.ts";
import type { CommonHeaders } from "../reply/common_headers.ts";
import { isSomebody } from "./call_request.ts";
import type { Exchange } from "./exchange.ts";
import type { RunningExchanges } from "./running.ts";

/** What serving the Model Context Protocol needs. */
export interface McpParts {
  /** Answers its requests. */
  readonly server: McpServer;
  /** Ends requests that run, by their session and id. */
  readonly running: Map<string, () => void>;
}

/** What serving calls over HTTP needs; the gateway makes it. */
export interface CallParts {
  /** Methods, gate, observers and bounds of the server. */
  readonly serving: Serving;
  /** The headers of replies. */
  readonly headers: CommonHeaders;
  /** The requests at work. */
  readonly running: RunningExchanges;
  /**
   * Reads the credential of a request.
   *
   * @throws {HttpFault} 400, 401 where it is malformed.
   */
  credentialOf(request: HttpRequest): string | undefined;
  /** Says whose certificate a request came with; absent where none is asked for. */
  readonly identify?: ((request: HttpRequest) => Promise<Principal | null>) | undefined;
  /** Absent where no method is offered as a tool. */
  readonly mcp?: McpParts | undefined;
}

/** Whether a request asks for a reply. */
export function asksForReply(message: Message): boolean {
  if (message.kind === "batch") return message.messages.some(asksForReply);
  return message.kind === "request" || message.kind === "invalid";
}

/** Gives the calls of a message their credential, where they bring none of their own. */
export function giveToken(message: Message, token: string): void {
  if (message.kind === "batch") return message.messages.forEach((each) => giveToken(each, token));
  if (message.kind !== "request" && message.kind !== "notification") return;
  // The message was decoded a moment ago and is nobody else's yet.
  if (message.auth === undefined) (message as { auth: string | undefined }).auth = token;
}

/**
 * Serves the calls of a message.
 *
 * @param exchange The request.
 * @param request The request as it came.
 * @param message The message.
 * @param bytesIn Its length in bytes.
 * @param parts What calls need.
 * @returns Nothing where the calls have begun, or a promise of that.
 */
export function beginCalls(
  exchange: Exchange,
  request: HttpRequest,
  message: Message,
  bytesIn: number,
  parts: CallParts,
): Promise<void> | undefined {
  const begin = () => {
    exchange.route(message, bytesIn);
    if (exchange.dispatcher.running > 0) parts.running.add(exchange);
  };
  const leaving = signOutIn(message);
  if (parts.identify === undefined && leaving === undefined) return void begin();
  return settlePrincipal(exchange, request, leaving, parts).then(begin);
}

/** A certificate stands for its holder in every call. A caller that signs out must be known first. */
async function settlePrincipal(
  exchange: Exchange,
  request: HttpRequest,
  leaving: RequestMessage | undefined,
  { identify, serving: { gate } }: CallParts,
): Promise<void> {
  if (identify !== undefined) exchange.principal = await identify(request);
  if (!await isSomebody(gate, leaving?.auth)) return;
  exchange.principal = await gate.authenticate(leaving?.auth ?? "", "rpc.logout", undefined);
}

function signOutIn(message: Message): RequestMessage | undefined {
  if (message.kind === "batch") return message.messages.map(signOutIn).find((each) => each);
  return message.kind === "request" && message.method === "rpc.logout" ? message : undefined;
}
