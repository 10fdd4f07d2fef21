import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { allocate, memoryType, Records, word } from "../../../lib/ipc/ring/records.ts";

const { ring } = memoryType;
const PAGE = 4_096;
const UNIT = 8;
/** A capacity that has room for records of several pages. */
const LARGE_BYTES = 1 << 14;
const KIND = 5;

/** Memory whose positions begin at `start`, with `sides` views of it. */
function memoryAt(start: number, capacityBytes: number, sides: number): Records[] {
  const buffer = allocate(capacityBytes, ring);
  const words = new Int32Array(buffer);
  words[word.head] = words[word.tail] = start;
  return Array.from({ length: sides }, () => new Records(buffer, ring));
}

/** Writes a message that consists of `fill`; `false` where there is no room. */
function write(records: Records, length: number, fill: number, sourceOffset = 0): boolean {
  const { words, bytes } = records;
  const sequence = words[word.items]!;
  const place = records.place(words[word.tail]!, KIND, length, sequence, sourceOffset);
  if (place === undefined) return false;
  assert(place.offset + length <= bytes.length, "the message wraps around the end");
  bytes.fill(fill, place.offset, place.offset + length);
  words[word.items] = sequence + 1;
  words[word.tail] = place.next;
  return true;
}

/** Reads a message; `undefined` where there is none. */
function read(records: Records): { message: Uint8Array; sequence: number } | undefined {
  const found = records.find(records.words[word.head]!);
  if (found === "empty") return undefined;
  assert(found !== "torn", "the record is torn");
  assertEquals(found.kind, KIND);
  const message = records.bytes.slice(found.offset, found.offset + found.length);
  records.words[word.head] = found.next;
  return { message, sequence: found.sequence };
}

/** Positions where the arithmetic of 32 bits may go wrong. */
const start = fc.oneof(
  fc.nat({ max: 200 }),
  fc.integer({ min: -200, max: 0 }),
  fc.integer({ min: 2 ** 31 - 200, max: 2 ** 31 - 1 }),
);

Deno.test("records come out whole and in order, under every schedule, length and position", () => {
  const step = fc.oneof(
    fc.record({ by: fc.nat({ max: 1 }), length: fc.nat({ max: 250 }) }),
    fc.record({ take: fc.nat({ max: 1 }) }),
  );
  fc.assert(fc.property(start, fc.array(step, { maxLength: 150 }), (start, schedule) => {
    // Two writers and two readers in turn: what one side remembers, the other has moved on.
    const sides = memoryAt(start, limits.minRingBytes, 2);
    const model: { length: number; sequence: number }[] = [];
    let sequence = 0;
    for (const step of schedule) {
      if ("take" in step) {
        const expected = model.shift();
        const taken = read(sides[step.take]!);
        assertEquals(taken?.sequence, expected?.sequence);
        if (expected === undefined) continue;
        const fill = expected.sequence & 0xff;
        assertEquals(taken?.message, new Uint8Array(expected.length).fill(fill));
      } else if (write(sides[step.by]!, step.length, sequence & 0xff)) {
        model.push({ length: step.length, sequence: sequence++ });
      } else {
        assert(model.length > 0, "an empty memory had no room");
      }
    }
  }));
});

Deno.test("a long record comes out whole at every position, and finds room in an empty memory", () => {
  for (const sourceOffset of [0, 64, 2_000]) {
    for (let start = 0; start < LARGE_BYTES / UNIT; start++) {
      for (const length of [PAGE, LARGE_BYTES / 2 - 256]) checkAlone(start, length, sourceOffset);
    }
  }
});

Deno.test("a record whose shift off a page would cross the end begins at the start instead", () => {
  let begun = 0;
  for (let sourceOffset = 0; sourceOffset < PAGE; sourceOffset += 32) {
    for (const length of [PAGE, LARGE_BYTES / 2 - 256]) {
      // The last positions at which the record fits without a shift.
      const last = (LARGE_BYTES - UNIT - length) / UNIT;
      for (let start = last - 40; start <= last; start++) {
        const offset = checkAlone(start, length, sourceOffset);
        if (offset < 1_024) begun++;
      }
    }
  }
  assert(begun > 0);
});

/** Writes and reads a record in memory that is empty; returns where it lay. */
function checkAlone(start: number, length: number, sourceOffset: number): number {
  const [side] = memoryAt(start, LARGE_BYTES, 1) as [Records];
  assert(write(side, length, 7, sourceOffset), `no room at ${start} in an empty memory`);
  const found = side.find(start);
  assert(typeof found === "object");
  assertEquals(read(side)?.message.every((byte) => byte === 7), true);
  return found.offset;
}

