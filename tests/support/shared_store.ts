import { limits } from "../../lib/base/limits.ts";
import type { NatsBus } from "../../lib/cluster/bus/nats_bus.ts";
import type { ClusterStore } from "../../lib/cluster/store/cluster_store.ts";
import { type NatsStoreOptions, openNatsStore } from "../../lib/cluster/store/nats_store.ts";
import { openBus, type Shown } from "./nats_bus.ts";
import type { NatsServer } from "./nats_server.ts";

/** The record key of the servers of a test. */
export const sharedKey = new Uint8Array(limits.clusterKeyBytes).fill(1);

/** The store of a server of a test, over a connection of its own. */
export interface SharedStore extends AsyncDisposable {
  readonly store: ClusterStore;
  readonly bus: NatsBus;
  readonly replicas: number;
}

/** Opens the store of a service on a NATS server without TLS. */
export async function openOn(
  nats: NatsServer,
  options: Partial<NatsStoreOptions> = {},
): Promise<SharedStore> {
  return await openOver(await openBus([nats]), options);
}

/** Opens the store of a service on a cluster of NATS servers with mutual TLS. */
export async function openOnCluster(
  nodes: readonly NatsServer[],
  shown: Shown,
  options: Partial<NatsStoreOptions> = {},
): Promise<SharedStore> {
  return await openOver(await openBus(nodes, shown), options);
}

async function openOver(bus: NatsBus, options: Partial<NatsStoreOptions>): Promise<SharedStore> {
  const opened = await openNatsStore({
    ...{ bus, service: "dari", key: sharedKey },
    ...options,
  }).catch(async (error) => {
    await bus.close();
    throw error;
  });
  const { store, replicas } = opened;
  return {
    ...{ store, bus, replicas },
    async [Symbol.asyncDispose]() {
      await opened[Symbol.asyncDispose]();
      await bus.close();
    },
  };
}
