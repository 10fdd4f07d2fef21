import { assertEquals, assertThrows } from "@std/assert";
import {
  applyMask,
  MAX_HEADER_BYTES,
  Opcode,
  readHeader,
  writeHeader,
} from "../../../lib/transport/websocket/frames.ts";

Deno.test("a header is read as it was written, in as few bytes as its length needs", () => {
  const lengths: [length: number, headerBytes: number][] = [
    [0, 2],
    [125, 2],
    [126, 4],
    [65_535, 4],
    [65_536, 10],
    [2 ** 40, 10],
  ];
  for (const [length, headerBytes] of lengths) {
    for (const mask of [undefined, 0xdeadbeef]) {
      const memory = new Uint8Array(MAX_HEADER_BYTES + 3);
      const header = { isLast: true, opcode: Opcode.binary, length, mask };
      const end = writeHeader(header, memory, 3);
      const whole = headerBytes + (mask === undefined ? 0 : 4);
      assertEquals(end - 3, whole);
      assertEquals(readHeader(memory, 3, end), { ...header, headerBytes: whole });
      for (let at = 3; at < end; at++) assertEquals(readHeader(memory, 3, at), undefined);
    }
  }
});

Deno.test("headers that no peer may send are refused", () => {
  const cases = [[0xc2, 0], [0x83, 0], [0x8b, 0], [0x09, 0], [0x89, 126]];
  for (const bytes of cases) {
    assertThrows(() => readHeader(new Uint8Array(bytes), 0, 2), Error, "a ", String(bytes));
  }
});

Deno.test("applyMask() masks at every alignment, length and phase, and takes the mask away", () => {
  const mask = 0x8899aabb;
  const key = [0xbb, 0xaa, 0x99, 0x88];
  for (let start = 0; start < 4; start++) {
    for (let length = 0; length < 14; length++) {
      for (let phase = 0; phase < 4; phase++) {
        const bytes = new Uint8Array(32).subarray(start, start + length);
        applyMask(bytes, mask, phase);
        const expected = Array.from({ length }, (_, at) => key[(phase + at) % 4]!);
        assertEquals([...bytes], expected);
        applyMask(bytes, mask, phase);
        assertEquals(bytes.every((byte) => byte === 0), true);
      }
    }
  }
});
