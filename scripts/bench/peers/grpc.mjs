import grpc from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { promisify } from "node:util";
import { main, methods } from "./main.mjs";

const { Bench } = grpc.loadPackageDefinition(loadSync(new URL("bench.proto", import.meta.url).pathname));
const sizes = {
  "grpc.max_receive_message_length": 64 << 20,
  "grpc.max_send_message_length": 64 << 20,
};

async function listen() {
  const server = new grpc.Server(sizes);
  server.addService(Bench.service, {
    add: ({ request }, reply) => reply(null, { sum: methods.add(request) }),
    echo: ({ request }, reply) => reply(null, { value: methods.echo(request) }),
    echoBytes: ({ request }, reply) => reply(null, { value: methods.echo(request) }),
  });
  const port = await promisify(server.bindAsync.bind(server))(
    "127.0.0.1:0",
    grpc.ServerCredentials.createInsecure(),
  );
  return `127.0.0.1:${port}`;
}

async function open(address) {
  const client = new Bench(address, grpc.credentials.createInsecure(), {
    ...sizes,
    // Channels share a connection otherwise, and each of ours is to have its own.
    "grpc.use_local_subchannel_pool": 1,
  });
  const add = promisify(client.Add.bind(client));
  const echo = promisify(client.Echo.bind(client));
  const echoBytes = promisify(client.EchoBytes.bind(client));
  await promisify(client.waitForReady.bind(client))(Date.now() + 10_000);
  return {
    add: async (a, b) => (await add({ a, b })).sum,
    echo: async (value) => (await echo({ value })).value,
    echoBytes: async (value) => (await echoBytes({ value })).value,
    close: () => client.close(),
  };
}

await main(listen, open);
