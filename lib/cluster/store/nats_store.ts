/**
 * The store of a cluster, in a stream of NATS servers.
 *
 * @module
 */

import type { Bus } from "../bus/bus.ts";
import { type ClusterStore, type ClusterStoreOptions, openClusterStore } from "./cluster_store.ts";
import { openNatsLog } from "../log/nats_log.ts";

/** How the store is opened. */
export interface NatsStoreOptions extends Omit<ClusterStoreOptions, "log"> {
  /** The connection to NATS; closing it stays with the caller, after the store. */
  readonly bus: Bus;
}

/** The store, and how many NATS servers keep it; disposing closes it, and asks nothing more. */
export interface OpenedNatsStore extends AsyncDisposable {
  /** The store. */
  readonly store: ClusterStore;
  /** How many NATS servers keep it. */
  readonly replicas: number;
}

/**
 * Opens the store of a service; makes its stream where there is none.
 *
 * @param options The connection, the service, and the record key.
 * @returns The store.
 * @throws {DariError} `configuration` when the NATS servers cannot keep it or a newer dari writes to it,
 * `unavailable` when they do not answer.
 */
export async function openNatsStore(options: NatsStoreOptions): Promise<OpenedNatsStore> {
  await using opening = new AsyncDisposableStack();
  const { log, replicas } = opening.use(await openNatsLog(options, "store"));
  const store = opening.use(await openClusterStore({ ...options, log }));
  const owned = opening.move();
  return {
    store,
    replicas,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
