import net from "node:net";
import {
  createMessageConnection,
  SocketMessageReader,
  SocketMessageWriter,
} from "vscode-jsonrpc/node";
import { main, methods, once } from "./main.mjs";

function join(socket) {
  socket.setNoDelay(true);
  socket.on("error", () => {});
  const connection = createMessageConnection(
    new SocketMessageReader(socket),
    new SocketMessageWriter(socket),
  );
  connection.onError(() => {});
  return connection;
}

async function listen() {
  const server = net.createServer((socket) => {
    const connection = join(socket);
    for (const [name, handler] of Object.entries(methods)) connection.onRequest(name, handler);
    connection.listen();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return `tcp://127.0.0.1:${server.address().port}`;
}

async function open(address) {
  const { hostname, port } = new URL(address);
  const socket = net.connect(Number(port), hostname);
  await once(socket, "connect");
  const connection = join(socket);
  connection.listen();
  return {
    add: (a, b) => connection.sendRequest("add", { a, b }),
    echo: (value) => connection.sendRequest("echo", { value }),
    close() {
      connection.dispose();
      socket.destroy();
    },
  };
}

await main(listen, open);
