/**
 * The calling side for Node and Bun, and for Deno as well: `connect` over node:net and node:tls,
 * with the same calls, streams, callbacks, errors and sign-in. Nothing here names a runtime.
 *
 * @module
 */

import type { Methods } from "../../rpc/method/method.ts";
import { type ClientRuntime, connectBy, type ConnectOptions } from "../connect_by.ts";
import type { ConnectedClient } from "../messages/connected_client.ts";
import type { ConnectTarget } from "../servers/servers.ts";
import { systemNames } from "../servers/system_names.ts";
import { createNodeDial } from "./node_dial.ts";

export * from "./surface.ts";

const node: ClientRuntime = { createDial: createNodeDial, names: systemNames() };

/**
 * Connects to a server. It is `connect` of dari itself but for two things of `tls://`: with `ca` no
 * public authority is trusted, and the error of a handshake has the words of the runtime.
 *
 * @param target `tls://host:port`, `unix:/path`, `tcp://host:port`, `wss://host` or
 * `https://host:port` of a gateway (a WebSocket), or an open connection; that one
 * is used once and not made again. Or several of these in a list, or a {@linkcode Resolver} that names
 * them. A name that has several IP addresses stands for as many servers.
 * @param options Trust, credential, deadlines, methods that the server may call back.
 * @returns A client that knows the methods' types, and connects again when its connection breaks.
 * With a credential it signs in, and again before its session ends and after each reconnect.
 *
 * @throws {TypeError} For several credentials, or a certificate without its key.
 * @throws {DariError} `usage` for a malformed address, `unauthenticated` for a credential that the
 * server does not accept.
 * @throws {TransportError} `unavailable` when nothing answers, or when the server's certificate is not
 * valid.
 * @throws The reason of `signal`, once that has aborted.
 *
 * @example
 * ```ts
 * import { serve } from "@dari/dari";
 * import { connect } from "@dari/dari/client";
 * import { assertEquals } from "@std/assert";
 *
 * const methods = { add: ({ a, b }: { a: number; b: number }) => a + b };
 * const listen = `unix:${await Deno.makeTempDir()}/socket`;
 * await using server = await serve({ listen, methods });
 * await using client = await connect<typeof methods>(listen);
 * assertEquals(await client.call("add", { a: 10, b: 20 }), 30);
 * ```
 */
export async function connect<M extends Methods = Methods>(
  target: ConnectTarget,
  options: ConnectOptions = {},
): Promise<ConnectedClient<M>> {
  return await connectBy<M>(node, target, options);
}
