import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { encodeHex } from "@std/encoding/hex";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { fileInfo, type FileSource } from "../../../lib/protocol/values/stream_source.ts";
import { turn } from "../../../lib/base/turn.ts";
import { FileItems } from "../../../lib/rpc/stream/file_items.ts";

const text = "abcdefghij";
const blob = new Blob([text]);

async function sha256(content: Blob): Promise<string> {
  return encodeHex(new Uint8Array(await crypto.subtle.digest("SHA-256", await content.bytes())));
}

async function readAll(items: FileItems) {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let item = await items.next();
  for (; !item.done; item = await items.next()) pieces.push(new Uint8Array(item.value));
  return { text: await new Blob(pieces).text(), hash: item.value };
}

/** A file that gives one letter at a time and counts the letters. */
function letters(content: string, size = content.length) {
  const state = { given: 0, isEnded: false };
  const source: FileSource = {
    [fileInfo]: { size },
    async *read() {
      try {
        for (const letter of content) {
          state.given++;
          yield await Promise.resolve(new TextEncoder().encode(letter));
        }
      } finally {
        state.isEnded = true;
      }
    },
  };
  return { source, state };
}

Deno.test("a file begins at any byte, and its hash is that of the whole", async () => {
  const hash = await sha256(blob);
  for (const source of [blob, letters(text).source]) {
    for (const offset of [undefined, 0, 1, 9, 10]) {
      const items = new FileItems(source, text.length, offset);
      assertEquals(await readAll(items), { text: text.slice(offset), hash });
    }
  }
});

Deno.test("an offset is found in any piece of a long file", async () => {
  const bytes = Uint8Array.from({ length: 3 * limits.streamChunkBytes / 2 }, (_, at) => at % 251);
  const long = new Blob([bytes, bytes]);
  const offset = limits.streamChunkBytes + 7;
  let length = 0;
  const items = new FileItems(long, long.size, offset);
  let item = await items.next();
  for (; !item.done; item = await items.next()) length += item.value.length;
  assertEquals([length, item.value], [long.size - offset, await sha256(long)]);
});

Deno.test("an offset that is none is invalid_params", () => {
  for (const offset of [-1, 11, 1.5, NaN, Infinity, "1", null]) {
    const error = assertThrows(() => new FileItems(blob, 10, offset), DariError);
    assertEquals(error.code, "invalid_params");
  }
});

Deno.test("a file that has another length than was said fails", async () => {
  for (const [content, size] of [["abc", 4], ["abcde", 4], ["", 1]] as const) {
    const { source, state } = letters(content, size);
    const error = await assertRejects(() => readAll(new FileItems(source, size)), DariError);
    assertEquals([error.code, state.given], ["failed_precondition", content.length]);
  }
});

Deno.test("a reader that leaves ends the file, also while it is read up to the offset", async () => {
  const { source, state } = letters("x".repeat(100_000));
  const items = new FileItems(source, 100_000, 100_000);
  const reading = items.next();
  while (state.given === 0) await turn();
  await items.return();
  assertEquals((await reading).done, true);
  assertEquals([state.isEnded, state.given < 100_000], [true, true]);
});
