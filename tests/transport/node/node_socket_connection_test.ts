import { assertEquals, assertRejects } from "@std/assert";
import { EventEmitter } from "node:events"; // as the runtime's sockets are
import type { Socket } from "node:net";
import { TransportError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { NodeSocketConnection } from "../../../lib/transport/node/node_socket_connection.ts";
import { SharedBudget } from "../../../lib/transport/shared_budget.ts";

/** A connection over a socket that gives what the test says. */
function overFakeSocket() {
  const socket = new EventEmitter();
  const noop = () => {};
  Object.assign(socket, { end: noop, destroy: noop, writableLength: 0 });
  const peer = { transport: "tls", address: "a:1" } as const;
  const connection = new NodeSocketConnection(
    socket as unknown as Socket,
    peer,
    new SharedBudget(),
  );
  const come = (bytes: number) => socket.emit("data", new Uint8Array(bytes).fill(0x0a));
  return { socket, connection, come };
}

Deno.test("a connection over a node socket keeps a named number of bytes that nobody has asked for", async () => {
  const { connection, come } = overFakeSocket();
  connection.maxLineBytes = 100;
  const most = 100 + limits.maxUnreadBytesBeyondLine;
  come(most);
  assertEquals((await connection.receive())?.length, most);
  come(most);
  come(1);
  await assertRejects(() => connection.receive(), TransportError, `more than ${most} bytes`);
});

Deno.test("a connection over a node socket gives nothing more once it was closed", async () => {
  const { socket, connection, come } = overFakeSocket();
  come(10);
  void connection.close();
  come(10);
  socket.emit("end");
  assertEquals(await connection.receive(), null);
});
