/**
 * The engine over Deno.serve. It speaks HTTP/1.1 and HTTP/2. It has no time-outs for slow requests and
 * asks for no client certificates, so it is for loopback, and for servers behind a proxy.
 *
 * @module
 */

import { delay, settlesWithin } from "../../base/abort.ts";
import { TransportError } from "../../base/errors.ts";
import { reasonOf } from "../../base/file/reason.ts";
import { limits } from "../../base/limits.ts";
import { byteLength } from "../../base/text/byte_length.ts";
import { longerPause } from "../../transport/accept.ts";
import type { CertificateAndKey } from "../../transport/tls/key_pair.ts";
import type { Engine, EngineOptions } from "./engine.ts";
import { FastRequest, type Sender } from "./fast_request.ts";
import { bracketed } from "./https_peer.ts";
import type { HttpAnswer, HttpHandler, HttpReply } from "./http_message.ts";
import { pacedBody } from "./paced_body.ts";

/** A port that Deno.serve listens on; for a new certificate it is closed and opened again. */
export class FastEngine implements Engine {
  readonly port: number;
  readonly #handler: HttpHandler;
  readonly #stalledPeerMs: number;
  /** One for all requests. */
  readonly #sender: Sender = {
    responseOf: (answer) => this.#makeResponse(answer),
    refuse: (request, error) => this.#refuse(request, error),
  };
  readonly #at: { readonly hostname: string; readonly port: number };
  /** Opened by the constructor and by each reload; each ends by `close`. */
  readonly #servers = new Set<Deno.HttpServer<Deno.NetAddr>>();
  #isStopped = false;

  /** @param options Where, with which certificate, and who answers. */
  constructor({ host, port, credentials, handler, stalledPeerMs }: EngineOptions) {
    this.#handler = handler;
    this.#stalledPeerMs = stalledPeerMs;
    const first = this.#open({ hostname: host, port }, credentials);
    const { hostname, port: real } = first.addr;
    this.#at = { hostname, port: real };
    this.port = real;
  }

  async reload(credentials: CertificateAndKey): Promise<void> {
    // Requests that are under way end as they would have; WebSockets end now, and are opened again.
    for (const server of this.#servers) void server.shutdown();
    for (let pauseMs: number = limits.acceptRetryMs; !this.#isStopped;) {
      try {
        this.#open(this.#at, credentials);
        return;
      } catch (error) {
        if (!(error instanceof TransportError)) throw error;
        await delay(pauseMs);
        pauseMs = longerPause(pauseMs);
      }
    }
  }

  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    for (const server of this.#servers) void server.shutdown();
  }

  /** Deno.serve cannot drop a connection whose client does not read: it ends with the process. */
  async close(): Promise<void> {
    this.stop();
    const ended = Promise.all([...this.#servers].map(({ finished }) => finished));
    await settlesWithin(ended, limits.lingerMs);
  }

  #open(
    at: { hostname: string; port: number },
    { cert, key }: CertificateAndKey,
  ): Deno.HttpServer<Deno.NetAddr> {
    const server = listenAt(at, () =>
      Deno.serve({
        ...at,
        cert,
        key,
        onListen: () => {},
        onError: () => new Response(null, { status: 500 }),
      }, (request, info) => this.#serve(request, info)));
    this.#servers.add(server);
    server.finished.finally(() => this.#servers.delete(server));
    return server;
  }

  #serve(
    request: Request,
    info: Deno.ServeHandlerInfo<Deno.NetAddr>,
  ): Response | Promise<Response> {
    try {
      const served = new FastRequest(request, info, this.#sender);
      const answer = this.#handler.handle(served);
      if (request.method === "HEAD") return this.#serveHead(request, answer);
      if (!(answer instanceof Promise)) return this.#makeResponse(answer);
      return answer === served.answered
        ? served.answered
        : answer.then(this.#sender.responseOf, (error) => this.#refuse(request, error));
    } catch (error) {
      return this.#refuse(request, error);
    }
  }

  /**
   * The runtime sends the body of a reply to HEAD over HTTP/2, which clients take for a broken stream: so
   * the reply has none.
   */
  async #serveHead(request: Request, answer: HttpAnswer | Promise<HttpAnswer>): Promise<Response> {
    try {
      return this.#makeResponse(headOf(await answer));
    } catch (error) {
      return this.#refuse(request, error);
    }
  }

  /**
   * Answers a request that failed. Where its body was not read, the runtime resets the stream of HTTP/2
   * with its reply, and half of curl's requests saw the reset alone: so it is read and dropped first.
   */
  #refuse(request: Request, error: unknown): Response | Promise<Response> {
    const failure = this.#handler.failed(error);
    const { body, method } = request;
    const response = this.#makeResponse(method === "HEAD" ? headOf(failure) : failure);
    if (body === null || body.locked) return response;
    return settlesWithin(dropBody(body), limits.lingerMs).then(() => response);
  }

  #makeResponse(answer: HttpAnswer): Response {
    if (answer === undefined) return Response.error();
    if (answer instanceof Response) return answer;
    const { body } = answer;
    if (typeof body === "string" && body.length <= FREE_BYTES) return textResponse(body, answer);
    return body === null || body instanceof ReadableStream || body.length <= FREE_BYTES
      ? new Response(body, answer)
      : this.#longResponse(answer, typeof body === "string" ? encoder.encode(body) : body);
  }

  #longResponse({ status, headers }: HttpReply, bytes: Uint8Array<ArrayBuffer>): Response {
    const onEnd = this.#handler.owe(bytes.length);
    return new Response(pacedBody(bytes, { onEnd, stalledPeerMs: this.#stalledPeerMs }), {
      status,
      headers: { ...headers, "content-length": String(bytes.length) },
    });
  }
}

/** A reply without its body; it says how long that is, where it is known (RFC 9110 section 9.3.2). */
function headOf(answer: HttpAnswer): HttpAnswer {
  if (answer === undefined || answer.body === null) return answer;
  if (answer instanceof Response) {
    void answer.body!.cancel();
    return new Response(null, answer);
  }
  const { status, headers, body } = answer;
  if (body instanceof ReadableStream) {
    void body.cancel();
    return { status, headers, body: null };
  }
  const length = typeof body === "string" ? byteLength(body) : body.length;
  return { status, headers: { ...headers, "content-length": String(length) }, body: null };
}

/**
 * Makes a reply of text. Of a `Response` that is made with several headers at once the runtime keeps a
 * second form outside the heap, which it has to register and to forget; for one that gets them one by
 * one it does not. So nearly all replies are made in the cheaper way.
 */
function textResponse(body: string, answer: HttpReply): Response {
  const { status, headers } = answer;
  if (status !== 200 || headers["content-type"] !== JSON_TYPE) return new Response(body, answer);
  const response = new Response(body, JSON_ALONE);
  const { headers: own } = response;
  for (const name in headers) if (name !== "content-type") own.append(name, headers[name]!);
  return response;
}

const JSON_TYPE = "application/json";
const JSON_ALONE: ResponseInit = { headers: { "content-type": JSON_TYPE } };

/** Reads what is left of a body, or as much of it as the longest may have. */
async function dropBody(body: ReadableStream<Uint8Array>): Promise<void> {
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > limits.maxLineBytes) return;
  }
}

const encoder = new TextEncoder();
const { freeReplyBytes: FREE_BYTES } = limits;

function listenAt<T>(at: { hostname: string; port: number }, listen: () => T): T {
  try {
    return listen();
  } catch (cause) {
    const reason = cause instanceof Deno.errors.AddrInUse
      ? "the port is in use; stop the other program or choose another port"
      : reasonOf(cause);
    const where = `${bracketed(at.hostname)}:${at.port}`;
    throw new TransportError("unavailable", `Cannot listen on ${where}: ${reason}`, { cause });
  }
}
