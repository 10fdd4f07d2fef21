import { newWebSocketRpcSession, RpcTarget } from "capnweb";
import { WebSocket, WebSocketServer } from "ws";
import { main, methods, once } from "./main.mjs";

globalThis.WebSocket ??= WebSocket; // Node 20 has none of its own, and capnweb reads its constants

class Api extends RpcTarget {
  add(a, b) {
    return methods.add({ a, b });
  }
  echo(value) {
    return methods.echo({ value });
  }
}

async function listen() {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  server.on("connection", (socket) => newWebSocketRpcSession(socket, new Api()));
  await once(server, "listening");
  return `ws://127.0.0.1:${server.address().port}`;
}

async function open(address) {
  const socket = new WebSocket(address);
  await once(socket, "open");
  const api = newWebSocketRpcSession(socket);
  return {
    add: async (a, b) => await api.add(a, b),
    echo: async (value) => await api.echo(value),
    close: () => api[Symbol.dispose](),
  };
}

await main(listen, open);
