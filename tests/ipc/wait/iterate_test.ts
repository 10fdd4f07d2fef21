import { assert, assertEquals, assertRejects } from "@std/assert";
import { iterate } from "../../../lib/ipc/wait/iterate.ts";

function iterable<T>(
  tryNext: () => T | undefined,
  waitForNext: () => Promise<T | undefined>,
): AsyncIterable<T> {
  return { [Symbol.asyncIterator]: () => iterate(tryNext, waitForNext) };
}

Deno.test("iterate() takes what is there first, waits for the rest, and ends at undefined", async () => {
  const there = [1, 2];
  const later = [3, undefined];
  const values = iterable(() => there.shift(), () => Promise.resolve(later.shift()));
  assertEquals(await Array.fromAsync(values), [1, 2, 3]);
});

Deno.test("iterate() takes null, false, 0 and the empty string as values", async () => {
  const there = [null, false, 0, ""];
  const values = iterable(() => there.shift(), () => Promise.resolve(undefined));
  assertEquals(await Array.fromAsync(values), [null, false, 0, ""]);
});

Deno.test("iterate() rejects with the error of the wait", async () => {
  const values = iterable(() => undefined, () => Promise.reject(new Error("gone")));
  await assertRejects(() => Array.fromAsync(values), Error, "gone");
});

Deno.test("iterate() gives the event loop its turn, however many values are there", async () => {
  let fired = false;
  setTimeout(() => fired = true, 0);
  let rounds = 0;
  for await (const _ of iterable(() => 1, () => Promise.resolve(undefined))) {
    if (fired || ++rounds === 50_000_000) break;
  }
  assert(fired, "the timer starved");
});
