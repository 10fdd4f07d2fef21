/**
 * The HTTPS gateway of a server: the same methods, identity and errors by HTTP.
 *
 * @module
 */

import type { Principal } from "../auth/policy/principal.ts";
import { reasonOf } from "../base/file/reason.ts";
import { limits } from "../base/limits.ts";
import type { McpServer } from "../mcp/mcp_server.ts";
import type { ServedConnection } from "../rpc/served_connection.ts";
import type { CallSource, Serving } from "../rpc/server/call_source.ts";
import type { Connection, Peer, PeerCertificate } from "../transport/connection.ts";
import { WEB_SOCKET_PATH } from "../transport/websocket/handshake.ts";
import { isSomebody } from "./call/call_request.ts";
import type { CallParts } from "./call/calls.ts";
import { RunningExchanges } from "./call/running.ts";
import type { Engine } from "./engine/engine.ts";
import { HttpFault } from "./engine/http_fault.ts";
import type {
  HttpAnswer,
  HttpHandler,
  HttpReply,
  HttpRequest,
  ReplyHeaders,
} from "./engine/http_message.ts";
import type { HttpsOptions } from "./gateway_options.ts";
import { credentialOf, refuseCredentialInQuery } from "./identity/credential.ts";
import { Origins } from "./identity/origins.ts";
import { TrustedProxies } from "./identity/trusted_proxies.ts";
import { commonHeaders } from "./reply/common_headers.ts";
import { faultReply } from "./reply/failure.ts";
import { owe } from "./reply/owed_bytes.ts";
import { type Route, routeOf } from "./routes.ts";
import { OwnPages, type ReadPages } from "./static/own_pages.ts";
import { StaticFiles } from "./static/static_files.ts";

/** What a gateway is made with. */
export interface GatewayParts {
  /** Methods, gate, observers and bounds of the server. */
  readonly serving: Serving;
  /** What the program asked for. */
  readonly options: HttpsOptions;
  /** Whether its address is of this machine alone. */
  readonly isLoopback: boolean;
  /** Whether clients are asked for certificates. */
  readonly asksForCertificates: boolean;
  /** Offers methods as tools to models. */
  readonly mcp?: McpServer | undefined;
  /** Serves a WebSocket as any connection of the server. */
  readonly attach: (connection: Connection, principal: Principal | null) => Promise<void>;
  /** Reads the gateway's own pages. */
  readonly readPages: ReadPages;
  /** Hears of what failed and no caller is told. */
  readonly tell: (line: string, level: "warn") => void;
}

/** The gateway of one server. Its engines are opened with it, and given to it by `listen`. */
export class Gateway implements CallSource, HttpHandler {
  readonly #parts: CallParts;
  readonly #options: HttpsOptions;
  readonly #origins: Origins;
  readonly #proxies: TrustedProxies;
  readonly #files: StaticFiles | undefined;
  /** Absent where the program wants none. */
  readonly #pages: OwnPages | undefined;
  readonly #attach: GatewayParts["attach"];
  readonly #tell: (line: string, level: "warn") => void;
  /** The WebSockets, each from its request to its end; the server closes them. */
  readonly #webSockets = new Set<Promise<void>>();
  /** Given by `listen`, stopped and closed by `stop`. */
  #engines: readonly Engine[] = [];
  #address: string;
  /** Those of certificates, by the certificate, which is one object for each connection. */
  readonly #principals = new WeakMap<PeerCertificate, Principal>();
  /** Those that ended before their time. */
  readonly #revoked = new WeakSet<Principal>();
  #isStopping = false;

