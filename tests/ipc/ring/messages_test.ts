import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { DariError } from "../../../lib/base/errors.ts";
import { turn } from "../../../lib/base/turn.ts";
import { MessageReader, MessageWriter } from "../../../lib/ipc/ring/messages.ts";
import { Ring } from "../../../lib/ipc/ring/ring.ts";
import { ASCII, encodeText, kind } from "../../../lib/ipc/ring/value.ts";

const MAX_BYTES = 20_000;

function connect(maxBytes = MAX_BYTES, readerMaxBytes = maxBytes) {
  const ring = Ring.create({ capacityBytes: 1_024 });
  const writer = new MessageWriter(ring, maxBytes);
  const reader = new MessageReader(Ring.open(ring.buffer), readerMaxBytes);
  return { ring, writer, reader };
}

/** Reads what comes until the ring ends. */
async function readAll(reader: MessageReader): Promise<Uint8Array[]> {
  const messages: Uint8Array[] = [];
  while (true) {
    for (let message = reader.tryRead(); message; message = reader.tryRead()) {
      assert(typeof message.content !== "string");
      messages.push(message.content.slice());
    }
    if (!await reader.readable()) return messages;
  }
}

Deno.test("messages of any length arrive whole and in the order of the calls", async () => {
  const lengths = fc.array(fc.oneof(fc.nat({ max: 200 }), fc.nat({ max: 5_000 })), {
    maxLength: 12,
  });
  await fc.assert(
    fc.asyncProperty(lengths, async (lengths) => {
      const { ring, writer, reader } = connect();
      const sent = lengths.map((length, index) => new Uint8Array(length).fill(index));
      const written = Promise.all(sent.map((bytes) => writer.write(kind.bytes, bytes)));
      const read = readAll(reader);
      await written;
      assert(writer.isIdle);
      ring.close();
      assertEquals(await read, sent);
      assert(reader.isIdle && reader.ended);
    }),
    { numRuns: 50 },
  );
});

Deno.test("write() is done at once where there is room, and not behind a message that waits", async () => {
  const { writer, reader } = connect();
  assertEquals(writer.write(kind.bytes, new Uint8Array(100)), undefined);
  assert(writer.isIdle);
  const long = writer.write(kind.bytes, new Uint8Array(3_000));
  const short = writer.write(kind.bytes, new Uint8Array(1));
  assert(long !== undefined && short !== undefined && !writer.isIdle);
  const lengths: number[] = [];
  while (lengths.length < 3) {
    const message = reader.tryRead();
    if (message !== undefined) lengths.push(message.content.length);
    else await reader.readable();
  }
  assertEquals(lengths, [100, 3_000, 1]);
  await Promise.all([long, short]);
});

Deno.test("a message that waits has a copy of its bytes", async () => {
  const { ring, writer, reader } = connect();
  const bytes = new Uint8Array(2_000).fill(1);
  const written = writer.write(kind.bytes, bytes);
  bytes.fill(2);
  const read = readAll(reader);
  await written;
  ring.close();
  assertEquals(await read, [new Uint8Array(2_000).fill(1)]);
});

Deno.test("text in pieces arrives as bytes of its kind, without the ASCII bit", async () => {
  const { writer, reader } = connect();
  const text = encodeText("x".repeat(3_000), kind.text);
  assertEquals(text.kind, kind.text | ASCII);
  const written = writer.write(text.kind, text.bytes);
  let message = reader.tryRead();
  for (; message === undefined; message = reader.tryRead()) await reader.readable();
  assertEquals([message.kind, message.content.length], [kind.text, 3_000]);
  await written;
});

Deno.test("a message that was given up half-way leaves nothing behind, and the next one is whole", async () => {
  const { ring, writer, reader } = connect();
  const controller = new AbortController();
  const { signal } = controller;
  const given = writer.write(kind.bytes, new Uint8Array(5_000).fill(1), { signal });
  const next = writer.write(kind.bytes, new Uint8Array(600).fill(2));
  await turn();
  assertEquals(reader.tryRead(), undefined);
  assert(!reader.isIdle, "no piece has come");
  controller.abort(new Error("enough"));
  await assertRejects(() => given!, Error, "enough");
  assert(!writer.isIdle);
  const read = readAll(reader);
  await next;
  ring.close();
  assertEquals(await read, [new Uint8Array(600).fill(2)]);
  assert(writer.isIdle && reader.isIdle);
});

Deno.test("a message that waits for its turn gives up at its timeout or signal, and keeps the order", async () => {
  const { ring, writer, reader } = connect();
  const first = writer.write(kind.bytes, new Uint8Array(2_000).fill(1));
  const late = writer.write(kind.bytes, new Uint8Array(1).fill(2), { timeoutMs: 1 });
  const aborted = AbortSignal.abort(new Error("enough"));
  const refused = writer.write(kind.bytes, new Uint8Array(1).fill(3), { signal: aborted });
  const forEver = writer.write(kind.bytes, new Uint8Array(1).fill(4), { timeoutMs: 2 ** 31 });
  await assertRejects(() => refused!, Error, "enough");
  assertEquals((await assertRejects(() => late!, DariError)).code, "deadline_exceeded");
  const read = readAll(reader);
  await Promise.all([first, forEver]);
  ring.close();
  assertEquals((await read).map((message) => message[0]), [1, 4]);
});

Deno.test("a message over the limit is refused by its writer, and by a reader of a lower limit", async () => {
  const { writer, reader } = connect(3_000, 2_999);
  const error = assertThrows(() => writer.write(kind.bytes, new Uint8Array(3_001)), DariError);
  assertEquals([error.code, error.retryable], ["resource_exhausted", false]);
  writer.write(kind.bytes, new Uint8Array(3_000))?.catch(() => {});
  const read = await assertRejects(() => readAll(reader), DariError);
  assertEquals(read.code, "resource_exhausted");
});

Deno.test("messages that wait are refused once the reader has gone", async () => {
  const { ring, writer } = connect();
  const written = [1, 2].map((fill) => writer.write(kind.bytes, new Uint8Array(5_000).fill(fill)));
  await turn();
  ring.cancel();
  for (const write of written) {
    assertEquals((await assertRejects(() => write!, DariError)).code, "unavailable");
  }
  assertThrows(() => writer.write(kind.bytes, new Uint8Array(1)), DariError);
});

Deno.test("readableSync() tells whether something came in time", () => {
  const { writer, reader } = connect();
  assertEquals(reader.readableSync(1), false);
  writer.write(kind.bytes, new Uint8Array(1));
  assertEquals(reader.readableSync(1), true);
});
