/**
 * A client of three servers: the program that carries the load, given their addresses.
 *
 * @module
 */

import { connect } from "../../../mod.ts";
import { carryLoad, type FaultClient } from "../load.ts";

/** The deadline of each call, for every contestant, in milliseconds. */
export const TIMEOUT_MS = 5_000;

/**
 * Connects, with what a user gets who sets nothing but a deadline.
 *
 * @param addresses The servers.
 */
export async function openClient(addresses: readonly string[]): Promise<FaultClient> {
  const client = await connect<typeof import("./methods.ts")>([...addresses], {
    timeoutMs: TIMEOUT_MS,
  });
  return {
    put: (n) => client.call("put", { n }),
    add: (n) => client.call("add", { n }),
    retries: () => client.stats().retries,
    close: () => client.close(),
  };
}

if (import.meta.main) await carryLoad(await openClient(Deno.args));
