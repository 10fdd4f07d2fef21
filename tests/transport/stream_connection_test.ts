import { assert, assertEquals, assertRejects } from "@std/assert";
import { deadline } from "../../lib/base/abort.ts";
import { TransportError } from "../../lib/base/errors.ts";
import { SharedBudget } from "../../lib/transport/shared_budget.ts";
import {
  type ByteStream,
  socketSizes,
  StreamConnection,
} from "../../lib/transport/stream_connection.ts";

const peer = { transport: "tcp", address: "test" } as const;
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** A stream that reads what a test gives it, and keeps what is written. */
class ScriptedStream implements ByteStream {
  written = "";
  closed = 0;
  isWriteClosed = false;
  /** What was to be read into, each time. */
  readonly rooms: Uint8Array[] = [];
  /** The most bytes that one write takes. */
  writeBytes = Infinity;
  #reads: (string | null | Error)[] = [];
  #wake: (() => void) | undefined;

  give(...reads: (string | null | Error)[]): void {
    this.#reads.push(...reads);
    this.#wake?.();
  }

  async read(into: Uint8Array): Promise<number | null> {
    this.rooms.push(into);
    while (this.#reads.length === 0 && this.closed === 0) {
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    const next = this.#reads.shift() ?? null;
    if (next === null) return null;
    if (next instanceof Error) throw next;
    return new TextEncoder().encodeInto(next, into).written;
  }

  write(bytes: Uint8Array): Promise<number> {
    if (this.closed > 0) return Promise.reject(new Deno.errors.BadResource("closed"));
    const part = bytes.subarray(0, this.writeBytes);
    this.written += text(part);
    return Promise.resolve(part.length);
  }

  closeWrite(): Promise<void> {
    this.isWriteClosed = true;
    return Promise.resolve();
  }

  close(): void {
    if (this.closed++ > 0) throw new Deno.errors.BadResource("closed");
    this.#wake?.();
  }
}

function open() {
  const stream = new ScriptedStream();
  return { stream, connection: new StreamConnection(stream, peer, socketSizes) };
}

Deno.test("StreamConnection gives whole lines, and null from the end on", async () => {
  const { stream, connection } = open();
  stream.give("a\nb", "\nc\n", null);
  assertEquals(await connection.receive(), "a\n");
  assertEquals(await connection.receive(), "b\nc\n");
  assertEquals([await connection.receive(), await connection.receive()], [null, null]);
});

Deno.test("StreamConnection hands pieces over while its reader takes them, one after the other", async () => {
  const { stream, connection } = open();
  const taken: (string | Uint8Array)[] = [];
  stream.give("a\n", "b", "\n", "c\nd\n", "e\n", null);
  const take = (piece: string | Uint8Array) => taken.push(piece) < 3;
  assertEquals([await connection.receive(take), taken], ["", ["a\n", "b\n", "c\nd\n"]]);
  assertEquals([await connection.receive(take), taken.length], ["", 4]);
  assertEquals(await connection.receive(take), null);
});

Deno.test("StreamConnection sends on where a write took a part", async () => {
  const { stream, connection } = open();
  stream.writeBytes = 3;
  await connection.send("0123456789\n");
  assertEquals(stream.written, "0123456789\n");
});

Deno.test("StreamConnection takes an end of TLS without close_notify between lines alone", async () => {
  const between = open();
  between.stream.give("a\n", new Deno.errors.UnexpectedEof("no close_notify"));
  assertEquals([await between.connection.receive(), await between.connection.receive()], [
    "a\n",
    null,
  ]);
  const within = open();
  within.stream.give("a\nb", new Deno.errors.UnexpectedEof("no close_notify"));
  await within.connection.receive();
  await assertRejects(() => within.connection.receive(), TransportError, "no close_notify");
});

Deno.test("StreamConnection.close() reads until the other side has ended, and then closes", async () => {
  const { stream, connection } = open();
  const closing = connection.close();
  stream.give("unread\n");
  await Promise.resolve();
  assertEquals([stream.isWriteClosed, stream.closed], [true, 0]);
  stream.give(null);
  await closing;
  assert(stream.closed > 0);
  await assertRejects(() => connection.send("late\n"), TransportError, "is closed");
});

Deno.test("StreamConnection.close() waits for the receive that is under way", async () => {
  const { stream, connection } = open();
  const receiving = connection.receive();
  const closing = connection.close();
  stream.give("dropped\n", null);
  assertEquals(await receiving, null);
  await closing;
  assert(stream.closed > 0);
});

Deno.test("StreamConnection.abort() ends a receive that waits, and may be repeated", async () => {
  const { stream, connection } = open();
  const receiving = connection.receive();
  connection.abort();
  connection.abort();
  assertEquals(await receiving, null);
  assert(stream.closed > 0);
  await assertRejects(() => connection.send("late\n"), TransportError);
});

Deno.test("StreamConnection.receive() leaves the reading to a close() that has begun", async () => {
  const { stream, connection } = open();
  const closing = connection.close();
  await Promise.resolve(); // it reads now
  const receiving = connection.receive();
  assertEquals(stream.rooms.length, 1);
  stream.give(null);
  assertEquals(await receiving, null);
  await closing;
  assertEquals(stream.rooms.length, 1);
});

Deno.test("StreamConnection.abort() gives memory back that nobody reads into", async () => {
  const { stream, connection } = open();
  stream.give("line\n");
  assertEquals(await connection.receive(), "line\n");
  connection.abort();
  const next = open();
  next.stream.give("next\n");
  await next.connection.receive();
  assertEquals(next.stream.rooms[0]?.buffer === stream.rooms[0]?.buffer, true);
  next.connection.abort();
});

Deno.test("StreamConnection says why its stream broke", async () => {
  const { stream, connection } = open();
  stream.give(new Error("reset by peer"));
  const error = await assertRejects(() => connection.receive(), TransportError, "reset by peer");
  assertEquals(error.code, "unavailable");
});

Deno.test("lines that never end are bounded for all connections together", async () => {
  const budget = new SharedBudget(300_000);
  const [patient, greedy] = [1, 2].map(() => {
    const stream = new ScriptedStream();
    const connection = new StreamConnection(stream, peer, socketSizes, budget);
    connection.maxLineBytes = 16 * 1024 * 1024;
    return { stream, connection };
  }) as [ReturnType<typeof open>, ReturnType<typeof open>];
  const part = "x".repeat(32_000);
  const waiting = patient.connection.receive();
  patient.stream.give(part, part, part);
  const cut = assertRejects(() => greedy.connection.receive(), TransportError, "in this one");
  for (let n = 0; n < 10; n++) greedy.stream.give(part);
  assertEquals((await deadline(cut, 5_000)).code, "resource_exhausted");
  assertEquals(greedy.stream.closed, 1);
  patient.stream.give("\n");
  assertEquals((await deadline(waiting, 5_000))?.length, 96_001);
  assertEquals(budget.bytes, 0);
});

Deno.test("close() after abort() does not close the stream a second time", async () => {
  const { stream, connection } = open();
  connection.abort();
  connection.abort();
  await connection.close();
  assertEquals(stream.closed, 1);
});

Deno.test("close() after the other side's end drops a plain stream without a second end", async () => {
  const { stream, connection } = open();
  stream.give(null);
  assertEquals(await connection.receive(), null);
  await connection.close();
  assertEquals([stream.isWriteClosed, stream.closed], [false, 1]);
});

Deno.test("close() after the other side's end still sends TLS's own end", async () => {
  const stream = new ScriptedStream();
  const tlsPeer = { transport: "tls", address: "test" } as const;
  const connection = new StreamConnection(stream, tlsPeer, socketSizes);
  stream.give(null);
  assertEquals(await connection.receive(), null);
  await connection.close();
  assertEquals([stream.isWriteClosed, stream.closed], [true, 1]);
});
