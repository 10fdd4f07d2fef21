/**
 * A client of three servers: the program that carries the load, given their ports.
 *
 * @module
 */

import { connect, type ConnectOptions } from "../../../mod.ts";
import { carryLoad, type FaultClient } from "../load.ts";

/** The deadline of each call, for every contestant, in milliseconds. */
export const TIMEOUT_MS = 5_000;

/**
 * Connects, with what a user gets who sets nothing but a deadline.
 *
 * @param ports Where the servers are on this machine.
 * @param options What is set beside it.
 */
export async function openClient(
  ports: readonly number[],
  options: ConnectOptions = {},
): Promise<FaultClient> {
  const addresses = ports.map((port) => `tcp://127.0.0.1:${port}`);
  const client = await connect<typeof import("./methods.ts")>(addresses, {
    timeoutMs: TIMEOUT_MS,
    ...options,
  });
  return {
    put: (n) => client.call("put", { n }),
    add: (n) => client.call("add", { n }),
    retries: () => client.stats().retries,
    close: () => client.close(),
  };
}

if (import.meta.main) await carryLoad(await openClient(Deno.args.map(Number)));
