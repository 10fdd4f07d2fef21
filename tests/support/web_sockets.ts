import { createServer } from "node:http";
import { limits } from "../../lib/base/limits.ts";
import type { Connection } from "../../lib/transport/connection.ts";
import { DuplexStream } from "../../lib/transport/node/duplex_stream.ts";
import { dialTcp } from "../../lib/transport/tcp.ts";
import { openWebSocket } from "../../lib/transport/websocket/connect.ts";
import { FramedConnection } from "../../lib/transport/websocket/framed_connection.ts";
import { acceptOf, SUBPROTOCOL } from "../../lib/transport/websocket/handshake.ts";
import { WebSocketConnection } from "../../lib/transport/websocket/web_socket_connection.ts";

const host = "127.0.0.1";
const peer = { transport: "wss", address: host } as const;

/** Two ends of a WebSocket, and what ends the server. */
export interface WebSocketEnds {
  readonly near: Connection;
  readonly far: Connection;
  close(): Promise<void>;
}

/** Frames of our own over sockets of Deno's, which wait for their readers. */
export async function framedEnds(): Promise<WebSocketEnds> {
  const listener = Deno.listen({ hostname: host, port: 0 });
  const dialing = dialTcp({ host, port: listener.addr.port });
  const options = { isByLine: false } as const;
  return {
    far: new FramedConnection(await listener.accept(), peer, { ...options, role: "server" }),
    near: new FramedConnection(await dialing, peer, { ...options, role: "client" }),
    close: () => Promise.resolve(listener.close()),
  };
}

/** A WebSocket of the runtime at the server, as the fast engine has it, and one of ours or its own. */
export async function runtimeEnds(nearIs: "framed" | "runtime"): Promise<WebSocketEnds> {
  const accepted = Promise.withResolvers<Connection>();
  const server = Deno.serve({ hostname: host, port: 0, onListen() {} }, (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request, {
      protocol: SUBPROTOCOL,
      idleTimeout: 0,
    });
    accepted.resolve(new WebSocketConnection(socket, peer, false));
    return response;
  });
  const { port } = server.addr;
  const near = nearIs === "framed"
    ? await openWebSocket({ kind: "wss", host, port }, () => dialTcp({ host, port }))
    : await openPlain(`ws://${host}:${port}/ws`);
  return { near, far: await accepted.promise, close: () => server.shutdown() };
}

async function openPlain(url: string): Promise<Connection> {
  const socket = new WebSocket(url, SUBPROTOCOL);
  const connection = new WebSocketConnection(socket, peer, false);
  await new Promise((resolve) => socket.addEventListener("open", resolve));
  return connection;
}

/** Frames of our own over a socket that node gave up, as the strict engine has it. */
export async function upgradedEnds(): Promise<WebSocketEnds> {
  const accepted = Promise.withResolvers<Connection>();
  const server = createServer();
  server.on("upgrade", async (request, socket, head) => {
    const accept = await acceptOf(request.headers["sec-websocket-key"] as string);
    const most = () => connection.maxLineBytes + limits.maxUnreadBytesBeyondLine;
    const options = { role: "server", isByLine: false, head } as const;
    const connection: Connection = new FramedConnection(
      new DuplexStream(socket, most),
      peer,
      options,
    );
    socket.write(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
        `Sec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: ${SUBPROTOCOL}\r\n\r\n`,
    );
    accepted.resolve(connection);
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as { port: number };
  const near = await openWebSocket({ kind: "wss", host, port }, () => dialTcp({ host, port }));
  const close = () => new Promise<void>((resolve) => server.close(() => resolve()));
  return { near, far: await accepted.promise, close };
}
