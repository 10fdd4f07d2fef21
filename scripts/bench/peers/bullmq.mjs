// BullMQ on a redis-server that writes each command to the disk before it answers.
import { execFileSync, spawn } from "node:child_process";
import { connect } from "node:net";
import { Queue, Worker } from "bullmq";
import { Redis } from "ioredis";
import { carryOrders } from "./messages_load.mjs";
import { versionOf } from "./version.mjs";

const [directory] = process.argv.slice(2);
const path = `${directory}/redis.sock`;

/** Starts a redis-server, and waits until it takes connections. */
async function startRedis() {
  const server = spawn("redis-server", [
    ...["--port", "0", "--unixsocket", path, "--dir", directory, "--save", ""],
    ...["--appendonly", "yes", "--appendfsync", "always"],
  ], { stdio: "ignore" });
  process.once("exit", () => server.kill());
  for (let tries = 0; tries < 200; tries++) {
    const isUp = await new Promise((resolve) => {
      const socket = connect(path, () => resolve(true)).once("error", () => resolve(false));
      socket.once("connect", () => socket.end());
    });
    if (isUp) return server.pid;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("redis-server does not answer");
}

const pid = await startRedis();
const [, redis] = /v=(\S+)/.exec(execFileSync("redis-server", ["--version"], { encoding: "utf8" }));
// Workers wait in a connection of their own, which BullMQ makes of these options.
const connection = new Redis({ path, maxRetriesPerRequest: null, enableAutoPipelining: true });
const options = { removeOnComplete: true };
const queues = new Map();

function open(name) {
  let queue = queues.get(name);
  if (queue === undefined) queues.set(name, queue = new Queue(name, { connection }));
  return {
    put: (body) => queue.add("job", body, options),
    fill: (bodies) => queue.addBulk(bodies.map((data) => ({ name: "job", data, opts: options }))),
    async work(lanes, handle, done) {
      const work = async ({ data }) => handle(data);
      const worker = new Worker(name, work, { connection, concurrency: lanes });
      worker.on("completed", done);
      worker.on("error", (error) => console.error(`BullMQ: ${error.message}`));
      await worker.waitUntilReady();
      return () => worker.close();
    },
  };
}

const version = `${versionOf("bullmq")}, redis-server ${redis}, appendfsync always`;
await carryOrders({ pids: [pid], version }, open);
process.exit();
