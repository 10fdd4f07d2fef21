import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { TransportError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { parseOversizeLine } from "../../../lib/base/text/oversize_line.ts";
import { LineBuffer } from "../../../lib/transport/framing/line_buffer.ts";
import { borrow } from "../../../lib/transport/framing/memory_pool.ts";

const encoder = new TextEncoder();
// Small, so that every way of growing and moving is taken.
const sizes = { initialBytes: 16, readBytes: 64 };

/** Reads the bytes in pieces as a socket would give them; gives what was taken, until it refused. */
function feed(buffer: LineBuffer, bytes: Uint8Array, pieces: readonly number[]) {
  const taken: string[] = [];
  let at = 0;
  for (let piece = 0; at < bytes.length; piece++) {
    const room = buffer.room();
    assert(room.length >= sizes.initialBytes / 2, `room for ${room.length} bytes`);
    const length = Math.min(pieces[piece % pieces.length] ?? 1, room.length, bytes.length - at);
    room.set(bytes.subarray(at, at + length));
    at += length;
    buffer.filled(length);
    try {
      const lines = buffer.take();
      if (typeof lines === "string") taken.push(lines);
    } catch (error) {
      assert(error instanceof TransportError);
      return { taken, refused: true };
    }
  }
  return { taken, refused: false };
}

/** The same with pieces that are pushed. */
function push(buffer: LineBuffer, bytes: Uint8Array, pieces: readonly number[]) {
  const taken: string[] = [];
  let at = 0;
  for (let piece = 0; at < bytes.length; piece++) {
    const length = pieces[piece % pieces.length] ?? 1;
    try {
      const lines = buffer.append(bytes.subarray(at, at + length));
      if (lines !== null) taken.push(lines);
    } catch (error) {
      assert(error instanceof TransportError);
      return { taken, refused: true };
    }
    at += length;
  }
  return { taken, refused: false };
}

const pieces = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 8 });
const line = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 12 }),
  fc.integer({ min: 0, max: 6_000 }).map((length) => "x".repeat(length)),
).map((text) => text.replaceAll("\n", " "));

for (const [how, feedIn] of [["read", feed], ["pushed", push]] as const) {
  Deno.test(`LineBuffer gives the lines of a stream, however it is cut and ${how}`, () => {
    fc.assert(fc.property(fc.array(line), fc.string(), pieces, (lines, half, cuts) => {
      const buffer = new LineBuffer(100_000, sizes);
      const rest = half.replaceAll("\n", "");
      const bytes = encoder.encode(lines.map((line) => `${line}\n`).join("") + rest);
      const { taken, refused } = feedIn(buffer, bytes, cuts);
      assertEquals(refused, false);
      assertEquals(taken.join(""), lines.map((line) => `${line}\n`).join(""));
      assert(taken.every((text) => text.endsWith("\n")));
      assertEquals(buffer.pendingBytes, encoder.encode(rest).length);
    }));
  });

  Deno.test(`LineBuffer tells exactly the lines over the limit of a stream that is ${how}`, () => {
    const max = 40;
    const short = fc.integer({ min: 0, max }).map((length) => "x".repeat(length));
    const long = fc.integer({ min: max + 1, max: 4 * max }).map((length) => "y".repeat(length));
    const some = fc.array(fc.oneof(short, long));
    fc.assert(fc.property(some, pieces, (lines, cuts) => {
      const bytes = encoder.encode(lines.map((line) => `${line}\n`).join(""));
      const { taken, refused } = feedIn(new LineBuffer(max, sizes), bytes, cuts);
      assertEquals(refused, false);
      const found = taken.join("").split("\n").slice(0, -1);
      assertEquals(found.length, lines.length);
      for (const [place, line] of lines.entries()) {
        const text = found[place] ?? "";
        if (line.length <= max) assertEquals(text, line);
        else {
          const { bytes, maxBytes, head = "" } = parseOversizeLine(text) ?? {};
          assertEquals([bytes, maxBytes], [line.length, max]);
          assert(head.length > 0 && line.startsWith(head));
        }
      }
    }));
  });
}

