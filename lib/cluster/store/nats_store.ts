/**
 * The store of a cluster, in a stream of NATS servers.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import type { Bus } from "../bus/bus.ts";
import { type ClusterStore, type ClusterStoreOptions, openClusterStore } from "./cluster_store.ts";
import { JetStreamApi } from "../log/jetstream_api.ts";
import { JetStreamLog } from "../log/jetstream_log.ts";
import { ensureStream } from "../log/stream_config.ts";

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
  const { bus, service, timeoutMs = limits.storeOpenTimeoutMs } = options;
  await using opening = new AsyncDisposableStack();
  const api = opening.use(new JetStreamApi(bus));
  const stream = await ensureStream(api, service, "store", timeoutMs);
  const log = new JetStreamLog(bus, api, service, "store");
  const store = opening.use(await openClusterStore({ ...options, log }));
  const owned = opening.move();
  return {
    store,
    replicas: Number(stream.config?.num_replicas ?? 1),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
