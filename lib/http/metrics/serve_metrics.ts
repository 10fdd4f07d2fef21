/**
 * `GET /metrics` of the gateway: the text for Prometheus, for callers that may call `rpc.metrics`.
 *
 * @module
 */

import { HttpFault } from "../engine/http_fault.ts";
import type { HttpReply, HttpRequest } from "../engine/http_message.ts";
import type { CallParts } from "../call/calls.ts";
import { serveResult } from "../call/method_call.ts";

const METHOD = "rpc.metrics";
const PARAMS = { format: "prometheus" };
/** The text format of Prometheus. */
const TYPE = "text/plain; version=0.0.4; charset=utf-8";

/**
 * Answers the request.
 *
 * @param request The request, whose credential needs the right to `rpc.metrics`.
 * @param parts What calls need.
 * @returns The metrics as text, or the failure of the call.
 * @throws {HttpFault} 404 where the server counts nothing.
 */
export async function serveMetrics(request: HttpRequest, parts: CallParts): Promise<HttpReply> {
  if (!parts.serving.methods.has(METHOD)) {
    throw new HttpFault(404, "This server keeps no metrics");
  }
  const reply = await serveResult(request, METHOD, parts, PARAMS);
  if (reply.status !== 200 || typeof reply.body !== "string") return reply;
  const text: unknown = JSON.parse(reply.body);
  return {
    status: 200,
    headers: { ...parts.headers.text, "content-type": TYPE },
    body: typeof text === "string" ? text : reply.body,
  };
}
