// birpc over TCP, a line for each message. With the last argument `batched` the messages of a turn
// share one write; birpc leaves that to its user's `post`.
import net from "node:net";
import { createBirpc } from "birpc";
import { main, methods, once } from "./main.mjs";

const isBatched = process.argv.at(-1) === "batched";

/** Gives a function that writes each line at once, or the lines of a turn together. */
function createPost(socket) {
  if (!isBatched) return (line) => socket.write(`${line}\n`);
  let waiting = "";
  return (line) => {
    if (waiting === "") {
      queueMicrotask(() => {
        socket.write(waiting);
        waiting = "";
      });
    }
    waiting += `${line}\n`;
  };
}

/** Calls `take` with each line. */
function readLines(socket, take) {
  let rest = "";
  socket.setEncoding("utf8");
  socket.on("data", (chunk) => {
    const lines = chunk.split("\n");
    lines[0] = rest + lines[0];
    rest = lines.pop();
    for (const line of lines) take(line);
  });
}

function join(socket, functions) {
  socket.setNoDelay(true);
  socket.on("error", () => {});
  return createBirpc(functions, {
    post: createPost(socket),
    on: (take) => readLines(socket, take),
    serialize: JSON.stringify,
    deserialize: JSON.parse,
  });
}

async function listen() {
  const server = net.createServer((socket) => join(socket, methods)).listen(0, "127.0.0.1");
  await once(server, "listening");
  return `tcp://127.0.0.1:${server.address().port}`;
}

async function open(address) {
  const { hostname, port } = new URL(address);
  const socket = net.connect(Number(port), hostname);
  await once(socket, "connect");
  const rpc = join(socket, {});
  return {
    add: (a, b) => rpc.add({ a, b }),
    echo: (value) => rpc.echo({ value }),
    close: () => socket.destroy(),
  };
}

await main(listen, open);
