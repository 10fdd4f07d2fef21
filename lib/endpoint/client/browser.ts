/**
 * The calling side for browsers: a client over connections that the program opens itself, for
 * instance a port of a worker. A browser has no sockets.
 *
 * @module
 */

import { TransportError } from "../../base/errors.ts";
import type { Client } from "../../rpc/client/client.ts";
import type { Methods } from "../../rpc/method/method.ts";
import { formatAddress, parseAddress } from "../../transport/scheme/parse.ts";
import { connectBy, type ConnectOptions } from "../connect_by.ts";
import type { DialAddress } from "../servers/dial_address.ts";
import type { ConnectTarget } from "../servers/servers.ts";

export * from "./surface.ts";

/**
 * Makes a client.
 *
 * @param target A way to open connections, several in a list, or an open connection. Addresses are
 * refused.
 * @param options Credential, deadlines, methods that the server may call back.
 * @returns A client, as `connect` gives it in Node.
 * @throws {DariError} `usage` for a malformed address, `unauthenticated` for a credential that the
 * server does not accept.
 * @throws {TransportError} `unavailable` for an address, and when no connection can be opened.
 */
export async function connect<M extends Methods = Methods>(
  target: ConnectTarget,
  options: ConnectOptions = {},
): Promise<Client<M>> {
  return await connectBy<M>({ createDial: () => refuseAddress }, target, options);
}

const refuseAddress: DialAddress = (address) => {
  const text = formatAddress(parseAddress(address));
  const message =
    `A browser cannot connect to ${text}: give connect() a connection, or an object ` +
    "whose connect() opens one";
  return Promise.reject(new TransportError("unavailable", message, { retryable: false }));
};
