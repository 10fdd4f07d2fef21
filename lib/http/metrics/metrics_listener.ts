/**
 * `GET /metrics` by plain HTTP, for a server without a gateway and for a Prometheus beside it.
 *
 * A page that a browser of this machine shows must not read it. Its own origin is another one, so it
 * would have to point a name of its own here (DNS rebinding): names other than those of this machine
 * are refused.
 *
 * @module
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { TransportError } from "../../base/errors.ts";
import { reasonOf } from "../../base/file/reason.ts";
import { limits } from "../../base/limits.ts";
import { type HostAddress, hostAndPort } from "../../transport/address.ts";
import { commonHeaders } from "../reply/common_headers.ts";

/** What {@linkcode listenMetrics} works with. */
export interface MetricsListenerOptions {
  /** Gives the text. */
  readonly read: () => string;
  /** Its media type. */
  readonly type: string;
  /** Names of this machine, beside `localhost` and every address, by which it may be asked. */
  readonly names: readonly string[];
}

/** A port that answers. */
export interface MetricsListener {
  /** The real port. */
  readonly port: number;
  /** Ends it and its connections. */
  close(): void;
}

const PATH = "/metrics";
const ADDRESS = /^(?:\[[0-9a-f:.]+\]|\d{1,3}(?:\.\d{1,3}){3})$/;

/**
 * Listens.
 *
 * @param at Where.
 * @param options What is answered.
 * @returns What listens.
 * @throws {TransportError} `unavailable` when the port is in use.
 */
export async function listenMetrics(
  at: HostAddress,
  options: MetricsListenerOptions,
): Promise<MetricsListener> {
  const server = createServer({
    headersTimeout: limits.metricsRequestMs,
    requestTimeout: limits.metricsRequestMs,
    keepAliveTimeout: limits.httpKeepAliveMs,
    connectionsCheckingInterval: limits.httpTimeoutCheckMs,
    maxHeaderSize: limits.maxHttpHeaderBytes,
  }, (request, response) => answer(request, response, options));
  server.maxConnections = limits.maxMetricsConnections;
  // A client that reads nothing is cut, even while a request is being answered.
  server.setTimeout(limits.metricsRequestMs, (socket) => void socket.destroy());
  server.on("clientError", (_error, socket) => void socket.destroy());
  await bind(server, at);
  const { port } = server.address() as { port: number };
  return {
    port,
    close(): void {
      server.close();
      server.closeAllConnections();
    },
  };
}

const { text: TEXT } = commonHeaders(false);

function answer(
  { method, url = "", headers: { host } }: IncomingMessage,
  response: ServerResponse,
  { read, type, names }: MetricsListenerOptions,
): void {
  const refuse = (status: number, why: string, more: Record<string, string> = {}) =>
    void response.writeHead(status, { ...TEXT, ...more }).end(`${why}\n`);
  if (!isOwnHost(host, names)) return refuse(421, "This host is not served here");
  if (url.split("?", 1)[0] !== PATH) return refuse(404, `There is ${PATH} here, and nothing else`);
  if (method !== "GET" && method !== "HEAD") {
    return refuse(405, "This path takes GET", { allow: "GET, HEAD" });
  }
  const body = new TextEncoder().encode(read());
  response.writeHead(200, {
    ...TEXT,
    "content-type": type,
    "content-length": body.length,
    "cross-origin-resource-policy": "same-origin",
  }).end(method === "HEAD" ? undefined : body);
}

/** An address was typed by somebody; a name may be anybody's (DNS rebinding). */
function isOwnHost(host: string | undefined, names: readonly string[]): boolean {
  const name = host?.toLowerCase().replace(/:\d*$/, "") ?? "";
  return name === "localhost" || ADDRESS.test(name) || names.includes(name);
}

async function bind(server: Server, { host, port }: HostAddress): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", (cause: Error & { code?: string }) => {
    const reason = cause.code === "EADDRINUSE"
      ? "the port is in use; stop the other program or choose another port"
      : reasonOf(cause);
    const message = `Cannot listen for metrics on ${hostAndPort(host, port)}: ${reason}`;
    reject(new TransportError("unavailable", message, { cause }));
  });
  server.listen({ port, host }, resolve);
  await promise;
}
