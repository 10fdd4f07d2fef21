/**
 * The engine over node:https, whose handshake chooses between HTTP/1.1 and HTTP/2: slow bodies are answered
 * with 408, too many headers with 431, and client certificates are asked for where their authorities are
 * known. HTTP/1.1 is node's, and HTTP/2 that of `../h2`, since a client can end a process with node's.
 *
 * @module
 */

import { createServer, type Server, type ServerOptions } from "node:https";
import { type IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import { settlesWithin } from "../../base/abort.ts";
import { TransportError } from "../../base/errors.ts";
import { reasonOf } from "../../base/file/reason.ts";
import { limits } from "../../base/limits.ts";
import { HostGroups } from "../../base/peer/host_groups.ts";
import { peerHost } from "../../base/peer/peer_host.ts";
import type { TlsCredentials } from "../../transport/tls/key_pair.ts";
import { type CheckedCertificate, NO_CERTIFICATE } from "../engine/checked_certificate.ts";
import type { Engine, EngineOptions } from "../engine/engine.ts";
import { bracketed } from "../engine/https_peer.ts";
import { HttpFault } from "../engine/http_fault.ts";
import type { HttpAnswer } from "../engine/http_message.ts";
import { Http2Sessions, type Http2Socket } from "../h2/sessions.ts";
import { Pipelines } from "./pipelines.ts";
import { StalledClients } from "../engine/stalled_clients.ts";
import { refuseBytes } from "./refuse_bytes.ts";
import { sendReply } from "./strict_reply.ts";
import { formFault, StrictRequest } from "./strict_request.ts";

/** The name of HTTP/2 in a handshake (RFC 9113 section 3.1). */
const HTTP2 = "h2";

const NOT_CHECKED: CheckedCertificate = Object.freeze({ fault: "its certificate was not checked" });

/**
 * Opens the engine.
 *
 * @param options Where, with which certificate, and who answers.
 * @returns The engine, which listens.
 * @throws {TransportError} `unavailable` when the port is in use.
 */
export async function openStrictEngine(options: EngineOptions): Promise<StrictEngine> {
  const server = createServer({
    ...contextOf(options.credentials, options),
    requestCert: options.clients !== undefined,
    // A client without a certificate may still sign in; a wrong one is refused with a status.
    rejectUnauthorized: false,
    ALPNProtocols: [HTTP2, "http/1.1"],
    handshakeTimeout: Math.min(options.handshakeTimeoutMs, limits.maxTimerMs),
    headersTimeout: options.headersTimeoutMs,
    requestTimeout: options.requestTimeoutMs,
    keepAliveTimeout: options.keepAliveMs,
    connectionsCheckingInterval: Math.min(limits.httpTimeoutCheckMs, options.headersTimeoutMs),
    maxHeaderSize: limits.maxHttpHeaderBytes,
    insecureHTTPParser: false,
    noDelay: true,
  } as ServerOptions);
  await bind(server, options);
  return new StrictEngine(server, options);
}

/** A node:https server that listens. */
export class StrictEngine implements Engine {
  readonly port: number;
  readonly #server: Server;
  readonly #options: EngineOptions;
  /** Each from its TCP connection to its end, also by its host. */
  readonly #sockets = new Set<Duplex>();
  readonly #byHost = new HostGroups<Duplex>();
  readonly #pipelines: Pipelines;
  /** What became of the certificate of each connection, from the end of its handshake. */
  readonly #checked = new WeakMap<object, Promise<CheckedCertificate> | CheckedCertificate>();
  /** Each from the end of its handshake to its end. */
  readonly #stalled: StalledClients;
  /** Resolved when the port and all its connections are closed. */
  readonly #closed = Promise.withResolvers<void>();
  readonly #http2: Http2Sessions;
  /** Node's own, which serves a connection of HTTP/1.1. */
  readonly #serveHttp1: (socket: TLSSocket) => void;
  #isStopped = false;

  /**
   * @param server The server, which listens.
   * @param options The options of {@linkcode openStrictEngine}.
   */
  constructor(server: Server, options: EngineOptions) {
    this.#server = server;
    this.#options = options;
    this.#pipelines = new Pipelines((socket, reason) => this.#refuse(socket, reason));
    this.#stalled = new StalledClients(options.stalledPeerMs);
    this.#http2 = new Http2Sessions({
      times: options,
      handler: options.handler,
      stalled: this.#stalled,
      onRefused: options.onRefused,
    });
    const [serveHttp1] = server.listeners("secureConnection");
    this.#serveHttp1 = serveHttp1!.bind(server) as (socket: TLSSocket) => void;
    server.removeAllListeners("secureConnection");
    this.port = (server.address() as { port: number }).port;
    server.maxConnections = options.maxConnections;
    server.maxHeadersCount = 0; // node would drop those beyond; `formFault` refuses them
    server.on("connection", (socket: Duplex) => this.#connected(socket));
    server.on("secureConnection", (socket: TLSSocket) => this.#secured(socket));
    server.on("tlsClientError", (_error: Error, socket: TLSSocket) => void socket.destroy());
    server.on("clientError", refuseBytes);
    server.on("request", (request, response) => this.#serve(request, response));
    server.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head));
    server.on("close", () => this.#closed.resolve());
    server.on("error", () => {}); // of a `listen`, which rejects for it
  }

  reload(credentials: TlsCredentials): Promise<void> {
    this.#server.setSecureContext(contextOf(credentials, this.#options));
    return Promise.resolve();
  }

  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#http2.stop();
    this.#server.close();
    this.#server.closeIdleConnections();
  }

  async close(): Promise<void> {
    this.stop();
    // The last replies are on their way.
    await settlesWithin(this.#closed.promise, limits.lingerMs);
    this.#server.closeAllConnections();
    for (const socket of this.#sockets) socket.destroy();
    await this.#closed.promise;
  }

  #connected(socket: Duplex): void {
    const address = addressOf(socket);
    const host = peerHost(address);
    const has = this.#byHost.countOf(host);
    if (has >= this.#options.maxConnectionsPerPeer) {
      return this.#refuse(socket, `${has} connections of its address are open`);
    }
    this.#sockets.add(socket);
    this.#byHost.add(host, socket);
    socket.once("close", () => {
      this.#sockets.delete(socket);
      this.#byHost.delete(host, socket);
    });
    socket.on("error", () => {}); // the client may go before its handshake is over
  }

  #refuse(socket: Duplex, reason: string): void {
    socket.destroy();
    this.#options.onRefused(addressOf(socket), reason);
  }

  #secured(socket: TLSSocket): void {
    socket.on("error", () => {});
    socket.setMaxListeners(0); // several requests of a connection wait for its end
    this.#stalled.add(socket);
    socket.once("close", () => this.#stalled.delete(socket));
    const { clients } = this.#options;
    const checked = clients === undefined
      ? NO_CERTIFICATE
      : this.#check(socket, clients).catch((error) => ({ fault: reasonOf(error) }));
    if (socket.alpnProtocol === HTTP2) {
      return this.#http2.serve(socket as unknown as Http2Socket, addressOf(socket), checked);
    }
    this.#checked.set(socket, checked);
    this.#serveHttp1(socket);
  }

  async #check(
    socket: TLSSocket,
    clients: NonNullable<EngineOptions["clients"]>,
  ): Promise<CheckedCertificate> {
    const { certificate, fault } = await clients.check(socket);
    if (fault !== undefined) {
      this.#options.onRefused(addressOf(socket), fault);
      return { fault };
    }
    if (certificate !== undefined) {
      socket.once("close", clients.watch(certificate, () => socket.destroy()));
    } else if (clients.required) {
      return { fault: "a client certificate is required here, and the connection has none" };
    }
    return { certificate };
  }

  /** A request that asks for another protocol gets an answer of HTTP first, or becomes a WebSocket. */
  #upgrade(request: IncomingMessage, socket: Duplex, head: Uint8Array): void {
    const response = new ServerResponse(request);
    response.assignSocket(socket as TLSSocket);
    response.shouldKeepAlive = false; // node reads no further request of this connection
    response.once("finish", () => (socket as TLSSocket).destroySoon());
    this.#serve(request, response, head);
  }

  #serve(request: IncomingMessage, response: ServerResponse, head?: Uint8Array): void {
    // Without a socket it waits behind another request of its connection.
    if (response.socket === null && !this.#pipelines.take(request, response)) return;
    const checked = this.#checked.get(request.socket) ??
      (this.#options.clients === undefined ? NO_CERTIFICATE : NOT_CHECKED);
    if (!(checked instanceof Promise)) return this.#answer(request, response, checked, head);
    checked.then((ready) => this.#answer(request, response, ready, head));
  }

  #answer(
    request: IncomingMessage,
    response: ServerResponse,
    { fault: refusal, certificate }: CheckedCertificate,
    head: Uint8Array | undefined,
  ): void {
    const { handler } = this.#options;
    const owe = (bytes: number) => handler.owe(bytes);
    const send = (answer: HttpAnswer) => {
      if (answer === undefined) return; // it is a WebSocket now
      if (this.#isStopped) response.shouldKeepAlive = false;
      try {
        sendReply(request, response, answer, owe);
      } catch {
        response.destroy(); // a header of the program's own handler cannot be sent
      }
    };
    const failed = (error: unknown) => send(handler.failed(error));
    const fault = formFault(request) ??
      (refusal === undefined ? undefined : new HttpFault(403, refusal));
    if (fault !== undefined) {
      response.shouldKeepAlive = false;
      return failed(fault);
    }
    try {
      const answer = handler.handle(new StrictRequest(request, response, certificate, head));
      if (answer instanceof Promise) answer.then(send, failed);
      else send(answer);
    } catch (error) {
      failed(error);
    }
  }
}

function addressOf(socket: Duplex): string {
  const { remoteAddress = "", remotePort = 0 } = socket as Partial<TLSSocket>;
  return `${bracketed(remoteAddress)}:${remotePort}`;
}

function contextOf({ cert, key, clientCa }: TlsCredentials, { tlsMin = "1.2" }: EngineOptions) {
  return {
    cert,
    key,
    minVersion: `TLSv${tlsMin}` as const,
    ...(clientCa === undefined ? {} : { ca: clientCa.match(CERTIFICATE) ?? [] }),
  };
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

async function bind(server: Server, { host, port }: EngineOptions): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onError = (cause: Error & { code?: string }) => {
    const reason = cause.code === "EADDRINUSE"
      ? "the port is in use; stop the other program or choose another port"
      : reasonOf(cause);
    const where = `${bracketed(host)}:${port}`;
    reject(new TransportError("unavailable", `Cannot listen on ${where}: ${reason}`, { cause }));
  };
  server.once("error", onError);
  server.listen({ port, host, backlog: limits.listenBacklog }, resolve);
  await promise.finally(() => server.off("error", onError));
}
