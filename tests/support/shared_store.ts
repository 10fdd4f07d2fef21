import { limits } from "../../lib/base/limits.ts";
import { NatsBus } from "../../lib/cluster/bus/nats_bus.ts";
import type { ClusterStore } from "../../lib/cluster/store/cluster_store.ts";
import { type NatsStoreOptions, openNatsStore } from "../../lib/cluster/store/nats_store.ts";
import { openNats } from "../../lib/endpoint/cluster/nats_access.ts";
import { dialTcp } from "../../lib/transport/tcp.ts";
import type { NatsServer } from "./nats_server.ts";
import type { TlsAuthority, TlsPair } from "./tls_certificates.ts";

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
  { at }: NatsServer,
  options: Partial<NatsStoreOptions> = {},
): Promise<SharedStore> {
  return await openOver(
    await NatsBus.open({
      servers: [at],
      name: "test",
      allowsPlain: true,
      sockets: {
        connect: (host, port) => dialTcp({ host, port }),
        secure: () => Promise.reject(new Error("there is no TLS")),
      },
    }),
    options,
  );
}

/** Opens the store of a service on a cluster of NATS servers with mutual TLS. */
export async function openOnCluster(
  nodes: readonly NatsServer[],
  { authority, pair }: { readonly authority: TlsAuthority; readonly pair: TlsPair },
  options: Partial<NatsStoreOptions> = {},
): Promise<SharedStore> {
  const servers = nodes.map(({ at }) => {
    const [host = "", port] = at.split(":");
    return { host, port: Number(port) };
  });
  const address = { kind: "nats" as const, servers, service: "dari", instance: undefined };
  return await openOver(await openNats(address, "test", { ca: authority.pem, pair }), options);
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
