import { DariError } from "../../../base/errors.ts";
import { ensurePrivateDirectory } from "../../../base/file/files.ts";
import type { ClusterFile } from "../../../endpoint/store/cluster_file.ts";
import { type Moved, moveToCluster, moveToFile } from "../../../endpoint/store/move.ts";
import {
  type MovedMessages,
  moveMessagesToCluster,
  moveMessagesToFile,
  removeReplicas,
} from "../../../endpoint/store/move_messages.ts";
import { type Command, defineCommand } from "../../app/command.ts";
import { option } from "../../app/option.ts";
import { report } from "../../app/report.ts";
import { text, type ValueType } from "../../app/value_type.ts";
import { clusterFileOf, clusterOptions, natsPlace } from "../../cluster/cluster_options.ts";
import { dataDirectoryOf, dataOptions } from "../../workspace/data_directory.ts";
import { holdDirectory } from "../../workspace/directory_in_use.ts";

const target: ValueType<string> = {
  ...text("ADDRESS"),
  expects:
    "sqlite, or NATS servers and the name of a service, such as nats://localhost:4222/orders",
  parse: (typed) => typed === "sqlite" ? typed : natsPlace.parse(typed),
};

const { cluster: _cluster, ...natsFiles } = clusterOptions;

/** `dari store migrate` */
export const command: Command = defineCommand({
  examples: [
    "dari store migrate --to nats://localhost:4222/orders",
    ["dari store migrate --to sqlite", "back into the data directory, which leaves the cluster"],
  ],
  options: {
    to: option(target, "where the store moves to: nats://HOST:PORT,…/SERVICE, or sqlite"),
    ...natsFiles,
    ...dataOptions,
  },
  notes: [
    "What moves is what all servers of a cluster share: accounts, sessions, keys, the ledger of " +
    "certificates, lockouts and kept answers; queues, jobs and topics. The audit stays in the data " +
    "directory. Stop its server first, and for --to sqlite those of the whole cluster.",
    "The other side must be empty. Everything is copied, and the numbers of entries and of messages and " +
    "their SHA-256 are compared on both sides, before anything is removed. A migration that was cut goes on " +
    "when it is run again.",
    "--to nats makes the record key, DIR/cluster.key: whoever has it reads the store. dari invite NAME " +
    "--cluster hands it to further servers.",
  ],
  async run({ options }, io) {
    const { to } = options;
    if (to === undefined) {
      throw new DariError("usage", "--to is missing: nats://HOST:PORT/SERVICE, or sqlite");
    }
    const directory = dataDirectoryOf(options, io);
    await ensurePrivateDirectory(directory);
    using _held = await holdDirectory(directory, undefined);
    const { entries, messages } = to === "sqlite"
      ? await moveOut(directory)
      : await moveIn(directory, await clusterFileOf({ ...options, cluster: to }, directory));
    const { from, to: now } = entries;
    const moved = { from: messages.from, now: messages.to };
    report(options, io, { to, from, now, messages: moved }, [
      `moved ${now.entries} entries and ${moved.now.messages} messages to ${to}`,
      `before: ${from.entries} entries, SHA-256 ${from.digest}`,
      `now:    ${now.entries} entries, SHA-256 ${now.digest}`,
      `before: ${moved.from.messages} messages, SHA-256 ${moved.from.digest}`,
      `now:    ${moved.now.messages} messages, SHA-256 ${moved.now.digest}`,
      ...(to === "sqlite"
        ? ["The stream in NATS was left as it is; remove it once no server uses it."]
        : [`Start servers with dari serve --cluster ${to}`]),
    ]);
    return 0;
  },
});

/** What was moved of both. */
interface MovedAll {
  readonly entries: Moved;
  readonly messages: MovedMessages;
}

async function moveIn(directory: string, file: ClusterFile): Promise<MovedAll> {
  const entries = await moveToCluster(directory, file);
  return { entries, messages: await moveMessagesToCluster(directory) };
}

/** The directory belongs to the cluster until everything is in its own file. */
async function moveOut(directory: string): Promise<MovedAll> {
  const messages = await moveMessagesToFile(directory);
  const entries = await moveToFile(directory);
  await removeReplicas(directory);
  return { entries, messages };
}
