/**
 * The front door of the calling side: an address becomes a typed client.
 *
 * @module
 */

import { Client, type ClientOptions } from "../rpc/client.ts";
import type { Methods } from "../rpc/method.ts";
import { dial, type DialOptions } from "../transport/connect.ts";
import type { MemoryListener } from "../transport/memory.ts";

/** What {@linkcode connect} takes. */
export interface ConnectOptions
  extends Omit<DialOptions, "signal">, Omit<ClientOptions, "dial" | "signIn"> {}

/**
 * Connects to a server.
 *
 * @param address `tls://host:port`, `unix:/path`, `tcp://host:port`, or a listener in this process.
 * @param options Whom to trust, deadlines, methods that the server may call back.
 * @returns A client that knows the methods' types, and connects again when its connection breaks.
 * @throws {DariError} `usage` for what is no address.
 * @throws {TransportError} `unavailable` when nothing answers or the certificate does not hold.
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
  address: string | MemoryListener,
  options: ConnectOptions = {},
): Promise<Client<M>> {
  const { ca, insecure, ...rest } = options;
  const client = new Client<M>({
    ...rest,
    dial: (signal) =>
      typeof address === "string" ? dial(address, { ca, insecure, signal }) : address.connect(),
  });
  await client.connect();
  return client;
}
