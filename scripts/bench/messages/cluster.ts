/**
 * Queues that the servers of a cluster share: this process is one of them, with one NATS server.
 *
 * @module
 */

import { limits } from "../../../lib/base/limits.ts";
import { openNatsMessages } from "../../../lib/cluster/messages/nats_messages.ts";
import { EmbeddedQueues } from "../../../lib/messages/embedded/embedded_queues.ts";
import { replicatedStore } from "../../../lib/messages/replicated/replicated_store.ts";
import { ReplicatedTables } from "../../../lib/messages/replicated/tables.ts";
import { EmbeddedTopics } from "../../../lib/messages/embedded/topics/embedded_topics.ts";
import { openBareBus } from "../cluster/bare.ts";
import { startBroker } from "../cluster/broker.ts";

/** A server of a cluster. */
export interface RunningCluster extends AsyncDisposable {
  readonly queues: EmbeddedQueues;
  readonly topics: EmbeddedTopics;
  /** The NATS server's. */
  readonly pid: number;
  readonly version: string;
}

/**
 * Starts a NATS server and a server that has joined.
 *
 * @param directory Where their files are.
 */
export async function startCluster(directory: string): Promise<RunningCluster> {
  await using opening = new AsyncDisposableStack();
  const { at, pid } = opening.use(await startBroker(directory));
  const bus = opening.use(await openBareBus(at));
  const key = crypto.getRandomValues(new Uint8Array(limits.clusterKeyBytes));
  const path = `${directory}/messages.db`;
  const { messages } = opening.use(
    await openNatsMessages({ bus, key, path, service: "bench", tell: console.error }),
  );
  const tables = await ReplicatedTables.open(messages.tables);
  const store = replicatedStore({ file: messages.store, tables, proposer: messages });
  const queues = opening.use(new EmbeddedQueues(store));
  const topics = opening.use(new EmbeddedTopics(queues));
  await messages.start(tables);
  const owned = opening.move();
  return {
    ...{ queues, topics, pid, version: bus.nats.info?.version ?? "" },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
