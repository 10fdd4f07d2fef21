/**
 * `rpc.servers`: the servers of the cluster of which this one is.
 *
 * @module
 */

import type { Method } from "../../rpc/method/method.ts";

/** Servers of a service, as they say how they are. */
export interface SeenServers {
  /** The address of the service. */
  readonly service: string;
  /** When they were asked, in milliseconds since the epoch. */
  readonly atMs: number;
  /** Those that have answered, with their versions, health, load, certificates and the lag of their store. */
  readonly servers: readonly object[];
}

/** Asks them. */
export type LookAtServers = () => Promise<SeenServers>;

/**
 * Makes the method.
 *
 * @param look Asks the servers; `undefined` where this one is alone.
 * @param now The time, in milliseconds since the epoch.
 */
export function serversMethod(look: LookAtServers | undefined, now: () => number): Method {
  return {
    summary: "The servers of the cluster, each as it says that it is",
    idempotent: true,
    handler: async (): Promise<SeenServers | { service: null; atMs: number; servers: [] }> =>
      await look?.() ?? { service: null, atMs: now(), servers: [] },
  };
}