Deno.test("LineBuffer takes a line of the limit and tells one byte more, of any size", () => {
  for (const max of [1, 15, 16, 17, 63, 64, 65, 4_096, 70_000]) {
    const buffer = new LineBuffer(max, sizes);
    assertEquals(feed(buffer, encoder.encode("x".repeat(max)), [1_000]).taken, []);
    assertEquals(feed(buffer, encoder.encode("\n"), [1]).taken.join("").length, max + 1);
    const over = new LineBuffer(max, sizes);
    const { taken } = feed(over, encoder.encode(`${"x".repeat(max + 1)}\nz\n`), [1_000]);
    const [line = "", next] = taken.join("").split("\n");
    assertEquals([parseOversizeLine(line)?.bytes, next], [max + 1, "z"]);
  }
});

Deno.test("LineBuffer cuts a line of several times the limit, and not one byte less", () => {
  const max = 100;
  const buffer = new LineBuffer(max, sizes);
  const most = limits.maxLineOverrun * max;
  assertEquals(feed(buffer, encoder.encode("x".repeat(most)), [64]).refused, false);
  assertEquals(feed(buffer, encoder.encode("x"), [1]).refused, true);
});

Deno.test("LineBuffer cuts a line of several times the limit that comes whole, too", () => {
  const max = 2; // so that a whole line fits into the first read
  const most = limits.maxLineOverrun * max;
  const outcome = (length: number) =>
    feed(new LineBuffer(max, sizes), encoder.encode(`${"x".repeat(length)}\n`), [64]);
  assertEquals(parseOversizeLine(outcome(most).taken.join(""))?.bytes, most);
  assertEquals(outcome(most + 1), { taken: [], refused: true });
});

Deno.test("LineBuffer offers more to the next read after one that filled its room", () => {
  const buffer = new LineBuffer(100, sizes);
  feed(buffer, encoder.encode("x\n".repeat(sizes.initialBytes / 2 - 1)), [sizes.initialBytes]);
  assertEquals(buffer.room().length, sizes.initialBytes);
  feed(buffer, encoder.encode("x\n".repeat(sizes.initialBytes / 2)), [sizes.initialBytes]);
  assertEquals(buffer.room().length, sizes.readBytes);
});

Deno.test("LineBuffer lends nobody the memory that it goes on reading into", () => {
  const bytes = limits.smallBufferBytes; // of a size that is lent
  for (const line of ["short\n", `${"x".repeat(2 * bytes)}\n`]) {
    const buffer = new LineBuffer(4 * bytes, { initialBytes: bytes, readBytes: bytes });
    for (let round = 0; round < 2; round++) {
      const { taken } = feed(buffer, encoder.encode(line), [bytes]);
      assertEquals(taken.join(""), line);
      const lent = Array.from({ length: limits.maxSmallBuffersKept + 1 }, () => borrow(bytes));
      const room = buffer.room();
      assert(lent.every((memory) => memory.buffer !== room.buffer));
    }
  }
});

Deno.test("LineBuffer holds no more than a few times a line that never ends, until it cuts it", () => {
  const buffer = new LineBuffer(1_000_000, sizes);
  const thrown = assertThrows(() => {
    for (;;) {
      const room = buffer.room();
      assert(room.buffer.byteLength <= 4 * 1024 * 1024, `${room.buffer.byteLength} bytes are held`);
      room.fill(0x78);
      buffer.filled(room.length);
      assertEquals(buffer.take(), null);
    }
  }, TransportError);
  assertEquals(thrown.code, "resource_exhausted");
});

Deno.test("release() gives the memory back, and the buffer of the next connection reads into it", () => {
  const sizes = { initialBytes: limits.socketInitialReadBytes, readBytes: limits.socketReadBytes };
  const ended = new LineBuffer(100, sizes);
  const memory = ended.room().buffer;
  ended.put(new TextEncoder().encode("half a li"));
  ended.release();
  ended.release();
  assertEquals(ended.pendingBytes, 0);
  const [next, another] = [new LineBuffer(100, sizes), new LineBuffer(100, sizes)];
  assertStrictEquals(next.room().buffer, memory);
  assert(another.room().buffer !== memory);
  next.put(new TextEncoder().encode("ne\n"));
  assertEquals(next.take(), "ne\n");
});
