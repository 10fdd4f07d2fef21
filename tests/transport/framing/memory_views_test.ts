import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { limits } from "../../../lib/base/limits.ts";
import { MemoryViews } from "../../../lib/transport/framing/memory_views.ts";
import { decodeLines } from "../../../lib/transport/framing/text.ts";

/** Lines in the middle of memory, and where they are. */
function memoryWith(bytes: Uint8Array, before = 3) {
  const memory = new Uint8Array(before + bytes.length + 5);
  memory.set(bytes, before);
  return { memory, start: before, end: before + bytes.length };
}

Deno.test("room() gives one view of the beginning of a memory, and new ones of what is behind it", () => {
  const views = new MemoryViews();
  const memory = new Uint8Array(100), other = new Uint8Array(100);
  const room = views.room(memory, 0, 60);
  assertEquals([room.buffer === memory.buffer, room.byteOffset, room.length], [true, 0, 60]);
  assertStrictEquals(views.room(memory, 0, 60), room);
  assertStrictEquals(views.room(other, 0, 60).buffer, other.buffer);
  const behind = views.room(memory, 70, 60);
  assertEquals([behind.byteOffset, behind.length], [70, 30]);
});

Deno.test("decode() gives what decodeLines() gives, for lines of every length, in every memory", () => {
  const views = new MemoryViews();
  const line = fc.oneof(
    fc.uint8Array({ maxLength: 2 * limits.maxShortTextBytes }),
    fc.string({ unit: "binary" }).map((text) => new TextEncoder().encode(text)),
    fc.constantFrom("\uFEFF{}", "x\uFFFDy", "다리").map((text) => new TextEncoder().encode(text)),
  );
  fc.assert(fc.property(line, fc.nat(9), (bytes, before) => {
    const lines = Uint8Array.of(...bytes, 0x0a);
    const { memory, start, end } = memoryWith(lines, before);
    assertEquals(views.decode(memory, start, end), decodeLines(lines));
  }));
});

Deno.test("decodeLinesAlone() gives no text where a line is that of a blob, short or long", () => {
  const views = new MemoryViews();
  for (const padding of ["", "x".repeat(2 * limits.maxShortTextBytes)]) {
    const alone = (lines: string) => {
      const { memory, start, end } = memoryWith(new TextEncoder().encode(lines));
      return views.decodeLinesAlone(memory, start, end);
    };
    for (const lines of [`a${padding}\n`, `a#1\n${padding}#\n`.replace("\n#", "\n ")]) {
      assertEquals(alone(lines), lines);
    }
    assertEquals([alone(`#1\n${padding}\n`), alone(`a${padding}\n#1\n`)], [null, null]);
  }
});

Deno.test("memory of another length or content is never taken for the one before", () => {
  const views = new MemoryViews();
  const texts = ["one\n", "two\n"].map((text) => memoryWith(new TextEncoder().encode(text)));
  const read = () => texts.map(({ memory, start, end }) => views.decode(memory, start, end));
  assertEquals([...read(), ...read()], ["one\n", "two\n", "one\n", "two\n"]);
  assert(texts[0] !== undefined);
  texts[0].memory[texts[0].start] = 0x4f;
  assertEquals(read(), ["One\n", "two\n"]);
});
