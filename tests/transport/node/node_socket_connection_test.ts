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
  const say = (text: string) => socket.emit("data", new TextEncoder().encode(text));
  return { socket, connection, come, say };
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

Deno.test("a connection over a node socket hands each piece to its taker in the same turn", async () => {
  const { connection, say } = overFakeSocket();
  connection.takesBlobs = true;
  const blob = new TextEncoder().encode("x");
  const taken: (string | Uint8Array)[] = [];
  say("a\n");
  const received = connection.receive((piece) => taken.push(piece) < 5);
  say("b\n#1\nxc\n");
  assertEquals(taken, ["a\n", "b\n", blob, "c\n"]);
  say("d\n");
  say("e\n");
  assertEquals([await received, taken.at(-1)], ["", "d\n"]);
  assertEquals(await connection.receive(), "e\n");
});

Deno.test("a connection over a node socket tells of a part that waits behind what was taken", async () => {
  const { connection, say } = overFakeSocket();
  let parts = 0;
  connection.onPartial = () => parts++;
  const received = connection.receive(() => true);
  say("a\n");
  assertEquals(parts, 0);
  say("b\nc");
  assertEquals(parts, 1);
  connection.abort();
  assertEquals(await received, null);
});

Deno.test("a connection over a node socket gives the end to a receive whose taker drops it", async () => {
  const { socket, connection, say } = overFakeSocket();
  const received = connection.receive(() => {
    connection.abort();
    return false;
  });
  say("a\n");
  socket.emit("close");
  assertEquals(await received, null);
});
