/**
 * The bytes of a stream of HTTP/2 that became a WebSocket.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc8441 | RFC 8441}
 * @module
 */

import { RestBytes } from "../../base/bytes/rest_bytes.ts";
import { TransportError } from "../../base/errors.ts";
import type { ByteStream } from "../../transport/stream_connection.ts";
import { CODE } from "./frames/frame.ts";
import { encodeHeader } from "./hpack/encoder.ts";
import type { Http2Stream } from "./stream.ts";

/** Reads and writes a stream, within the windows of both sides. */
export class StreamBytes implements ByteStream {
  readonly #stream: Http2Stream;
  /** What of the last data was not read. */
  readonly #rest = new RestBytes();

  /** @param stream The stream; its reply has not begun. */
  constructor(stream: Http2Stream) {
    this.#stream = stream;
  }

  /**
   * Answers the request.
   *
   * @param subprotocol What is spoken; absent where the client named nothing.
   */
  accept(subprotocol: string | undefined): void {
    const head = [encodeHeader(":status", "200")];
    if (subprotocol !== undefined) head.push(encodeHeader("sec-websocket-protocol", subprotocol));
    this.#stream.respond(head, false);
  }

  async read(into: Uint8Array): Promise<number | null> {
    if (this.#rest.isEmpty) {
      const chunk = await this.#stream.body.read();
      if (chunk === null) return null;
      this.#rest.keep(chunk);
    }
    return this.#rest.take(into);
  }

  async write(bytes: Uint8Array): Promise<number> {
    // It may wait for the client, and the memory is the caller's again once it has been sent.
    if (await this.#stream.send(bytes as Uint8Array<ArrayBuffer>, false)) return bytes.length;
    throw new TransportError("unavailable", "The client has ended the stream");
  }

  async closeWrite(): Promise<void> {
    await this.#stream.send(new Uint8Array(0), true);
  }

  close(): void {
    this.#stream.reset(CODE.cancel);
  }
}
