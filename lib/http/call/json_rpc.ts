/**
 * `POST /rpc`: one message of JSON-RPC 2.0, or a batch of them, as on every other transport. The reply
 * of a single call has a status that fits its error; that of a batch is 200.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import { decodeLine } from "../../protocol/decode.ts";
import type { Line } from "../../protocol/line.ts";
import type { Message } from "../../protocol/message.ts";
import type { HttpAnswer, HttpReply, HttpRequest } from "../engine/http_message.ts";
import { failureHead } from "../reply/failure.ts";
import { answerBody, bodyType, isSomebody, textOf } from "./call_request.ts";
import { asksForReply, beginCalls, type CallParts, giveToken } from "./calls.ts";
import { Exchange } from "./exchange.ts";
import { errorIn } from "./reply_text.ts";

/**
 * Serves `POST /rpc`.
 *
 * @param request The request.
 * @param parts What calls need.
 * @returns The reply.
 * @throws {HttpFault} For a request that is no call; also as a rejection.
 */
export function serveJsonRpc(request: HttpRequest, parts: CallParts): Promise<HttpAnswer> {
  bodyType(request);
  const token = parts.credentialOf(request);
  return answerBody(request, () => isSomebody(parts.serving.gate, token), (bytes) => {
    const message = decodeLine(textOf(bytes), limits);
    if (token !== undefined) giveToken(message, token);
    const exchange = new Exchange(request, parts.serving);
    exchange.hasCredential = token !== undefined;
    const begun = beginCalls(exchange, request, message, bytes.length, parts);
    return begun === undefined
      ? answer(exchange, message, parts)
      : begun.then(() => answer(exchange, message, parts));
  });
}

function answer(
  exchange: Exchange,
  message: Message,
  parts: CallParts,
): HttpReply | Promise<HttpReply> {
  if (!asksForReply(message)) return { status: 204, headers: parts.headers.none, body: null };
  const reply = exchange.reply();
  return reply instanceof Promise
    ? reply.then((line) => replyOf(line, message, parts))
    : replyOf(reply, message, parts);
}

function replyOf(line: Line, message: Message, { headers: { json } }: CallParts): HttpReply {
  const body = line as string; // without values of its own, an exchange has no raw bytes
  const error = message.kind === "request" || message.kind === "invalid"
    ? errorIn(body, message.id)
    : undefined;
  if (error === undefined) return { status: 200, headers: json, body };
  const { status, headers } = failureHead(error);
  return { status, headers: { ...json, ...headers }, body };
}
