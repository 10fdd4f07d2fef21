/**
 * A request of Deno.serve.
 *
 * @module
 */

import type { Peer } from "../../transport/connection.ts";
import { SUBPROTOCOL } from "../../transport/websocket/handshake.ts";
import { CollectedBytes } from "./collected_bytes.ts";
import { bracketed, httpsPeer } from "./https_peer.ts";
import { bodyTooLong, HttpFault } from "./http_fault.ts";
import type { HttpAnswer, HttpRequest, MakeAnswer, WebSocketAnswer } from "./http_message.ts";
import { checkWebSocket } from "./web_socket.ts";

/** Gives answers the form that Deno.serve sends. */
export interface Sender {
  /** Gives an answer that form. */
  responseOf(answer: HttpAnswer): Response;
  /** Answers a request that failed. It never throws. */
  refuse(request: Request, error: unknown): Response | Promise<Response>;
}

/** One request. What is not asked for is not read: each part is a call into the runtime. */
export class FastRequest implements HttpRequest {
  readonly method: string;
  readonly #request: Request;
  readonly #info: Deno.ServeHandlerInfo<Deno.NetAddr>;
  readonly #sender: Sender;
  #answered: Promise<Response> | undefined;
  #headers: Headers | undefined;
  #peer: Peer | undefined;
  #length: number | undefined;

  /**
   * @param request The request.
   * @param info Where it came from.
   * @param sender Gives its answer the form of Deno.serve.
   */
  constructor(request: Request, info: Deno.ServeHandlerInfo<Deno.NetAddr>, sender: Sender) {
    this.method = request.method;
    this.#request = request;
    this.#info = info;
    this.#sender = sender;
  }

  /** What {@linkcode answerBody} gave; it is ready to be sent, and never rejects. */
  get answered(): Promise<Response> | undefined {
    return this.#answered;
  }

  get target(): string {
    const { url } = this.#request;
    return url.slice(url.indexOf("/", "https://".length));
  }

  get host(): string {
    const { url } = this.#request;
    return url.slice("https://".length, url.indexOf("/", "https://".length));
  }

  get peer(): Peer {
    if (this.#peer === undefined) {
      const { hostname, port } = this.#info.remoteAddr;
      this.#peer = httpsPeer(`${bracketed(hostname)}:${port}`);
    }
    return this.#peer;
  }

  header(name: string): string | null {
    return this.#ownHeaders().get(name);
  }

  /**
   * Each `get` is a call into the runtime, and once there was one, all headers are copied as the reply
   * leaves. `has` copies them now, and so there is one call instead of six.
   */
  #ownHeaders(): Headers {
    if (this.#headers === undefined) {
      this.#headers = this.#request.headers;
      this.#headers.has("origin");
    }
    return this.#headers;
  }

  get length(): number | undefined {
    if (this.#length !== undefined) return this.#length;
    const announced = this.#ownHeaders().get("content-length");
    if (announced === null) return undefined;
    // Two headers, which are joined by a comma, may be read as two different lengths.
    if (!/^\d+$/.test(announced)) {
      throw new HttpFault(400, `Content-Length is "${announced}"; it must be one number`);
    }
    return this.#length = Number(announced);
  }

  bytes(maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
    const { length } = this;
    if (length === undefined) return this.#collect(maxBytes);
    if (length > maxBytes) throw bodyTooLong(maxBytes, length);
    return this.#request.bytes();
  }

  answerBody(maxBytes: number, make: MakeAnswer): Promise<HttpAnswer> {
    return this.#answered = this.bytes(maxBytes).then(
      (bytes) => this.#answerWith(make, bytes),
      (error) => this.#sender.refuse(this.#request, error),
    );
  }

  #answerWith(make: MakeAnswer, bytes: Uint8Array<ArrayBuffer>): Response | Promise<Response> {
    const { responseOf, refuse } = this.#sender;
    try {
      const answer = make(bytes);
      if (!(answer instanceof Promise)) return responseOf(answer);
      return answer.then(responseOf, (error) => refuse(this.#request, error));
    } catch (error) {
      return refuse(this.#request, error);
    }
  }

  onGone(listener: () => void): void {
    this.#request.signal.addEventListener("abort", listener, { once: true });
  }

  toRequest(): Request {
    return this.#request;
  }

  async webSocket(peer: Peer): Promise<WebSocketAnswer> {
    const { isByLine } = checkWebSocket(this);
    const { WebSocketConnection } = await import(
      "../../transport/websocket/web_socket_connection.ts"
    );
    const { socket, response } = Deno.upgradeWebSocket(this.#request, {
      ...(isByLine ? {} : { protocol: SUBPROTOCOL }),
      idleTimeout: 0, // the connection has signs of life of its own
    });
    return { answer: response, connection: new WebSocketConnection(socket, peer, isByLine) };
  }

  /** A body in chunks says its length only with its last one. */
  async #collect(maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
    const { body } = this.#request;
    if (body === null) return new Uint8Array(0);
    const collected = new CollectedBytes();
    for await (const chunk of body.values({ preventCancel: true })) {
      collected.push(chunk);
      if (collected.length > maxBytes) throw bodyTooLong(maxBytes);
    }
    return collected.bytes;
  }
}
