import { NatsBus } from "../../lib/cluster/bus/nats_bus.ts";
import { openNatsMessages } from "../../lib/cluster/messages/nats_messages.ts";
import type { ClusterMessages } from "../../lib/cluster/messages/cluster_messages.ts";
import { openNats } from "../../lib/endpoint/cluster/nats_access.ts";
import { EmbeddedQueues } from "../../lib/messages/embedded/embedded_queues.ts";
import { replicatedStore } from "../../lib/messages/replicated/replicated_store.ts";
import { ReplicatedTables } from "../../lib/messages/replicated/tables.ts";
import { EmbeddedTopics } from "../../lib/messages/topics/embedded_topics.ts";
import { dialTcp } from "../../lib/transport/tcp.ts";
import type { NatsServer } from "./nats_server.ts";
import { sharedKey } from "./shared_store.ts";
import { tempDirectory } from "./temp.ts";
import type { TlsAuthority, TlsPair } from "./tls_certificates.ts";

/** Queues and topics of a server of a cluster. */
export interface NatsQueues extends AsyncDisposable {
  readonly queues: EmbeddedQueues;
  readonly topics: EmbeddedTopics;
  readonly messages: ClusterMessages;
  readonly bus: NatsBus;
  readonly replicas: number;
}

/** Where a server finds the NATS servers. */
export type NatsPlace =
  | NatsServer
  | {
    readonly nodes: readonly NatsServer[];
    readonly authority: TlsAuthority;
    readonly pair: TlsPair;
  };

/** Opens queues and topics of a service, in a file of its own or one that is there. */
export async function openNatsQueues(
  place: NatsPlace,
  { service = "dari", path }: { readonly service?: string; readonly path?: string } = {},
): Promise<NatsQueues> {
  await using opening = new AsyncDisposableStack();
  const directory = opening.use(await tempDirectory());
  const bus = opening.use(await busOf(place));
  const { messages, replicas } = opening.use(
    await openNatsMessages({
      ...{ bus, service, key: sharedKey },
      path: path ?? `${directory.path}/messages.db`,
    }),
  );
  const tables = await ReplicatedTables.open(messages.tables);
  const store = replicatedStore({ file: messages.store, tables, proposer: messages });
  const queues = opening.use(new EmbeddedQueues(store));
  const topics = opening.use(new EmbeddedTopics(queues));
  await messages.start(tables);
  const owned = opening.move();
  return {
    ...{ queues, topics, messages, bus, replicas },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function busOf(place: NatsPlace): Promise<NatsBus> {
  if ("nodes" in place) {
    const servers = place.nodes.map(({ at }) => {
      const [host = "", port] = at.split(":");
      return { host, port: Number(port) };
    });
    const address = { kind: "nats" as const, servers, service: "dari", instance: undefined };
    return await openNats(address, "test", { ca: place.authority.pem, pair: place.pair });
  }
  return await NatsBus.open({
    servers: [place.at],
    name: "test",
    allowsPlain: true,
    sockets: {
      connect: (host, port) => dialTcp({ host, port }),
      secure: () => Promise.reject(new Error("there is no TLS")),
    },
  });
}
