import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { TransportError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { parseOversizeLine } from "../../../lib/base/text/oversize_line.ts";
import { LineBuffer } from "../../../lib/transport/framing/line_buffer.ts";

const encoder = new TextEncoder();
// Small, so that every way of growing and moving is taken.
const sizes = { initialBytes: 16, readBytes: 64 };

type Piece = string | Uint8Array;

/** Reads the bytes in parts as a connection does; joins lines that follow each other. */
function feed(buffer: LineBuffer, bytes: Uint8Array, parts: readonly number[]) {
  const taken: Piece[] = [];
  const keep = (piece: Piece | null) => {
    const last = taken.at(-1);
    if (typeof piece === "string" && typeof last === "string") {
      taken[taken.length - 1] = last + piece;
    } else if (piece !== null) taken.push(piece);
  };
  let at = 0;
  for (let part = 0; at < bytes.length; part++) {
    const room = buffer.room();
    assert(room.length > 0);
    const length = Math.min(parts[part % parts.length] ?? 1, room.length, bytes.length - at);
    room.set(bytes.subarray(at, at + length));
    at += length;
    buffer.filled(length);
    keep(buffer.take());
    while (buffer.hasMore) keep(buffer.take());
  }
  return taken;
}

function open(maxLineBytes: number): LineBuffer {
  const buffer = new LineBuffer(maxLineBytes, sizes);
  buffer.takesBlobs = true;
  return buffer;
}

/** A buffer that is read into at once. */
function openWide(bytes: number): LineBuffer {
  const buffer = new LineBuffer(bytes, { initialBytes: 2 * bytes, readBytes: 2 * bytes });
  buffer.takesBlobs = true;
  return buffer;
}

/** The bytes of lines and blobs, as they are sent. */
function write(pieces: readonly Piece[]): Uint8Array {
  const parts = pieces.map((piece) =>
    typeof piece === "string"
      ? encoder.encode(piece)
      : new Uint8Array([...encoder.encode(`#${piece.length}\n`), ...piece])
  );
  return new Uint8Array(parts.flatMap((part) => [...part]));
}

/** Lines that follow each other as one text. */
function join(pieces: readonly Piece[]): Piece[] {
  const joined: Piece[] = [];
  for (const piece of pieces) {
    const last = joined.at(-1);
    if (typeof piece === "string" && typeof last === "string") {
      joined[joined.length - 1] = last + piece;
    } else joined.push(piece);
  }
  return joined;
}

const isHeader = (line: string) => /^#(0|[1-9]\d{0,14})$/.test(line);
const parts = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 8 });
const hashes = fc.string({
  unit: fc.constantFrom("#", "1", "0", "x", " ", "\r", "다"),
  maxLength: 40,
});
const line = fc.oneof(
  hashes,
  hashes.map((text) => `#${text}`),
  fc.string({ unit: "grapheme", maxLength: 12 }),
  fc.integer({ min: 0, max: 5_000 }).map((length) => "x#".repeat(length)),
).map((text) => text.replaceAll("\n", " ")).filter((text) => !isHeader(text));
const blob = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  // Bytes that look like lines and headers.
  fc.string({ unit: fc.constantFrom("#", "1", "\n"), maxLength: 300 }).map((text) =>
    encoder.encode(text)
  ),
  fc.integer({ min: 0, max: 6_000 }).map((length) => new Uint8Array(length).fill(0x0a)),
);
const pieces = fc.array(fc.oneof(line.map((text) => `${text}\n`), blob));

Deno.test("LineBuffer gives the lines and blobs of a stream, however it is cut", () => {
  fc.assert(fc.property(pieces, parts, (pieces, cuts) => {
    assertEquals(feed(open(10_000_000), write(pieces), cuts), join(pieces));
  }));
});

Deno.test("LineBuffer gives the lines and blobs of a stream that comes byte by byte", () => {
  fc.assert(
    fc.property(pieces, (pieces) => {
      assertEquals(feed(open(10_000_000), write(pieces), [1]), join(pieces));
    }),
    { numRuns: 30 },
  );
});

Deno.test("LineBuffer takes a line as any other unless it is exactly a blob's", () => {
  const others = [
    "#",
    "#x",
    "#01",
    "#00",
    "#+1",
    "#-1",
    "#1 ",
    "# 1",
    "#1\r",
    "#1.5",
    "#1e3",
    "#0x1",
  ];
  others.push(" #1", "##1", "#1#", `#1${"0".repeat(15)}`, "x#1", "#\0");
  for (const cut of [1, 3, 1_000]) {
    const text = others.map((line) => `${line}\n`).join("");
    assertEquals(feed(open(1_000), encoder.encode(text), [cut]), [text]);
  }
});

