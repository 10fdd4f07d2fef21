/**
 * The calling side for browsers: a client over connections that the program opens itself, for
 * instance a port of a worker. A browser has no sockets.
 *
 * @module
 */

import { TransportError } from "../../base/errors.ts";
import type { Client } from "../../rpc/client/client.ts";
import type { Methods } from "../../rpc/method/method.ts";
import type { Connection } from "../../transport/connection.ts";
import { formatAddress, parseAddress } from "../../transport/scheme/parse.ts";
import { connectBy, type ConnectOptions, type DialAddress, type Dialer } from "../connect_by.ts";

export * from "./surface.ts";

/**
 * Makes a client.
 *
 * @param address A way to open connections, or an open connection. Addresses are refused.
 * @param options Credential, deadlines, methods that the server may call back.
 * @returns A client, as `connect` gives it in Node.
 * @throws {DariError} `usage` for a malformed address, `unauthenticated` for a credential that the
 * server does not accept.
 * @throws {TransportError} `unavailable` for an address, and when no connection can be opened.
 */
export async function connect<M extends Methods = Methods>(
  address: string | Dialer | Connection,
  options: ConnectOptions = {},
): Promise<Client<M>> {
  return await connectBy<M>(() => refuseAddress, address, options);
}

const refuseAddress: DialAddress = (address) => {
  const text = formatAddress(parseAddress(address));
  const message =
    `A browser cannot connect to ${text}: give connect() a connection, or an object ` +
    "whose connect() opens one";
  return Promise.reject(new TransportError("unavailable", message, { retryable: false }));
};
