import { assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { CONTROL_BYTES, format, memoryType, word } from "../../../lib/ipc/ring/records.ts";
import { Ring } from "../../../lib/ipc/ring/ring.ts";
import { Doorbell } from "../../../lib/ipc/segment/doorbell.ts";
import { RingReader } from "../../../lib/ipc/segment/ring_reader.ts";

/** A writer and a reader of one ring, as those of two processes. */
function newEnds() {
  const memory = new ArrayBuffer(CONTROL_BYTES + 4_096);
  format(memory, memoryType.ring);
  const bell = new Doorbell(() => bell.rang(), true);
  const inbound = Ring.over(memory, bell);
  let taken = 0;
  const reader = new RingReader(inbound, { taken: () => void taken++ });
  return { memory, bell, reader, writer: Ring.over(memory, bell), taken: () => taken };
}

/** What one read gives, of at most `room` bytes. */
async function readSome(reader: RingReader, room: number): Promise<number[] | null> {
  const into = new Uint8Array(room);
  const length = await reader.read(into);
  return length === null ? null : [...into.subarray(0, length)];
}

Deno.test("a read gives what is there, and the rest of it to the next reads", async () => {
  const { reader, writer, taken } = newEnds();
  writer.tryWrite(new Uint8Array([1, 2, 3, 4, 5]));
  writer.tryWrite(new Uint8Array([6]));
  assertEquals(await readSome(reader, 2), [1, 2]);
  assertEquals(await readSome(reader, 2), [3, 4]);
  assertEquals(await readSome(reader, 2), [5]);
  assertEquals(taken(), 1);
  assertEquals(await readSome(reader, 2), [6]);
  assertEquals(taken(), 2);
});

Deno.test("a read waits for what comes later, and for the end", async () => {
  const { reader, writer } = newEnds();
  const read = readSome(reader, 8);
  await new Promise((resolve) => setTimeout(resolve)); // it sleeps by then, or looks
  writer.tryWrite(new Uint8Array([7]));
  assertEquals(await read, [7]);
  const last = readSome(reader, 8);
  writer.close();
  assertEquals(await last, null);
});

Deno.test("a message that breaks the rules ends a read that waits for it", async () => {
  const { memory, bell, reader, writer } = newEnds();
  const read = readSome(reader, 8);
  const words = new Int32Array(memory);
  Atomics.store(words, word.tail, 1_000_000);
  bell.rang();
  const error = await assertRejects(() => read, DariError);
  assertEquals(error.code, "data");
  Atomics.store(words, word.tail, Atomics.load(words, word.head));
  writer.close();
  await assertRejects(() => readSome(reader, 8), DariError);
});

Deno.test("a read that was given an error ends with it, behind what is there", async () => {
  const { bell, reader, writer } = newEnds();
  writer.tryWrite(new Uint8Array([1]));
  reader.fail(new DariError("data", "first"));
  reader.fail(new DariError("data", "second"));
  bell.rang();
  assertEquals(await readSome(reader, 8), [1]);
  await assertRejects(() => readSome(reader, 8), DariError, "first");
});
