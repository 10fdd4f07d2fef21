/**
 * A request of node:https.
 *
 * @module
 */

import type { Buffer } from "node:buffer"; // node:http gives bodies as Buffers
import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream"; // turns the body of node:http into a web stream
import { limits } from "../../base/limits.ts";
import type { Connection, Peer, PeerCertificate } from "../../transport/connection.ts";
import { CollectedBytes } from "../engine/collected_bytes.ts";
import { bracketed, httpsPeer } from "../engine/https_peer.ts";
import { bodyTooLong, HttpFault } from "../engine/http_fault.ts";
import type {
  HttpAnswer,
  HttpRequest,
  MakeAnswer,
  WebSocketAnswer,
} from "../engine/http_message.ts";
import { checkWebSocket } from "../engine/web_socket.ts";

/**
 * Says what is wrong with the form of a request that node:http lets pass. Proxies and servers that read
 * such a request differently can be made to see two requests where there is one.
 *
 * @param request The request.
 * @returns What is wrong; `undefined` where nothing is.
 * @see {@link https://www.rfc-editor.org/rfc/rfc9112 | RFC 9112}, sections 3.2 and 6.1
 */
export function formFault({ httpVersion, rawHeaders, headers, url }: IncomingMessage):
  | HttpFault
  | undefined {
  if (httpVersion !== "1.1" && httpVersion !== "1.0") {
    return new HttpFault(400, `The request is of HTTP/${httpVersion}; HTTP/1.1 is spoken here`);
  }
  if (rawHeaders.length > 2 * limits.maxHttpHeaders) {
    const count = rawHeaders.length / 2;
    return new HttpFault(431, `The request has ${count} headers; at most ${limits.maxHttpHeaders}`);
  }
  const coding = headers["transfer-encoding"];
  if (coding !== undefined && coding.toLowerCase() !== "chunked") {
    return new HttpFault(400, `Transfer-Encoding is "${coding}"; only "chunked" is taken`);
  }
  if (url === undefined || (!url.startsWith("/") && url !== "*")) {
    return new HttpFault(400, "The target of the request must be a path that begins with /");
  }
  let hosts = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!;
    if (name.length === "host".length && name.toLowerCase() === "host") hosts++;
  }
  return hosts > 1 ? new HttpFault(400, "The request has several Host headers") : undefined;
}

/** A request of node:https whose form was checked. */
export class StrictRequest implements HttpRequest {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #certificate: PeerCertificate | undefined;
  /** What came behind a request that asks for another protocol. */
  readonly #head: Uint8Array | undefined;
  #peer: Peer | undefined;

  /**
   * @param request The request.
   * @param response Says when the client has gone.
   * @param certificate What the client showed.
   * @param head What came behind a request that asks for another protocol.
   */
  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    certificate: PeerCertificate | undefined,
    head?: Uint8Array,
  ) {
    this.#head = head;
    this.#request = request;
    this.#response = response;
    this.#certificate = certificate;
  }

  get method(): string {
    return this.#request.method ?? "GET";
  }

  get target(): string {
    return this.#request.url ?? "/";
  }

  get host(): string {
    return this.#request.headers.host ?? "";
  }

  get peer(): Peer {
    if (this.#peer === undefined) {
      const { remoteAddress = "", remotePort = 0 } = this.#request.socket;
      this.#peer = httpsPeer(`${bracketed(remoteAddress)}:${remotePort}`, this.#certificate);
    }
    return this.#peer;
  }

  header(name: string): string | null {
    const value = this.#request.headers[name];
    if (value === undefined) return null;
    return typeof value === "string" ? value : value.join(", ");
  }

  get length(): number | undefined {
    const { headers } = this.#request;
    const announced = headers["content-length"];
    if (announced !== undefined) return Number(announced);
    return headers["transfer-encoding"] === undefined ? 0 : undefined;
  }

  bytes(maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
    const request = this.#request;
    const { length: announced = 0 } = this;
    if (announced > maxBytes) return Promise.reject(bodyTooLong(maxBytes, announced));
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array<ArrayBuffer>>();
    const collected = new CollectedBytes();
    request.on("data", (chunk: Buffer<ArrayBuffer>) => {
      if (collected.length + chunk.length <= maxBytes) return collected.push(chunk);
      request.pause(); // more may come all the same
      reject(bodyTooLong(maxBytes));
    });
    request.on("end", () => resolve(collected.bytes));
    // A client that goes hears no answer, whatever it is.
    request.on("error", () => reject(new HttpFault(400, "The body did not come whole")));
    return promise;
  }

  answerBody(maxBytes: number, make: MakeAnswer): Promise<HttpAnswer> {
    return this.bytes(maxBytes).then(make);
  }

  onGone(listener: () => void): void {
    const response = this.#response;
    response.once("close", () => {
      if (!response.writableFinished) listener();
    });
  }

  async webSocket(peer: Peer): Promise<WebSocketAnswer> {
    const { isByLine } = checkWebSocket(this);
    if (this.#head === undefined) {
      throw new HttpFault(400, "The header Connection must say Upgrade");
    }
    const { socket } = this.#request;
    const [{ acceptOf, SUBPROTOCOL }, { FramedConnection }, { DuplexStream }] = await Promise.all([
      import("../../transport/websocket/handshake.ts"),
      import("../../transport/websocket/framed_connection.ts"),
      import("../../transport/node/duplex_stream.ts"),
    ]);
    const accept = await acceptOf(this.header("sec-websocket-key")!);
    this.#response.detachSocket(socket);
    socket.setTimeout(0);
    const stream = new DuplexStream(
      socket,
      () => connection.maxLineBytes + limits.maxUnreadBytesBeyondLine,
    );
    const head = this.#head;
    const connection: Connection = new FramedConnection(stream, peer, {
      role: "server",
      isByLine,
      head,
    });
    const lines = [
      "HTTP/1.1 101 Switching Protocols",
      "Upgrade: websocket",
      "Connection: Upgrade",
      `Sec-WebSocket-Accept: ${accept}`,
      ...(isByLine ? [] : [`Sec-WebSocket-Protocol: ${SUBPROTOCOL}`]),
    ];
    socket.write(`${lines.join("\r\n")}\r\n\r\n`);
    return { answer: undefined, connection };
  }

  toRequest(): Request {
    const { method, headers } = this.#request;
    const hasBody = method !== "GET" && method !== "HEAD";
    const given = Object.entries(headers).filter((entry) => typeof entry[1] === "string");
    const gone = new AbortController();
    this.onGone(() => gone.abort());
    return new Request(`https://${this.host}${this.target}`, {
      method: this.method,
      headers: given as [string, string][],
      signal: gone.signal,
      body: hasBody ? Readable.toWeb(this.#request) as ReadableStream<Uint8Array> : null,
    });
  }
}
