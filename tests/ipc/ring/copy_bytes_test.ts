import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { limits } from "../../../lib/base/limits.ts";
import { copyBytes } from "../../../lib/ipc/ring/copy_bytes.ts";

const { maxPooledCopyBytes, copyPoolBytes } = limits;

Deno.test("copyBytes() gives copies that never change, whatever is copied or written later", () => {
  const part = fc.record({
    offset: fc.nat({ max: 100 }),
    length: fc.oneof(fc.nat({ max: 50 }), fc.nat({ max: 2 * maxPooledCopyBytes })),
  });
  fc.assert(fc.property(fc.array(part, { maxLength: 60 }), (parts) => {
    const memory = new Uint8Array(new SharedArrayBuffer(4_096));
    const copies = parts.map(({ offset, length }, index) => {
      memory.fill(index);
      const copy = copyBytes(memory, offset, length);
      copy.fill(~index, 0, 1); // its owner may write to it
      return copy;
    });
    memory.fill(0xff);
    for (const [index, copy] of copies.entries()) {
      const expected = new Uint8Array(parts[index]!.length).fill(index & 0xff);
      expected.fill(~index, 0, 1);
      assertEquals(copy, expected);
    }
  }));
});

Deno.test("copyBytes() copies the part that was asked for, into memory that is not shared", () => {
  const memory = new Uint8Array(new SharedArrayBuffer(16));
  memory.set([1, 2, 3, 4], 4);
  const copy = copyBytes(memory, 5, 2);
  assertEquals(copy, new Uint8Array([2, 3]));
  assert(copy.buffer instanceof ArrayBuffer);
});

Deno.test("short copies share a buffer, aligned for every typed array; long ones have their own", () => {
  const memory = new Uint8Array(maxPooledCopyBytes + 1);
  const buffers = new Set<ArrayBuffer>();
  for (let count = 0; count < 100; count++) {
    const copy = copyBytes(memory, 0, 13);
    assertEquals(copy.byteOffset % 8, 0);
    buffers.add(copy.buffer);
  }
  assert(buffers.size <= 2);
  const long = copyBytes(memory, 0, memory.length);
  assertEquals(long.buffer.byteLength, memory.length);
});

Deno.test("copyBytes() goes on when the buffer of a copy was transferred away", () => {
  const memory = new Uint8Array(100).fill(7);
  for (let round = 0; round < copyPoolBytes / 100; round++) {
    const copy = copyBytes(memory, 0, 100);
    assertEquals(copy, memory);
    const moved = structuredClone(copy, { transfer: [copy.buffer] });
    assertEquals(moved, memory);
    assertEquals(copy.length, 0); // the program gave it away
  }
});
