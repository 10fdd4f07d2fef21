/**
 * The front door of the calling side: an address becomes a typed client.
 *
 * @module
 */

import type { Methods } from "../rpc/method/method.ts";
import { hostAndPort } from "../transport/address.ts";
import { type ClientRuntime, connectBy, type ConnectOptions } from "./connect_by.ts";
import { createDial, natsDialOf } from "./dial.ts";
import type { ConnectedClient } from "./messages/connected_client.ts";
import type { ConnectTarget } from "./servers/servers.ts";
import { systemNames } from "./servers/system_names.ts";

export type { ConnectOptions } from "./connect_by.ts";
export type { ConnectedClient } from "./messages/connected_client.ts";
export type { ConnectTarget, Dialer, Resolution, Resolver } from "./servers/servers.ts";

const deno: ClientRuntime = {
  createDial,
  natsDialOf,
  names: systemNames(isPermitted),
};

/** Asked first: where a terminal is there, Deno would ask the user. */
function isPermitted(host: string, port: number | undefined): boolean {
  const at = port === undefined ? host : hostAndPort(host, port);
  try {
    return Deno.permissions.querySync({ name: "net", host: at }).state === "granted";
  } catch {
    return false; // permissions cannot name every host that the system knows
  }
}

/**
 * Connects to a server, or to several that serve the same methods: each call goes to one of them.
 *
 * @param target `tls://host:port`, `unix:/path`, `tcp://host:port`, `wss://host` or
 * `https://host:port` of a gateway (a WebSocket), `nats://host:port/service` (all servers of a service
 * through NATS), a listener in this process, or an open connection, for instance a pipe's; that one is used once and not made again. Or several of
 * these in a list, or a {@linkcode Resolver} that names them. A name that has several IP addresses
 * stands for as many servers, each of which must have the certificate of the name.
 * @param options Trust, credential, deadlines, methods that the server may call back.
 * @returns A client that knows the methods' types, and connects again when its connection breaks.
 * With a credential it signs in, and again before its session ends and after each reconnect.
 *
 * @throws {TypeError} For several credentials, or a certificate without its key.
 * @throws {DariError} `usage` for a malformed address, `unauthenticated` for a credential that the
 * server does not accept.
 * @throws {TransportError} `unavailable` when nothing answers, or when the server's certificate is not
 * valid; of several servers one that can be reached is enough. With `lazy` nothing is connected yet.
 * @throws The reason of `signal`, once that has aborted.
 *
 * @example
 * ```ts
 * import { connect, listenMemory, serve } from "@dari/dari";
 * import { assertEquals } from "@std/assert";
 *
 * async function* count({ to }: { to: number }) {
 *   for (let n = 1; n <= to; n++) yield n;
 * }
 * const memory = listenMemory();
 * await using server = await serve({ listen: memory, methods: { count } });
 * await using client = await connect<{ count: typeof count }>(memory);
 * assertEquals(await Array.fromAsync(client.stream("count", { to: 3 })), [1, 2, 3]);
 * ```
 */
export async function connect<M extends Methods = Methods>(
  target: ConnectTarget,
  options: ConnectOptions = {},
): Promise<ConnectedClient<M>> {
  return await connectBy<M>(deno, target, options);
}
