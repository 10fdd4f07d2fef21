import { assertEquals } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { endSource, iteratorOf, type StreamSource } from "../../../lib/rpc/stream/sources.ts";

const { streamChunkBytes: CHUNK } = limits;

async function lengthsOf(source: StreamSource): Promise<number[]> {
  const items = iteratorOf(source);
  const lengths = [];
  for (let item = await items.next(); !item.done; item = await items.next()) {
    lengths.push((item.value as Uint8Array).length);
  }
  return lengths;
}

const bytes = (length: number) => new Uint8Array(length);

Deno.test("bytes leave in pieces of at most streamChunkBytes, from a blob and from a web stream", async () => {
  for (const [length, pieces] of [[0, []], [CHUNK, [CHUNK]], [CHUNK + 1, [CHUNK, 1]]] as const) {
    assertEquals(await lengthsOf(new Blob([bytes(length)])), [...pieces]);
    const stream = new ReadableStream({
      start(controller) {
        if (length > 0) controller.enqueue(bytes(length));
        controller.close();
      },
    });
    assertEquals(await lengthsOf(stream), [...pieces]);
  }
});

Deno.test("items of a program's own iterable leave as they are", async () => {
  async function* items() {
    yield await Promise.resolve(bytes(CHUNK + 1));
  }
  assertEquals(await lengthsOf(items()), [CHUNK + 1]);
});

Deno.test("leaving a web stream cancels it, also one that nobody has begun to read", async () => {
  for (const end of [(source: ReadableStream) => iteratorOf(source).return?.(), endSource]) {
    const cancelled = Promise.withResolvers<void>();
    await end(new ReadableStream({ cancel: () => cancelled.resolve() }));
    await cancelled.promise;
  }
});

Deno.test("a web stream that somebody else reads is theirs to end", () => {
  const stream = new ReadableStream();
  stream.getReader();
  endSource(stream);
});
