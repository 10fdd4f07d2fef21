/**
 * Recognises peers that speak something else. A web page can make a browser send a request with any
 * body to a port of this machine: nothing behind its first line may be taken for a message.
 *
 * @module
 */

import { TransportError } from "../../base/errors.ts";
import { parseOversizeLine } from "../../base/text/oversize_line.ts";
import { encodeError } from "../../protocol/encode.ts";

/** RFC 9112, section 3: method SP request-target SP HTTP-version. */
const REQUEST_LINE = /^\S+ \S+ HTTP\//;
/** How JSON messages and batches begin. */
const JSON_START = /^\s*[{[]/;

/** What a URL of HTTPS leaves out. */
const HTTPS_PORT = "443";
/** What listens on all addresses of a machine. */
const ANY_HOST: ReadonlySet<string> = new Set(["0.0.0.0", "[::]"]);

/** What an HTTP client is told. */
const HTTP_ANSWER = [
  "HTTP/1.1 400 Bad Request",
  "Content-Type: text/plain; charset=utf-8",
  "X-Content-Type-Options: nosniff",
  "Connection: close",
  "",
  "This port speaks dari/1, not HTTP",
].join("\r\n");

/**
 * What the other side is told before a connection is closed because of what it sent.
 *
 * @param error What reading from it threw.
 * @param httpsAt Where the server speaks HTTP, if it does.
 * @returns The text, without LF; `undefined` where the connection broke.
 */
export function lastWords(error: unknown, httpsAt?: string): string | undefined {
  if (!(error instanceof TransportError)) return undefined;
  if (error.code === "invalid_request") {
    return httpsAt === undefined
      ? `${HTTP_ANSWER}.`
      : `${HTTP_ANSWER}; the HTTPS gateway of this server is at ${reachable(httpsAt)}`;
  }
  return error.code === "resource_exhausted" ? encodeError(null, error) : undefined;
}

/** An address that means all of the machine's is none that a client can connect to. */
function reachable(address: string): string {
  const { hostname, port } = new URL(address);
  return ANY_HOST.has(hostname) ? `port ${port || HTTPS_PORT} of this host` : address;
}

/**
 * Looks at a line that is no message.
 *
 * @param line The line, without LF.
 * @throws {TransportError} `invalid_request` for the first line of an HTTP request,
 * `resource_exhausted` for a line that was too long and cannot have been a message.
 */
export function refuseForeignProtocol(line: string): void {
  if (REQUEST_LINE.test(line)) {
    throw new TransportError("invalid_request", "It sent an HTTP request, and this is dari/1");
  }
  const oversize = parseOversizeLine(line);
  if (oversize === undefined || JSON_START.test(oversize.head)) return;
  const { bytes, maxBytes } = oversize;
  throw new TransportError(
    "resource_exhausted",
    `A line has ${bytes} bytes, at most ${maxBytes} are taken, and it is no message`,
    { retryable: false },
  );
}
