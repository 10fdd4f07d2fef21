/**
 * Sends replies by node:https.
 *
 * @module
 */

import { Buffer } from "node:buffer"; // counts the bytes of text
import type { IncomingMessage, ServerResponse } from "node:http";
import { limits } from "../../base/limits.ts";
import type { HttpHandler, HttpReply } from "../engine/http_message.ts";

const { maxHttpPieceBytes: PIECE_BYTES, freeReplyBytes: FREE_BYTES } = limits;

/**
 * Sends a reply.
 *
 * @param request What it answers.
 * @param response Takes it.
 * @param answer The reply.
 * @param owe Counts a body that waits for its reader.
 */
export function sendReply(
  request: IncomingMessage,
  response: ServerResponse,
  answer: HttpReply | Response,
  owe: HttpHandler["owe"],
): void {
  if (response.destroyed) return;
  // The rest of a body that nobody read would be taken for the next request.
  if (!request.complete && hasBody(request)) {
    response.shouldKeepAlive = false;
    response.once("finish", () => request.socket.destroySoon?.());
  }
  const { status, headers, body } = answer instanceof Response ? replyOf(answer) : answer;
  const isHead = request.method === "HEAD";
  if (body instanceof ReadableStream) {
    response.writeHead(status, { ...headers });
    if (!isHead) return void sendStream(body, response);
    void body.cancel();
    return void response.end();
  }
  // A status without a body says no length of it (RFC 9110 section 8.6).
  if (body === null && (status === 204 || status === 304 || isHead)) {
    response.writeHead(status, { ...headers });
    return void response.end();
  }
  const length = typeof body === "string" ? Buffer.byteLength(body) : body?.length ?? 0;
  response.writeHead(status, { ...headers, "content-length": String(length) });
  if (body === null || isHead) return void response.end();
  if (length > FREE_BYTES) untilGone(request, response, owe(length));
  if (length <= PIECE_BYTES) return void response.end(body);
  void sendPieces(typeof body === "string" ? Buffer.from(body) : body, response);
}

/** The response to a request that waits behind another does not hear that its connection closes. */
function untilGone({ socket }: IncomingMessage, response: ServerResponse, paid: () => void): void {
  response.once("close", paid);
  if (response.socket !== null) return;
  socket.once("close", paid);
  response.once("close", () => socket.off("close", paid));
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

/** Writes chunks to a client as it takes them. */
class PacedWriter {
  readonly #response: ServerResponse;
  /** Ends the wait for the client; replaced by each wait. */
  #wake = () => {};

  constructor(response: ServerResponse) {
    this.#response = response;
    response.on("drain", () => this.#wake());
    response.once("close", () => this.#wake());
  }

  /**
   * Writes a chunk.
   *
   * @returns Whether the client is still there, once it can take more.
   */
  async write(chunk: Uint8Array): Promise<boolean> {
    const response = this.#response;
    if (response.destroyed) return false;
    if (!response.write(chunk) && !response.destroyed) {
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    return !response.destroyed;
  }
}

/** A long body leaves in pieces: what the client has taken is only seen between two writes. */
async function sendPieces(body: Uint8Array, response: ServerResponse): Promise<void> {
  const writer = new PacedWriter(response);
  for (let at = 0; at < body.length; at += PIECE_BYTES) {
    if (!await writer.write(body.subarray(at, at + PIECE_BYTES))) return;
  }
  response.end();
}

async function sendStream(
  body: ReadableStream<Uint8Array>,
  response: ServerResponse,
): Promise<void> {
  const reader = body.getReader();
  const writer = new PacedWriter(response);
  response.once("close", () => void reader.cancel().catch(() => {}));
  response.flushHeaders();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      if (!await writer.write(next.value)) return;
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