Deno.test("a long message lies away from the page offset of its source and of its reader", () => {
  for (const sourceOffset of [0, 512, 520, 2_000]) {
    for (let start = 0; start < 1_024; start++) {
      const [side] = memoryAt(start, 1 << 16, 1) as [Records];
      write(side, PAGE, 1, sourceOffset);
      const found = side.find(start);
      assert(typeof found === "object");
      for (const other of [0, sourceOffset]) {
        const distance = (found.offset - other) & (PAGE - 1);
        assert(distance >= 64 && distance <= PAGE - 64, `at ${start}: ${distance} from ${other}`);
      }
    }
  }
});

Deno.test("the memory takes exactly as many records as it has room for, and one more for each read", () => {
  for (const start of [0, 5, -3, 2 ** 31 - 1]) {
    const [side] = memoryAt(start | 0, limits.minRingBytes, 1) as [Records];
    let count = 0;
    while (write(side, 0, 0)) count++; // a record of 0 bytes takes one unit
    assertEquals(count, limits.minRingBytes / UNIT);
    for (let round = 0; round < 300; round++) {
      read(side);
      assertEquals(write(side, 0, 0), true);
      assertEquals(write(side, 0, 0), false);
    }
  }
});

Deno.test("isHalfFree() is true from exactly half of the capacity on", () => {
  const [side] = memoryAt(-10, limits.minRingBytes, 1) as [Records];
  const units = limits.minRingBytes / UNIT;
  while (write(side, 0, 0));
  for (let taken = 1; taken <= units; taken++) {
    read(side);
    assertEquals(side.isHalfFree(side.words[word.head]!), taken >= units / 2);
  }
});

Deno.test("a side that remembers the other's position sees room and data that come later", () => {
  const [writer, reader] = memoryAt(0, limits.minRingBytes, 2) as [Records, Records];
  assertEquals(read(reader), undefined);
  while (write(writer, 100, 1));
  assertEquals(read(reader)?.sequence, 0);
  assertEquals(write(writer, 100, 2), true);
  let last: number | undefined;
  for (let taken = read(reader); taken; taken = read(reader)) last = taken.sequence;
  assertEquals(last, writer.words[word.items]! - 1);
});

Deno.test("a side does not trust what it remembers after others have moved its position around once", () => {
  const [side] = memoryAt(0, limits.minRingBytes, 1) as [Records];
  assertEquals(write(side, 0, 0), true);
  const { words } = side;
  words[word.tail] = 10; // 2^32 positions later
  words[word.head] = 10 - limits.minRingBytes / UNIT; // and the memory is full
  assertEquals(write(side, 0, 0), false);
});

Deno.test("memory that was written over is torn, and never an endless search", () => {
  fc.assert(fc.property(fc.uint8Array({ minLength: 8, maxLength: 64 }), start, (noise, start) => {
    const [side] = memoryAt(start, limits.minRingBytes, 1) as [Records];
    for (let count = 0; count < 5; count++) write(side, 20, count);
    const end = side.words[word.tail]!;
    for (let at = 512; at < side.bytes.length; at += noise.length) {
      side.bytes.set(noise.subarray(0, Math.min(noise.length, side.bytes.length - at)), at);
    }
    const found = side.find(side.words[word.head]!);
    if (typeof found === "object") assert(((end - found.next) | 0) >= 0, "it reads past the tail");
  }));
});

Deno.test("skips that lead to skips are torn", () => {
  const [side] = memoryAt(0, limits.minRingBytes, 1) as [Records];
  for (let count = 0; count < 20; count++) write(side, 0, 0);
  new Int32Array(side.words.buffer, 512).fill(0xf << 28);
  assertEquals(side.find(0), "torn");
});

Deno.test("asciiAt() decodes in place", () => {
  const [side] = memoryAt(0, limits.minRingBytes, 1) as [Records];
  side.bytes.set(new TextEncoder().encode("ring"), 600);
  assertEquals(side.asciiAt(600, 4), "ring");
});

Deno.test("allocate() rounds up to a power of two, within its bounds", () => {
  assertEquals(allocate(1_025, ring).byteLength, 512 + 2_048);
  for (const capacity of [limits.minRingBytes - 1, limits.maxRingBytes + 1, NaN, Infinity]) {
    assertThrows(() => allocate(capacity, ring), RangeError, String(capacity));
  }
});

Deno.test("checkLength() takes half of the capacity and refuses a byte more", () => {
  const [side] = memoryAt(0, 1 << 16, 1) as [Records];
  side.checkLength(side.maxMessageBytes);
  const error = assertThrows(() => side.checkLength(side.maxMessageBytes + 1), DariError);
  assertEquals([error.code, error.retryable], ["resource_exhausted", false]);
});

Deno.test("memory of another type, too short or not dari's is refused", () => {
  const buffer = allocate(1_024, ring);
  assertThrows(() => new Records(buffer, memoryType.queue), TypeError, "no queue");
  for (const bytes of [0, 8, 512, 2_048]) {
    assertThrows(() => new Records(new SharedArrayBuffer(bytes), ring), TypeError, "no ring");
  }
});
