/**
 * Connections of lines over WebSocket frames of our own.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import type { Peer } from "../connection.ts";
import { type ByteStream, StreamConnection, tlsSizes } from "../stream_connection.ts";
import { WebSocketStream, type WebSocketStreamOptions } from "./web_socket_stream.ts";

/** A connection whose other side reads nothing more once it has said that it closes. */
export class FramedConnection extends StreamConnection {
  override readonly isHalfCloseable: boolean = false;

  /**
   * @param stream The stream beneath, its handshake done; the connection owns it.
   * @param peer The other end.
   * @param options Which end this is, and how it frames.
   */
  constructor(
    stream: ByteStream,
    peer: Peer,
    options: Omit<WebSocketStreamOptions, "maxFrameBytes">,
  ) {
    // A longer line would cut the connection anyway.
    const maxFrameBytes = () => limits.maxLineOverrun * this.maxLineBytes;
    super(new WebSocketStream(stream, { ...options, maxFrameBytes }), peer, tlsSizes);
  }
}