  /**
   * @param parts What it is made with.
   * @throws {DariError} `usage`, `configuration` for options that cannot be used.
   */
  constructor(parts: GatewayParts) {
    const { serving, options, isLoopback, asksForCertificates, mcp, attach, readPages, tell } =
      parts;
    const headers = commonHeaders(options.hsts ?? !isLoopback);
    this.#options = options;
    this.#address = options.listen;
    this.#attach = attach;
    if (options.page !== false) this.#pages = new OwnPages(readPages, headers.file);
    this.#tell = tell;
    this.#origins = new Origins(options.origins ?? []);
    this.#proxies = new TrustedProxies(options.trustedProxies ?? []);
    this.#files = options.static === undefined
      ? undefined
      : new StaticFiles(options.static, headers.file);
    this.#parts = {
      serving,
      headers,
      running: new RunningExchanges(options.maxRequests ?? limits.maxHttpRequests),
      credentialOf,
      mcp: mcp && { server: mcp, running: new Map() },
      identify: asksForCertificates ? (request) => this.#identify(request.peer) : undefined,
    };
  }

  /** Where it listens. */
  get address(): string {
    return this.#address;
  }

  /** How many handlers are at work. */
  get running(): number {
    return this.#parts.running.handlers;
  }

  /** The requests at work. */
  get openConnections(): ServedConnection[] {
    return this.#parts.running.openConnections;
  }

  /**
   * Takes the engines that were opened with it.
   *
   * @param address Where they listen, with the real port.
   * @param engines The engines; the gateway owns and closes them.
   */
  listen(address: string, engines: readonly Engine[]): void {
    this.#address = address;
    this.#engines = engines;
  }

  revoke(principal: Principal): void {
    this.#revoked.add(principal);
    this.#parts.running.revoke(principal);
  }

  async stop(drainTimeoutMs: number): Promise<number> {
    this.#isStopping = true;
    const { running, serving } = this.#parts;
    // Deno.serve ends its WebSockets when it stops: those that finish their calls come first.
    const stopped = Promise.all(this.#webSockets)
      .then(() => this.#engines.forEach((engine) => engine.stop()));
    const cut = await running.end(drainTimeoutMs, serving.observer.callCut);
    await stopped;
    await Promise.resolve(); // what was cut is answered first
    await Promise.all(this.#engines.map((engine) => engine.close()));
    return cut;
  }

  handle(request: HttpRequest): HttpAnswer | Promise<HttpAnswer> {
    return this.#answer(this.#proxies.seenThrough(request));
  }

  #answer(request: HttpRequest): HttpAnswer | Promise<HttpAnswer> {
    const { target } = request;
    const query = target.indexOf("?");
    const path = query < 0 ? target : target.slice(0, query);
    if (path === WEB_SOCKET_PATH) return this.#openWebSocket(request);
    const route = routeOf(path);
    if (route === undefined || (route.isMcp && this.#parts.mcp === undefined)) {
      return this.#serveOther(request, path);
    }
    if (query >= 0) refuseCredentialInQuery(target);
    const allowed = route.isOpen === true ? undefined : this.#origins.check(request);
    if (request.method === "OPTIONS") {
      return this.#origins.preflight(request, this.#parts.headers.none);
    }
    const answer = this.#serve(route, request, path);
    if (allowed === undefined) return answer;
    return Promise.resolve(answer).catch((error) => this.failed(error))
      .then((ready) => withHeaders(ready, allowed));
  }

  /** From here on it is a connection as any other, signed in by the request's credential. */
  async #openWebSocket(request: HttpRequest): Promise<HttpAnswer> {
    refuseCredentialInQuery(request.target);
    this.#origins.check(request);
    if (this.#isStopping) throw stopping();
    if (request.method !== "GET") throw new HttpFault(405, "This path takes GET", { allow: "GET" });
    const principal = await this.#signedIn(request);
    const { answer, connection } = await request.webSocket({ ...request.peer, transport: "wss" });
    const ended = this.#attach(connection, principal);
    this.#webSockets.add(ended);
    ended.finally(() => this.#webSockets.delete(ended));
    return answer;
  }

  /** A browser sends a cookie by itself, also one that is not good any more: that is a stranger. */
  async #signedIn(request: HttpRequest): Promise<Principal | null> {
    const token = credentialOf(request);
    if (token === undefined) return null;
    const { gate } = this.#parts.serving;
    if (await isSomebody(gate, token)) return await gate.authenticate(token, "", undefined);
    if (request.header("authorization") === null) return null;
    const message = "The credential in Authorization is not valid; sign in again";
    throw new HttpFault(401, message, { "www-authenticate": "Bearer" });
  }

  #serve(route: Route, request: HttpRequest, path: string): HttpAnswer | Promise<HttpAnswer> {
    const { method } = request;
    const handler = method === "POST" ? route.POST : isRead(method) ? route.GET : undefined;
    if (handler === undefined) throw wrongMethod(route);
    if (route.isOpen !== true) {
      if (this.#isStopping) throw stopping();
      this.#parts.running.checkRoom();
    }
    return handler(request, this.#parts, path);
  }

  async #serveOther(request: HttpRequest, path: string): Promise<HttpAnswer> {
    if (this.#isStopping) throw stopping();
    if (isRead(request.method)) {
      const file = await this.#files?.serve(request, path);
      if (file !== undefined) return file;
    }
    const { fetch } = this.#options;
    // The root is the program's own where it has something to say there.
    if (isRead(request.method) && (path !== "/" || fetch === undefined)) {
      const page = await this.#pages?.serve(path);
      if (page !== undefined) return page;
    }
    if (fetch === undefined) throw new HttpFault(404, "There is nothing at this path");
    return await fetch(request.toRequest(), {
      peer: request.peer,
      principal: () => this.#principalOf(request),
    });
  }

  async #principalOf(request: HttpRequest): Promise<Principal | null> {
    const { identify, serving: { gate } } = this.#parts;
    const token = credentialOf(request);
    if (token !== undefined && await isSomebody(gate, token)) {
      return await gate.authenticate(token, "", undefined);
    }
    return await identify?.(request) ?? null;
  }

  /** The principal of a certificate; asked once a connection, and again when the answer has ended. */
  async #identify(peer: Peer): Promise<Principal | null> {
    const { certificate } = peer;
    if (certificate === undefined) return null;
    const known = this.#principals.get(certificate);
    if (known !== undefined && !this.#revoked.has(known)) return known;
    const principal = await this.#parts.serving.gate.identify(peer);
    if (principal !== null) this.#principals.set(certificate, principal);
    return principal;
  }

  owe(bytes: number): () => void {
    return owe(this.#parts.serving.shared, bytes);
  }

  failed(error: unknown): HttpReply {
    const { problem } = this.#parts.headers;
    if (error instanceof HttpFault) return faultReply(error, problem);
    this.#tell(`A request failed: ${reasonOf(error)}`, "warn");
    return faultReply(new HttpFault(500, "The server could not answer the request"), problem);
  }
}

function isRead(method: string): boolean {
  return method === "GET" || method === "HEAD";
}

function wrongMethod(route: Route): HttpFault {
  const allow = [route.GET && "GET, HEAD", route.POST && "POST"].filter(Boolean).join(", ");
  return new HttpFault(405, `This path takes ${allow}`, { allow });
}

function stopping(): HttpFault {
  return new HttpFault(503, "The server is stopping; connect again", { "retry-after": "1" });
}

function withHeaders(answer: HttpAnswer, more: ReplyHeaders): HttpAnswer {
  if (answer === undefined) return answer;
  if (answer instanceof Response) {
    for (const [name, value] of Object.entries(more)) answer.headers.set(name, value);
    return answer;
  }
  return { ...answer, headers: { ...answer.headers, ...more } };
}
