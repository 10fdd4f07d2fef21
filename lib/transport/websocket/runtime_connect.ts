/**
 * Connecting by the WebSocket of the runtime, which checks the server's certificate by itself.
 *
 * @module
 */

import { abortable } from "../../base/abort.ts";
import { TransportError } from "../../base/errors.ts";
import { type HostAddress, hostAndPort } from "../address.ts";
import type { Connection } from "../connection.ts";
import { SUBPROTOCOL, WEB_SOCKET_PATH } from "./handshake.ts";
import { WebSocketConnection } from "./web_socket_connection.ts";

/**
 * Connects.
 *
 * @param at The server.
 * @param signal Ends the attempt.
 * @returns The connection.
 * @throws {TransportError} `unavailable` when none is opened. Browsers do not say why.
 */
export async function openRuntimeWebSocket(
  { host, port }: HostAddress,
  signal?: AbortSignal,
): Promise<Connection> {
  const address = hostAndPort(host, port);
  const url = `wss://${address}${WEB_SOCKET_PATH}`;
  const socket = new WebSocket(url, SUBPROTOCOL);
  const connection = new WebSocketConnection(socket, { transport: "wss", address }, false);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.addEventListener("open", () => resolve());
  socket.addEventListener(
    "close",
    () => reject(new Error("the server refused it, or none answers")),
  );
  try {
    await abortable(promise, signal);
    return connection;
  } catch (cause) {
    connection.abort();
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TransportError("unavailable", `Cannot connect to ${url}: ${reason}`, { cause });
  }
}
