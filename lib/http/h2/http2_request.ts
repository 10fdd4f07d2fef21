/**
 * A request of HTTP/2.
 *
 * @module
 */

import type { Connection, Peer } from "../../transport/connection.ts";
import { bodyTooLong, HttpFault } from "../engine/http_fault.ts";
import type {
  HttpAnswer,
  HttpRequest,
  MakeAnswer,
  WebSocketAnswer,
} from "../engine/http_message.ts";
import { checkWebSocketForm } from "../engine/web_socket.ts";
import type { RequestHead } from "./request_head.ts";
import type { Http2Stream } from "./stream.ts";

/** What a CONNECT may ask for. */
const WEB_SOCKET = "websocket";

/**
 * Says what is wrong with a request that is well-formed.
 *
 * @param head Its head.
 * @returns What is wrong; `undefined` where nothing is.
 */
export function formFault({ method, scheme, path, protocol }: RequestHead): HttpFault | undefined {
  if (method === "CONNECT" && protocol !== WEB_SOCKET) {
    return new HttpFault(501, "CONNECT is taken for WebSockets alone");
  }
  if (scheme !== "https") return new HttpFault(400, "The scheme of the request must be https");
  if (path.startsWith("/") || path === "*") return undefined;
  return new HttpFault(400, "The target of the request must be a path that begins with /");
}

/** A request whose form was checked. */
export class Http2Request implements HttpRequest {
  readonly peer: Peer;
  readonly #stream: Http2Stream;
  readonly #head: RequestHead;

  /**
   * @param stream Its stream.
   * @param peer The other end of the connection.
   */
  constructor(stream: Http2Stream, peer: Peer) {
    this.#stream = stream;
    this.#head = stream.head;
    this.peer = peer;
  }

  /** A request for a WebSocket is a GET in HTTP/1.1 (RFC 8441 section 5). */
  get method(): string {
    return this.#head.protocol === undefined ? this.#head.method : "GET";
  }

  get target(): string {
    return this.#head.path;
  }

  get host(): string {
    return this.#head.authority;
  }

  header(name: string): string | null {
    const { headers, protocol, authority } = this.#head;
    if (name === "host") return authority;
    if (name === "upgrade") return protocol ?? null;
    return headers.get(name) ?? null;
  }

  get length(): number | undefined {
    const { contentLength } = this.#head;
    return contentLength ?? (this.#stream.hasNoBody ? 0 : undefined);
  }

  bytes(maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
    const { contentLength = 0 } = this.#head;
    if (contentLength > maxBytes) return Promise.reject(bodyTooLong(maxBytes, contentLength));
    return this.#stream.body.bytes(maxBytes);
  }

  answerBody(maxBytes: number, make: MakeAnswer): Promise<HttpAnswer> {
    return this.bytes(maxBytes).then(make);
  }

  onGone(listener: () => void): void {
    this.#stream.onGone(listener);
  }

  toRequest(): Request {
    const { method, path, authority, headers } = this.#head;
    const gone = new AbortController();
    this.onGone(() => gone.abort());
    return new Request(`https://${authority}${path}`, {
      method,
      headers: [...headers],
      signal: gone.signal,
      body: method === "GET" || method === "HEAD" ? null : this.#readable(),
    });
  }

  async webSocket(peer: Peer): Promise<WebSocketAnswer> {
    const { isByLine } = checkWebSocketForm(this);
    const [{ SUBPROTOCOL }, { FramedConnection }, { StreamBytes }] = await Promise.all([
      import("../../transport/websocket/handshake.ts"),
      import("../../transport/websocket/framed_connection.ts"),
      import("./stream_bytes.ts"),
    ]);
    const stream = new StreamBytes(this.#stream);
    const connection: Connection = new FramedConnection(stream, peer, { role: "server", isByLine });
    stream.accept(isByLine ? undefined : SUBPROTOCOL);
    return { answer: undefined, connection };
  }

  #readable(): ReadableStream<Uint8Array<ArrayBuffer>> {
    const { body } = this.#stream;
    return new ReadableStream({
      async pull(controller) {
        const chunk = await body.read();
        if (chunk === null) controller.close();
        else controller.enqueue(chunk);
      },
      cancel: () => body.drop(),
    }, { highWaterMark: 0 });
  }
}
