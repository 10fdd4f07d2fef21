/**
 * Connecting by WebSocket over a stream that is TLS already.
 *
 * @module
 */

import { abortable } from "../../base/abort.ts";
import { type HostAddress, hostAndPort } from "../address.ts";
import type { Connection } from "../connection.ts";
import type { ByteStream } from "../stream_connection.ts";
import { FramedConnection } from "./framed_connection.ts";
import { askForWebSocket } from "./handshake.ts";

/**
 * Connects.
 *
 * @param at The server.
 * @param open Opens the stream.
 * @param signal Ends the attempt.
 * @returns The connection.
 * @throws {TransportError} `unavailable` when there is no server, or none with a WebSocket.
 */
export async function openWebSocket(
  at: HostAddress,
  open: () => Promise<ByteStream>,
  signal?: AbortSignal,
): Promise<Connection> {
  const stream = await open();
  try {
    const head = await abortable(askForWebSocket(stream, at), signal);
    const peer = { transport: "wss", address: hostAndPort(at.host, at.port) } as const;
    return new FramedConnection(stream, peer, { role: "client", isByLine: false, head });
  } catch (error) {
    stream.close();
    throw error;
  }
}
