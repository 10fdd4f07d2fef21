import { Client, Server } from "rpc-websockets";
import { main, methods, once } from "./main.mjs";

async function listen() {
  const server = new Server({ host: "127.0.0.1", port: 0, maxPayload: 64 << 20 });
  for (const [name, handler] of Object.entries(methods)) server.register(name, handler);
  await once(server, "listening");
  return `ws://127.0.0.1:${server.wss.address().port}`;
}

async function open(address) {
  const client = new Client(address, { max_reconnects: 0 });
  await once(client, "open");
  return {
    add: (a, b) => client.call("add", { a, b }),
    echo: (value) => client.call("echo", { value }),
    close: () => client.close(),
  };
}

await main(listen, open);
