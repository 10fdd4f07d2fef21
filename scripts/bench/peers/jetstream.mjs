// JetStream with file storage: a nats-server and its client.
import { execFileSync, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { AckPolicy, jetstream, jetstreamManager, RetentionPolicy, StorageType } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { carryOrders } from "./messages_load.mjs";
import { versionOf } from "./version.mjs";

const [directory, sync] = process.argv.slice(2);
const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` }; // where Debian puts it

/** Starts a nats-server, and waits for the line in which it says where it listens. */
async function startBroker() {
  const config = `${directory}/nats.conf`;
  const storage = [`store_dir: "${directory}"`, ...sync === "always" ? ["sync_interval: always"] : []];
  writeFileSync(config, `host: 127.0.0.1\nport: -1\njetstream { ${storage.join(", ")} }\n`);
  const broker = spawn("nats-server", ["--config", config], {
    stdio: ["ignore", "ignore", "pipe"],
    env,
  });
  process.once("exit", () => broker.kill());
  let last = "nats-server ended";
  for await (const line of createInterface({ input: broker.stderr })) {
    if (line !== "") last = line.replace(/^.*?: /, "");
    const found = /client connections on (\S+)$/.exec(line);
    if (found) {
      broker.stderr.resume();
      return { pid: broker.pid, address: found[1] };
    }
  }
  throw new Error(last);
}

const encoder = new TextEncoder();
let broker;
try {
  broker = await startBroker();
} catch (error) {
  const version = execFileSync("nats-server", ["--version"], { encoding: "utf8", env }).trim();
  console.log(JSON.stringify({ refused: `${version}: ${error.message}` }));
  process.exit();
}
const connection = await connect({ servers: broker.address });
const manager = await jetstreamManager(connection, { timeout: 30_000 });
const stream = jetstream(connection, { timeout: 30_000 });

async function open(name) {
  await manager.streams.add({
    name,
    subjects: [name],
    storage: StorageType.File,
    retention: RetentionPolicy.Workqueue,
  });
  const put = (body) => stream.publish(name, encoder.encode(JSON.stringify(body)));
  return {
    put,
    fill: (bodies) => Promise.all(bodies.map(put)),
    async work(lanes, handle, done) {
      await manager.consumers.add(name, {
        durable_name: "worker",
        ack_policy: AckPolicy.Explicit,
        max_ack_pending: lanes,
      });
      const consumer = await stream.consumers.get(name, "worker");
      const messages = await consumer.consume({
        max_messages: lanes,
        callback(message) {
          handle(message.json());
          message.ackAck().then(done);
        },
      });
      return async () => {
        await messages.close();
        // What it was given and has not acknowledged waits for nobody.
        await manager.consumers.delete(name, "worker");
      };
    },
  };
}

const server = connection.info?.version;
const how = sync === "always" ? "sync_interval always" : "its default sync_interval, 2 minutes";
const version = `nats-server ${server}, ${how}, client ${versionOf("@nats-io/jetstream")}`;
await carryOrders({ pids: [broker.pid], version }, open);
process.exit();
