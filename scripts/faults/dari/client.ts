/**
 * A client of three servers: the program that carries the load, given their addresses.
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
 * @param hosts Where the servers are, `HOST:PORT`.
 * @param options What is set beside it.
 */
export async function openClient(
  hosts: readonly string[],
  options: ConnectOptions = {},
): Promise<FaultClient> {
  const addresses = hosts.map((host) => `tcp://${host}`);
  const client = await connect<typeof import("./methods.ts")>(addresses, {
    timeoutMs: TIMEOUT_MS,
    insecure: true, // the other machine of a cable is none of the network
    ...options,
  });
  return {
    put: (n) => client.call("put", { n }),
    add: (n) => client.call("add", { n }),
    retries: () => client.stats().retries,
    close: () => client.close(),
  };
}

if (import.meta.main) await carryLoad(await openClient(Deno.args));
