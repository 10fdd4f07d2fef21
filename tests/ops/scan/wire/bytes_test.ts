import { assertEquals, assertThrows } from "@std/assert";
import {
  ByteReader,
  join,
  u16,
  u16List,
  u24,
  u32,
  u64,
  vector16,
  vector24,
  vector8,
} from "../../../../lib/ops/scan/wire/bytes.ts";
import { ScanFault } from "../../../../lib/ops/scan/wire/fault.ts";

Deno.test("numbers are written with their high octets first", () => {
  assertEquals([...u16(0x0304)], [3, 4]);
  assertEquals([...u24(0x010203)], [1, 2, 3]);
  assertEquals([...u32(0xfffefdfc)], [0xff, 0xfe, 0xfd, 0xfc]);
  assertEquals([...u64(2 ** 32 + 5)], [0, 0, 0, 1, 0, 0, 0, 5]);
  assertEquals([...u16List([1, 256])], [0, 1, 1, 0]);
});

Deno.test("vectors have the length of what is in them before it", () => {
  assertEquals([...vector8(7, Uint8Array.of(8))], [2, 7, 8]);
  assertEquals([...vector16(7)], [0, 1, 7]);
  assertEquals([...vector24()], [0, 0, 0]);
  assertEquals([...join(1, Uint8Array.of(2, 3))], [1, 2, 3]);
});

Deno.test("ByteReader takes what is there and refuses to read further", () => {
  const reader = new ByteReader(Uint8Array.of(0, 2, 9, 8, 1, 5, 7));
  assertEquals([...reader.vector(2)], [9, 8]);
  assertEquals(reader.inside(1).number(1), 5);
  assertEquals(reader.done, false);
  assertThrows(() => reader.number(2), ScanFault, "ends too early");
  assertEquals([...reader.rest()], [7]);
  assertEquals(reader.done, true);
});
