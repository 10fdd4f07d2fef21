/**
 * Answers to bytes that are no request of HTTP/1.1.
 *
 * @module
 */

import type { Duplex } from "node:stream"; // a connection of node:https
import { limits } from "../../base/limits.ts";
import { problemText } from "../engine/problem.ts";

/**
 * Answers bytes that are no request: too slow, too many headers, or of a form that is smuggled.
 *
 * @param error What node:http says of them.
 * @param socket Their connection, which ends with the answer.
 */
export function refuseBytes(error: Error & { code?: string }, socket: Duplex): void {
  if (!socket.writable) return void socket.destroy();
  const [status, detail] = statusOf(error.code);
  const body = problemText(status, detail);
  socket.end([
    `HTTP/1.1 ${status} ${PHRASES[status]}`,
    "Content-Type: application/problem+json",
    `Content-Length: ${new TextEncoder().encode(body).length}`,
    "X-Content-Type-Options: nosniff",
    "Connection: close",
    "",
    body,
  ].join("\r\n"));
}

const PHRASES: Readonly<Record<number, string>> = {
  400: "Bad Request",
  408: "Request Timeout",
  413: "Content Too Large",
  431: "Request Header Fields Too Large",
};

function statusOf(code: string | undefined): [number, string] {
  switch (code) {
    case "HPE_HEADER_OVERFLOW":
      return [431, `The headers have more than ${limits.maxHttpHeaderBytes} bytes`];
    case "HPE_CHUNK_EXTENSIONS_OVERFLOW":
      return [413, "The extensions of the body's chunks are too long"];
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return [408, "The request did not come whole in time"];
    default:
      return [400, `The bytes are no HTTP/1.1 request (${code ?? "unknown"})`];
  }
}
