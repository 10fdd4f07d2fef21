/**
 * The front door of the calling side: an address becomes a typed client.
 *
 * @module
 */

import type { Client } from "../rpc/client/client.ts";
import type { Methods } from "../rpc/method/method.ts";
import type { Connection } from "../transport/connection.ts";
import { connectBy, type ConnectOptions, type Dialer } from "./connect_by.ts";
import { createDial } from "./dial.ts";

export type { ConnectOptions, Dialer } from "./connect_by.ts";

/**
 * Connects to a server.
 *
 * @param address `tls://host:port`, `unix:/path`, `tcp://host:port`, a listener in this process, or
 * an open connection, for instance a pipe's; that one is used once and not made again.
 * @param options Trust, credential, deadlines, methods that the server may call back.
 * @returns A client that knows the methods' types, and connects again when its connection breaks.
 * With a credential it signs in, and again before its session ends and after each reconnect.
 *
 * @throws {TypeError} For several credentials, or a certificate without its key.
 * @throws {DariError} `usage` for a malformed address, `unauthenticated` for a credential that the
 * server does not accept.
 * @throws {TransportError} `unavailable` when nothing answers, or when the server's certificate is not
 * valid.
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
  address: string | Dialer | Connection,
  options: ConnectOptions = {},
): Promise<Client<M>> {
  return await connectBy<M>(createDial, address, options);
}
