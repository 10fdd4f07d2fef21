/**
 * The calling side for browsers: a client over a WebSocket, or over connections that the program opens
 * itself, for instance a port of a worker. A browser has no other sockets.
 *
 * @module
 */

import { TransportError } from "../../base/errors.ts";
import type { Methods } from "../../rpc/method/method.ts";
import { formatAddress, parseAddress } from "../../transport/scheme/parse.ts";
import { openRuntimeWebSocket } from "../../transport/websocket/runtime_connect.ts";
import { connectBy, type ConnectOptions } from "../connect_by.ts";
import type { ConnectedClient } from "../messages/connected_client.ts";
import type { DialAddress } from "../servers/dial_address.ts";
import type { ConnectTarget } from "../servers/servers.ts";

export * from "./surface.ts";

/**
 * Makes a client.
 *
 * @param target `wss://host:port` or `https://host:port`, a way to open connections, several of these
 * in a list, or an open connection. Addresses of other schemes are refused.
 * @param options Credential, deadlines, methods that the server may call back.
 * @returns A client, as `connect` gives it in Node.
 * @throws {DariError} `usage` for a malformed address, `unauthenticated` for a credential that the
 * server does not accept.
 * @throws {TransportError} `unavailable` for an address of another scheme, and when no connection can be opened.
 */
export async function connect<M extends Methods = Methods>(
  target: ConnectTarget,
  options: ConnectOptions = {},
): Promise<ConnectedClient<M>> {
  return await connectBy<M>({ createDial: () => dialWebSocket }, target, options);
}

const dialWebSocket: DialAddress = (text, signal) => {
  // An origin of the web says no port where it is 443, as wss:// need not.
  const address = parseAddress(text.replace(/^https:/, "wss:"));
  if (address.kind === "wss") return openRuntimeWebSocket(address, signal);
  const message = `A browser cannot connect to ${formatAddress(address)}: give connect() ` +
    "wss://host:port, a connection, or an object whose connect() opens one";
  return Promise.reject(new TransportError("unavailable", message, { retryable: false }));
};
