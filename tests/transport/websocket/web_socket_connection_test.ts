import { assertEquals, assertRejects } from "@std/assert";
import { TransportError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { WebSocketConnection } from "../../../lib/transport/websocket/web_socket_connection.ts";

const peer = { transport: "wss", address: "far" } as const;

/** A WebSocket of a runtime, as far as a connection needs it. */
class FakeSocket {
  bufferedAmount = 0;
  readyState: number = WebSocket.OPEN;
  readonly sent: unknown[] = [];
  closedWith: number | undefined;
  onmessage: ((event: { data: unknown }) => void) | null = null;

  send(message: unknown): void {
    this.sent.push(message);
  }

  close(code: number): void {
    this.closedWith = code;
    this.readyState = WebSocket.CLOSED;
  }
}

function connectionOver(
  isByLine: boolean,
): { socket: FakeSocket; connection: WebSocketConnection } {
  const socket = new FakeSocket();
  const connection = new WebSocketConnection(socket as unknown as WebSocket, peer, isByLine);
  return { socket, connection };
}

Deno.test("a send waits while more than maxWebSocketUnsentBytes have not left", async () => {
  const { socket, connection } = connectionOver(false);
  socket.bufferedAmount = limits.maxWebSocketUnsentBytes;
  await connection.send("at the bound\n");
  socket.bufferedAmount++;
  let hasSent = false;
  const sending = connection.send("beyond\n").then(() => hasSent = true);
  await Promise.resolve();
  assertEquals(hasSent, false);
  socket.bufferedAmount = 0;
  await sending;
  connection.abort();
});

Deno.test("by line each line is a message; otherwise they leave together", async () => {
  const lines = connectionOver(true);
  await lines.connection.send("1\n2\n");
  assertEquals(lines.socket.sent, ["1\n", "2\n"]);
  const stream = connectionOver(false);
  await stream.connection.send("1\n2\n");
  assertEquals(stream.socket.sent, ["1\n2\n"]);
  lines.connection.abort();
  stream.connection.abort();
});

Deno.test("a line without LF is one, and text behind bytes stays behind them", async () => {
  const { socket, connection } = connectionOver(true);
  socket.onmessage!({ data: "first" });
  socket.onmessage!({ data: new TextEncoder().encode("second\nthi").buffer });
  socket.onmessage!({ data: "rd\n" });
  assertEquals(await connection.receive(), "first\n");
  assertEquals(await connection.receive(), "second\nthird\n");
  connection.abort();
});

Deno.test("more than a line may have, not asked for, ends the connection", async () => {
  const { socket, connection } = connectionOver(true);
  const most = connection.maxLineBytes + limits.maxUnreadBytesBeyondLine;
  const line = `${"x".repeat(1_023)}\n`;
  for (let bytes = 0; bytes <= most; bytes += line.length) socket.onmessage?.({ data: line });
  assertEquals(socket.closedWith, 4_009);
  const error = await assertRejects(() => connection.receive(), TransportError);
  assertEquals(error.code, "resource_exhausted");
});

Deno.test("a line that is far too long is an error of the receive that finds it, and of nothing else", async () => {
  const { socket, connection } = connectionOver(false);
  const bytes = new Uint8Array(limits.maxLineOverrun * connection.maxLineBytes + 1).fill(120);
  socket.onmessage!({ data: bytes.buffer });
  const error = await assertRejects(() => connection.receive(), TransportError);
  assertEquals(error.code, "resource_exhausted");
});

Deno.test("a line that is far too long is an error of the receive that waits", async () => {
  for (const isByLine of [false, true]) {
    const { socket, connection } = connectionOver(isByLine);
    const receiving = assertRejects(() => connection.receive(), TransportError);
    const line = "x".repeat(limits.maxLineOverrun * connection.maxLineBytes + 1);
    socket.onmessage!({ data: isByLine ? line : new TextEncoder().encode(line).buffer });
    assertEquals((await receiving).code, "resource_exhausted");
  }
});
