/**
 * Sends replies by node:https.
 *
 * @module
 */

import { Buffer } from "node:buffer"; // counts the bytes of text
import type { IncomingMessage, ServerResponse } from "node:http";
import { after } from "../../base/abort.ts";
import type { HttpReply } from "./http_message.ts";

/**
 * Sends a reply. A client that takes nothing of it for too long is cut.
 *
 * @param request What it answers.
 * @param response Takes it.
 * @param answer The reply.
 * @param options When a client is cut, in milliseconds.
 */
export function sendReply(
  request: IncomingMessage,
  response: ServerResponse,
  answer: HttpReply | Response,
  { stalledPeerMs }: { readonly stalledPeerMs: number },
): void {
  if (response.destroyed) return;
  // The rest of a body that nobody read would be taken for the next request.
  if (!request.complete && hasBody(request)) {
    response.shouldKeepAlive = false;
    response.once("finish", () => request.socket.destroySoon?.());
  }
  const reply = answer instanceof Response ? replyOf(answer) : answer;
  const { status, headers, body } = reply;
  if (body instanceof ReadableStream) {
    response.writeHead(status, { ...headers });
    if (request.method === "HEAD") {
      void body.cancel();
      return void response.end();
    }
    return void pump(body, response, stalledPeerMs);
  }
  // A status without a body says no length of it (RFC 9110 section 8.6).
  if (body === null && (status === 204 || status === 304)) {
    response.writeHead(status, { ...headers });
    return void response.end();
  }
  if (body === null && request.method === "HEAD") {
    response.writeHead(status, { ...headers });
    return void response.end();
  }
  const length = typeof body === "string" ? Buffer.byteLength(body) : body?.length ?? 0;
  response.writeHead(status, { ...headers, "content-length": String(length) });
  if (body === null || request.method === "HEAD") return void response.end();
  response.end(body);
  if (response.writableFinished || response.writableLength === 0) return;
  response.once("close", cutWhenStalled(response, stalledPeerMs));
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

/**
 * Cuts a client that takes nothing of what waits for it.
 *
 * @returns A function that ends the watch.
 */
function cutWhenStalled({ socket }: ServerResponse, stalledPeerMs: number): () => void {
  if (socket === null) return () => {};
  let taken = socket.bytesWritten;
  const look = () => {
    if (socket.bytesWritten === taken) return void socket.destroy();
    taken = socket.bytesWritten;
    forget = after(stalledPeerMs, look);
  };
  let forget = after(stalledPeerMs, look);
  return () => forget();
}

async function pump(
  body: ReadableStream<Uint8Array>,
  response: ServerResponse,
  stalledPeerMs: number,
): Promise<void> {
  const reader = body.getReader();
  let wake = () => {};
  response.on("drain", () => wake());
  response.once("close", () => {
    wake();
    reader.cancel().catch(() => {});
  });
  response.flushHeaders();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      if (response.destroyed) return;
      if (response.write(next.value)) continue;
      const forget = cutWhenStalled(response, stalledPeerMs);
      if (!response.destroyed) await new Promise<void>((resolve) => wake = resolve);
      forget();
    }
    response.end();
  } catch {
    response.destroy(); // the client sees that the body is cut
  }
}

function replyOf(response: Response): HttpReply {
  const headers: Record<string, string> = {};
  const cookies = response.headers.getSetCookie();
  for (const [name, value] of response.headers) headers[name] = value;
  // The one header whose values cannot be joined (RFC 6265 section 3).
  if (cookies.length > 1) Object.assign(headers, { "set-cookie": cookies });
  return { status: response.status, headers, body: response.body };
}
