import { assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { Takers } from "../../../lib/messages/embedded/takers.ts";

Deno.test("maxWaitingTakers bounds how many wait, and nobody who has gone counts", async () => {
  const takers = new Takers({
    look: () => Promise.resolve(new Map()),
    now: () => 0,
    pollMs: 2 ** 30,
  });
  const gone = new AbortController();
  const waiting = Array.from(
    { length: limits.maxWaitingTakers },
    () => takers.wait("emails", gone.signal, Infinity),
  );
  const settled = Promise.allSettled(waiting);
  const { signal } = new AbortController();
  const error = await assertRejects(() => takers.wait("emails", signal, Infinity), DariError);
  assertEquals(error.code, "resource_exhausted");
  gone.abort();
  await settled;
  assertEquals(takers.waiting, 0);
});

Deno.test("a look wakes as many as there are messages, and one that fails is made again", async () => {
  let looks = 0;
  const takers = new Takers({
    look: (names) => {
      if (++looks === 1) return Promise.reject(new Error("busy"));
      return Promise.resolve(
        new Map(
          names.map((name) => [name, { canTake: name === "full", count: 2, nextAt: Infinity }]),
        ),
      );
    },
    now: () => 0,
    pollMs: 1,
  });
  const { signal } = new AbortController();
  const gone = new AbortController();
  const empty = takers.wait("empty", gone.signal, Infinity);
  await Promise.all([takers.wait("full", signal, Infinity), takers.wait("full", signal, Infinity)]);
  assertEquals([takers.waiting, looks], [1, 2]);
  gone.abort(new Error("gone"));
  await assertRejects(() => empty, Error, "gone");
});
