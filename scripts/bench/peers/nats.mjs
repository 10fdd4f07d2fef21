// NATS request and reply: a nats-server, a program that answers, and a client.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { connect } from "@nats-io/transport-node";
import { carryLoads } from "./load.mjs";
import { methods } from "./main.mjs";

const OPTIONS = { timeout: 10_000 };
const [role, address] = process.argv.slice(2);

/** Starts a nats-server, and waits for the line in which it says where it listens. */
async function startBroker() {
  const config = fileURLToPath(new URL("nats.conf", import.meta.url));
  const broker = spawn("nats-server", ["--config", config], {
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` }, // where Debian puts it
  });
  process.once("exit", () => broker.kill());
  broker.once("error", (error) => console.error(`nats-server: ${error.message}`));
  for await (const line of createInterface({ input: broker.stderr })) {
    const found = /client connections on (\S+)$/.exec(line);
    if (found) {
      broker.stderr.resume();
      return { pid: broker.pid, address: found[1] };
    }
  }
  throw new Error("nats-server ended");
}

async function serve() {
  const { pid, address } = await startBroker();
  const connection = await connect({ servers: address });
  // Callbacks, which its documentation calls faster than iterators.
  connection.subscribe("add", {
    callback: (_, message) => message.respond(JSON.stringify(methods.add(message.json()))),
  });
  connection.subscribe("echo", {
    callback: (_, message) => message.respond(message.data),
  });
  await connection.flush();
  // The broker's time on the processor counts as the server's.
  console.log(JSON.stringify({ address, pids: [pid] }));
}

async function open() {
  const connection = await connect({ servers: address });
  return {
    add: async (a, b) =>
      (await connection.request("add", JSON.stringify({ a, b }), OPTIONS)).json(),
    echo: async (value) => (await connection.request("echo", value, OPTIONS)).string(),
    echoBytes: async (value) => (await connection.request("echo", value, OPTIONS)).data,
    close: () => connection.close(),
  };
}

if (role === "server") await serve();
else await carryLoads(open);
