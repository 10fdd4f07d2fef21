import type { NatsBus } from "../../lib/cluster/bus/nats_bus.ts";
import { openNatsMessages } from "../../lib/cluster/messages/nats_messages.ts";
import type { ClusterMessages } from "../../lib/cluster/messages/cluster_messages.ts";
import { EmbeddedQueues } from "../../lib/messages/embedded/embedded_queues.ts";
import { replicatedStore } from "../../lib/messages/replicated/replicated_store.ts";
import { ReplicatedTables } from "../../lib/messages/replicated/tables.ts";
import { EmbeddedTopics } from "../../lib/messages/embedded/topics/embedded_topics.ts";
import { openBus, type Shown } from "./nats_bus.ts";
import type { NatsServer } from "./nats_server.ts";
import { sharedKey } from "./shared_store.ts";
import { tempDirectory } from "./temp.ts";

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
  | Shown & { readonly nodes: readonly NatsServer[] };

/** Opens queues and topics of a service, in a file of its own or one that is there. */
export async function openNatsQueues(
  place: NatsPlace,
  { service = "dari", path }: { readonly service?: string; readonly path?: string } = {},
): Promise<NatsQueues> {
  await using opening = new AsyncDisposableStack();
  const directory = opening.use(await tempDirectory());
  const bus = opening.use(
    await ("nodes" in place ? openBus(place.nodes, place) : openBus([place])),
  );
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
