/**
 * Queues that the servers of a cluster share: this process is one of them, with one NATS server.
 *
 * @module
 */

import { limits } from "../../../lib/base/limits.ts";
import { openNatsMessages } from "../../../lib/cluster/messages/nats_messages.ts";
import { openNats } from "../../../lib/endpoint/cluster/nats_access.ts";
import { EmbeddedQueues } from "../../../lib/messages/embedded/embedded_queues.ts";
import { replicatedStore } from "../../../lib/messages/replicated/replicated_store.ts";
import { ReplicatedTables } from "../../../lib/messages/replicated/tables.ts";
import { EmbeddedTopics } from "../../../lib/messages/topics/embedded_topics.ts";

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
  const { pid, port, kill } = await startNats(directory);
  opening.defer(kill);
  const servers = [{ host: "127.0.0.1", port }];
  const address = { kind: "nats", servers, service: "bench", instance: undefined } as const;
  const bus = opening.use(await openNats(address, "bench", {}));
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

/** Waits for the line in which it says where it listens. */
async function startNats(directory: string) {
  const config = `${directory}/nats.conf`;
  await Deno.writeTextFile(
    config,
    `host: 127.0.0.1\nport: -1\njetstream { store_dir: "${directory}" }\n`,
  );
  const child = new Deno.Command("nats-server", {
    args: ["--config", config],
    env: { PATH: `${Deno.env.get("PATH")}:/usr/sbin` }, // where Debian puts it
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  let text = "";
  const { promise: found, resolve } = Promise.withResolvers<string | undefined>();
  const ended = (async () => {
    for await (const piece of child.stderr.pipeThrough(new TextDecoderStream())) {
      text += piece;
      const port = /client connections on \S+:(\d+)/.exec(text)?.[1];
      if (port !== undefined) resolve(port);
    }
    resolve(undefined);
  })();
  const port = await found;
  if (port === undefined) throw new Error(`nats-server ended: ${text}`);
  return {
    pid: child.pid,
    port: Number(port),
    async kill() {
      child.kill();
      await child.status;
      await ended;
    },
  };
}