Deno.test("LineBuffer finds a blob between lines, however many lines came with it", () => {
  const { maxTextSearchBytes } = limits;
  const blob = encoder.encode("7\n#1\n");
  for (const length of [64, maxTextSearchBytes, maxTextSearchBytes + 1, 5 * maxTextSearchBytes]) {
    for (const behind of ["#x\n{}\n", "다\n"]) {
      const bytes = write(["", blob, behind]);
      const before = "[#]\n".repeat((length - bytes.length) >> 2).padEnd(
        length - bytes.length,
        "\n",
      );
      const chunk = write([before, blob, behind]);
      assertEquals(chunk.length, length);
      // Whole, and cut in each place around the blob.
      for (let cut = length; cut > length - bytes.length - 2; cut--) {
        assertEquals(feed(openWide(length), chunk, [cut]), [before, blob, behind]);
      }
    }
  }
});

Deno.test("LineBuffer takes the lines of a chunk at once, and has no more where the last one is cut", () => {
  for (const text of ["{}\n", "[#]\n", "다\n", '"x"\n'.repeat(limits.maxTextSearchBytes)]) {
    for (const rest of ["", "{", "x#1", "다"]) {
      const chunk = encoder.encode(text + rest);
      const buffer = openWide(chunk.length);
      buffer.room().set(chunk);
      buffer.filled(chunk.length);
      assertEquals([buffer.take(), buffer.hasMore], [text, false]);
      buffer.room().set(encoder.encode("\n"));
      buffer.filled(1);
      assertEquals(buffer.take(), `${rest}\n`);
    }
  }
});

Deno.test("LineBuffer takes a length of the most digits, and one more makes a line", () => {
  const length = "1".repeat(limits.maxBlobLengthDigits);
  const error = assertThrows(() => feed(open(10), encoder.encode(`#${length}\n`), [4]));
  assert(error instanceof TransportError && error.message.includes(`${length} bytes`));
  assertEquals(feed(open(100), encoder.encode(`#${length}1\n`), [4]), [`#${length}1\n`]);
});

Deno.test("LineBuffer gives a blob of no bytes, and one right behind another", () => {
  const bytes = encoder.encode("#0\n#2\n#\n#0\n{}\n");
  const blobs = ["", "#\n", ""].map((text) => encoder.encode(text));
  for (const cut of [1, 2, 5, 100]) assertEquals(feed(open(100), bytes, [cut]), [...blobs, "{}\n"]);
});

Deno.test("LineBuffer takes blobs up to the limit of a message, and refuses one byte more", () => {
  const max = 100;
  const bytes = write([new Uint8Array(60), new Uint8Array(40)]);
  for (const cut of [1, 7, 200]) {
    assertEquals(feed(open(max), bytes, [cut]).length, 2);
    const more = write([new Uint8Array(60), "\n", new Uint8Array(41)]);
    const error = assertThrows(() => feed(open(max), more, [cut]), TransportError, "101 bytes");
    assertEquals([error.code, error.retryable], ["resource_exhausted", false]);
  }
});

Deno.test("LineBuffer tells a line that is too long together with its blobs", () => {
  const max = 100;
  for (const cut of [1, 7, 64, 500]) {
    const bytes = write([new Uint8Array(60), `\n${"x".repeat(41)}\n${"y".repeat(100)}\n`]);
    const text = feed(open(max), bytes, [cut]).at(-1);
    assert(typeof text === "string");
    const [blank, oversize = "", next] = text.split("\n");
    const { bytes: length, maxBytes, head = "" } = parseOversizeLine(oversize) ?? {};
    assertEquals([blank, length, maxBytes, next], ["", 101, max, "y".repeat(100)]);
    assert(head.length > 0 && "x".repeat(41).startsWith(head));
    const fitting = write([new Uint8Array(60), `${"x".repeat(40)}\n`]);
    assertEquals(feed(open(max), fitting, [cut]).at(-1), `${"x".repeat(40)}\n`);
  }
});

Deno.test("LineBuffer spends no memory on a length that is announced alone", () => {
  const buffer = open(2 ** 40);
  feed(buffer, encoder.encode(`#${2 ** 40}\n`), [100]);
  const first = buffer.room();
  assertEquals([first.length, buffer.pendingBytes], [
    limits.initialBlobBytes,
    limits.initialBlobBytes,
  ]);
  buffer.filled(first.length);
  assertEquals(buffer.take(), null);
  const most = limits.initialBlobBytes * limits.blobGrowthFactor;
  assertEquals(buffer.room().buffer.byteLength, most);
});

Deno.test("LineBuffer reads a blob straight into memory of its own, to its end and not beyond", () => {
  const buffer = open(1_000);
  feed(buffer, encoder.encode("#900\n"), [100]);
  const room = buffer.room();
  assertEquals(room.length, 900);
  room.fill(7);
  buffer.filled(900);
  const blob = buffer.take();
  assert(blob instanceof Uint8Array && blob.buffer === room.buffer);
  assertEquals([blob.byteOffset, blob.buffer.byteLength], [0, 900]);
});

Deno.test("LineBuffer takes blobs from the moment on at which it is told to", () => {
  const buffer = new LineBuffer(1_000, sizes);
  assertEquals(feed(buffer, encoder.encode("#3\nabc\n#"), [4]), ["#3\nabc\n"]);
  buffer.takesBlobs = true;
  assertEquals(feed(buffer, encoder.encode("3\nabc{}\n"), [4]), [encoder.encode("abc"), "{}\n"]);
});
