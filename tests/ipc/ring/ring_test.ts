import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { DariError } from "../../../lib/base/errors.ts";
import { Ring } from "../../../lib/ipc/mod.ts";

Deno.test("a ring gives messages in order under every schedule of writes and reads", () => {
  const steps = fc.array(
    fc.oneof(
      fc.record({ write: fc.nat({ max: 250 }), fill: fc.constantFrom(0, 1, 255) }),
      fc.constant("read" as const),
    ),
    { maxLength: 200 },
  );
  fc.assert(fc.property(steps, (schedule) => {
    const writer = Ring.create({ capacityBytes: 1_024 });
    const reader = Ring.open(writer.buffer);
    const model: Uint8Array[] = [];
    for (const step of schedule) {
      if (step === "read") assertEquals(reader.tryRead(), model.shift());
      else {
        const message = new Uint8Array(step.write).fill(step.fill);
        if (writer.tryWrite(message)) model.push(message);
        else assert(model.length > 0, "an empty ring had no room");
      }
    }
    for (const expected of model) assertEquals(reader.tryRead(), expected);
    assertEquals(reader.tryRead(), undefined);
  }));
});

Deno.test("a ring whose two sides wait for each other keeps order and loses nothing", async () => {
  const lengths = fc.array(fc.nat({ max: 250 }), { maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(lengths, async (plan) => {
      const writer = Ring.create({ capacityBytes: 1_024 });
      const reader = Ring.open(writer.buffer);
      const written = (async () => {
        for (const [index, length] of plan.entries()) {
          await writer.write(new Uint8Array(length).fill(index));
        }
        writer.close();
      })();
      for (const [index, length] of plan.entries()) {
        assertEquals(await reader.read(), new Uint8Array(length).fill(index));
      }
      assertEquals(await reader.read(), undefined);
      await written;
    }),
    { numRuns: 60 },
  );
});

Deno.test("a ring takes its longest message at every position", () => {
  const ring = Ring.create({ capacityBytes: 1 << 16 });
  for (let round = 0; round < 200; round++) {
    for (const length of [ring.maxMessageBytes, 5_000, 13 * round]) {
      const message = new Uint8Array(length).fill(round);
      assert(ring.tryWrite(message));
      assertEquals(ring.tryRead(), message);
    }
  }
});

Deno.test("tryWrite() refuses a message that never fits", () => {
  const ring = Ring.create({ capacityBytes: 1_024 });
  const long = new Uint8Array(ring.maxMessageBytes + 1);
  assertEquals(assertThrows(() => ring.tryWrite(long), DariError).code, "resource_exhausted");
});

Deno.test("write() waits until the reader has made room", async () => {
  const ring = Ring.create({ capacityBytes: 1_024 });
  const message = new Uint8Array(200);
  while (ring.tryWrite(message));
  const written = ring.write(message);
  await assertRejects(() => ring.write(message, { timeoutMs: 0 }), DariError, "did not happen");
  ring.tryRead();
  await written;
});

Deno.test("read() gives what was written before the close, and then the end", async () => {
  const ring = Ring.create();
  ring.tryWrite(new Uint8Array([7]));
  ring.close();
  assertEquals(await ring.read(), new Uint8Array([7]));
  assertEquals(await ring.read(), undefined);
  assertEquals(assertThrows(() => ring.tryWrite(new Uint8Array(1)), DariError).code, "unavailable");
});

Deno.test("a waiting read() ends with its signal, and with the ring", async () => {
  const ring = Ring.create();
  const controller = new AbortController();
  const read = ring.read({ signal: controller.signal });
  controller.abort(new Error("enough"));
  await assertRejects(() => read, Error, "enough");
  const last = ring.read();
  ring.close();
  assertEquals(await last, undefined);
});

Deno.test("a capacity out of range and memory of another kind are refused", () => {
  assertThrows(() => Ring.create({ capacityBytes: 10 }), RangeError, "10 bytes");
  assertThrows(() => Ring.create({ capacityBytes: NaN }), RangeError);
  assertThrows(() => Ring.open(new SharedArrayBuffer(8)), TypeError);
});

Deno.test("messages keep their bytes when the buffer of another is transferred away", () => {
  const ring = Ring.create();
  for (let value = 0; value < 1_000; value++) {
    ring.tryWrite(new Uint8Array(100).fill(value));
    const message = ring.tryRead()!;
    assertEquals(message, new Uint8Array(100).fill(value));
    if (value % 7 === 0) structuredClone(message, { transfer: [message.buffer as ArrayBuffer] });
  }
});

Deno.test("a ring whose memory was written over says so, and does not end in silence", () => {
  const ring = Ring.create({ capacityBytes: 1_024 });
  ring.tryWrite(new Uint8Array(10));
  new Uint8Array(ring.buffer).fill(0xff, 512);
  assertEquals(assertThrows(() => ring.tryRead(), DariError).code, "data");
});

Deno.test("a reader opened later takes up where the last one stood", () => {
  const ring = Ring.create();
  for (let value = 0; value < 5; value++) ring.tryWrite(new Uint8Array([value]));
  assertEquals(ring.tryRead(), new Uint8Array([0]));
  const next = Ring.open(ring.buffer);
  assertEquals([1, 2, 3, 4].map(() => next.tryRead()![0]), [1, 2, 3, 4]);
});

Deno.test("messages are written in the order of the calls, awaited or not", async () => {
  const ring = Ring.create({ capacityBytes: 1_024 });
  const message = (byte: number) => new Uint8Array(200).fill(byte);
  let next = 0;
  while (ring.tryWrite(message(next))) next++;
  const [written, late] = [ring.write(message(next)), ring.write(message(99), { timeoutMs: 1 })];
  await assertRejects(() => late, DariError, "within 1 ms");
  assert(ring.tryRead());
  assertEquals(ring.tryWrite(message(98)), false); // there is room, and somebody waits for it
  const after = ring.write(message(next + 1));
  for (const byte of [1, 2]) assertEquals(ring.tryRead(), message(byte));
  ring.writeSync(message(next + 2), 0);
  for (let byte = 3; byte <= next + 2; byte++) assertEquals(ring.tryRead(), message(byte));
  assertEquals(ring.tryRead(), undefined);
  await Promise.all([written, after]);
  assert(ring.tryWrite(message(1)));
});

Deno.test("a message that waits keeps its kind where a blocking write sends it", async () => {
  const ring = Ring.create({ capacityBytes: 1_024 });
  while (ring.tryWrite(new Uint8Array(200)));
  const written = ring.write(new Uint8Array(250), { kind: 5 });
  while (ring.tryRead());
  ring.writeSync(new Uint8Array(2));
  assertEquals(ring.tryTake(({ kind, length }) => [kind, length]), [5, 250]);
  assertEquals(ring.tryTake(({ kind, length }) => [kind, length]), [1, 2]);
  await written;
});

Deno.test("messages are given out in the order of the calls of read, awaited or not", async () => {
  const ring = Ring.create({ capacityBytes: 1_024 });
  const reads = [ring.read(), ring.read(), ring.read()];
  const late = ring.read({ timeoutMs: 1 });
  ring.tryWrite(new Uint8Array([1]));
  reads.push(ring.read());
  assertEquals(ring.tryRead(), undefined); // it is promised to the first one
  await assertRejects(() => late, DariError, "within 1 ms");
  for (const byte of [2, 3, 4]) ring.tryWrite(new Uint8Array([byte]));
  assertEquals((await Promise.all(reads)).map((read) => read?.[0]), [1, 2, 3, 4]);
  const ends = [ring.read(), ring.read()];
  ring.tryWrite(new Uint8Array([5]));
  ring.close();
  assertEquals((await Promise.all(ends)).map((read) => read?.[0]), [5, undefined]);
});
