/**
 * The gateway's own paths.
 *
 * @module
 */

import type { CallParts } from "./call/calls.ts";
import { serveJsonRpc } from "./call/json_rpc.ts";
import { METHOD_PATH, serveMethod, serveResult, serveStream } from "./call/method_call.ts";
import type { HttpAnswer, HttpReply, HttpRequest } from "./engine/http_message.ts";
import { serveMcp } from "./mcp/serve_mcp.ts";
import { serveMetrics } from "./metrics/serve_metrics.ts";
import {
  addPasskey,
  passkeyOptions,
  passkeySignIn,
  passkeySignInOptions,
} from "./identity/passkeys.ts";
import { signIn, signOut } from "./identity/sign_in.ts";

/** Answers a request of one method to one path. */
export type RouteHandler = (
  request: HttpRequest,
  parts: CallParts,
  path: string,
) => HttpAnswer | Promise<HttpAnswer>;

/** One path. */
export interface Route {
  /** Answers GET, and HEAD without the body. */
  readonly GET?: RouteHandler;
  /** Answers POST. */
  readonly POST?: RouteHandler;
  /** Whether pages of foreign origins may ask, since it tells nothing. */
  readonly isOpen?: boolean;
  /** Whether it is there only where methods are offered as tools. */
  readonly isMcp?: boolean;
}

/** The paths by name. */
const routes: ReadonlyMap<string, Route> = new Map<string, Route>([
  ["/rpc", { POST: serveJsonRpc }],
  ["/openrpc.json", { GET: (request, parts) => serveResult(request, "rpc.discover", parts) }],
  ["/metrics", { GET: serveMetrics }],
  ["/mcp", { POST: serveMcp, isMcp: true }],
  ["/login", { POST: signIn }],
  ["/login/passkey/options", { POST: passkeySignInOptions }],
  ["/login/passkey", { POST: passkeySignIn }],
  ["/logout", { POST: signOut }],
  ["/login/passkey/add/options", { POST: passkeyOptions }],
  ["/login/passkey/add", { POST: addPasskey }],
  ["/healthz", { GET: (_request, { headers }) => said(200, "ok", headers.text), isOpen: true }],
  ["/readyz", { GET: (_request, parts) => readiness(parts), isOpen: true }],
]);

/** The path of each method, by its name behind `/rpc/`. */
const methods: Route = {
  GET: (request, parts, path) => serveStream(request, path, parts),
  POST: (request, parts, path) => serveMethod(request, path, parts),
};

/**
 * Finds the route of a path.
 *
 * @param path The path, without its query.
 * @returns The route; `undefined` for a path that is not the gateway's own.
 */
export function routeOf(path: string): Route | undefined {
  return routes.get(path) ?? (path.startsWith(METHOD_PATH) ? methods : undefined);
}

/** The process lives; whether it takes calls is another question, which load balancers ask. */
function readiness({ serving, headers }: CallParts): HttpReply {
  const status = serving.health.status("");
  return said(status === "SERVING" ? 200 : 503, status, headers.text);
}

function said(status: number, text: string, headers: HttpReply["headers"]): HttpReply {
  return { status, headers, body: `${text}\n` };
}
