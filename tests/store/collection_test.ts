import { assert, assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../lib/base/errors.ts";
import { limits } from "../../lib/base/limits.ts";
import { Collection, idOf } from "../../lib/store/collection.ts";
import { createMemoryStore } from "../../lib/store/memory.ts";
import { checkKey, type Store, VersionConflictError } from "../../lib/store/store.ts";
import { TestClock } from "../support/clock.ts";

interface Counter {
  readonly count: number;
}

async function opened() {
  const clock = new TestClock();
  const store = createMemoryStore({ clock });
  await store.put("other/a", "not JSON");
  const counters = new Collection<Counter>(store, "counter/");
  return { clock, store, counters, [Symbol.asyncDispose]: () => store.close() };
}

Deno.test("a collection stores, lists and deletes records under its prefix", async () => {
  await using test = await opened();
  const { counters, store } = test;
  await counters.put("b", { count: 2 });
  await counters.put("a", { count: 1 });
  assertEquals((await counters.get("a"))?.record, { count: 1 });
  assertEquals(await counters.get("c"), null);
  assertEquals(await counters.list(), [{ count: 1 }, { count: 2 }]);
  assertEquals(await counters.entries(), [["a", { count: 1 }], ["b", { count: 2 }]]);
  assertEquals(await counters.entries("b"), [["b", { count: 2 }]]);
  assertEquals((await store.get("counter/a"))?.value, '{"count":1}');
  assertEquals([await counters.delete("a"), await counters.delete("a")], [true, false]);
});

Deno.test("put() and putting() take a condition and an expiry", async () => {
  await using test = await opened();
  const { counters, store, clock } = test;
  await counters.put("a", { count: 1 }, { ifVersion: 0 });
  await assertRejects(
    () => counters.put("a", { count: 2 }, { ifVersion: 0 }),
    VersionConflictError,
  );
  const { version = 0 } = await counters.get("a") ?? {};
  const expiresAtMs = clock.now() + 1_000;
  await store.batch([
    counters.putting("a", { count: 3 }, { ifVersion: version }),
    counters.putting("b", { count: 4 }, { expiresAtMs }),
  ]);
  assertEquals(await counters.list(), [{ count: 3 }, { count: 4 }]);
  clock.advance(1_000);
  assertEquals(await counters.list(), [{ count: 3 }]);
});

Deno.test("update() loses no change of many at once", async () => {
  await using test = await opened();
  const { counters } = test;
  const add = () => counters.update("a", (record) => ({ count: (record?.count ?? 0) + 1 }));
  await Promise.all(Array.from({ length: 50 }, add));
  assertEquals((await counters.get("a"))?.record, { count: 50 });
});

Deno.test("update() decides again on what a faster writer wrote", async () => {
  await using test = await opened();
  const { counters, store } = test;
  const seen: (number | undefined)[] = [];
  const after = await counters.update("a", (record) => {
    seen.push(record?.count);
    if (seen.length === 1) void store.put("counter/a", '{"count":7}');
    return { count: (record?.count ?? 0) + 1 };
  });
  assertEquals([seen, after], [[undefined, 7], { count: 8 }]);
});

Deno.test("update() leaves the record where null is returned, and keeps its expiry otherwise", async () => {
  await using test = await opened();
  const { counters, store, clock } = test;
  assertEquals(await counters.update("a", () => null), null);
  const expiresAtMs = clock.now() + 1_000;
  await counters.update("a", () => ({ count: 1 }), expiresAtMs);
  assertEquals(await counters.update("a", () => null), { count: 1 });
  await counters.update("a", () => ({ count: 2 }));
  assertEquals((await store.get("counter/a"))?.expiresAtMs, expiresAtMs);
  await counters.update("a", () => ({ count: 3 }), expiresAtMs + 1);
  assertEquals((await store.get("counter/a"))?.expiresAtMs, expiresAtMs + 1);
});

Deno.test("update() gives up where others are always faster, and passes other errors on", async () => {
  await using test = await opened();
  let writes = 0;
  let failure: Error = new VersionConflictError("counter/a");
  const store: Store = {
    ...test.store,
    get: (key) => test.store.get(key),
    put() {
      writes++;
      return Promise.reject(failure);
    },
  };
  const counters = new Collection<Counter>(store, "counter/");
  const change = () => counters.update("a", () => ({ count: 1 }));
  const error = await assertRejects(change, DariError, "Too many writers");
  assertEquals([error.code, writes], ["unavailable", limits.maxStoreUpdateAttempts]);
  failure = new DariError("io", "The disk is full");
  await assertRejects(change, DariError, "disk is full");
});

Deno.test("a damaged record is refused without showing it", async () => {
  await using test = await opened();
  for (const value of ["", "{secret", '"secret"', "null", "7"]) {
    await test.store.put("counter/a", value);
    const error = await assertRejects(() => test.counters.get("a"), DariError, '"counter/a"');
    assertEquals(error.code, "data");
    assert(!error.message.includes("secret"));
  }
});

Deno.test("idOf() makes a part of a key of any text, another for each", () => {
  const ids = ["", "alice", "a/b", "\0", "다리 🌉"].map(idOf);
  for (const id of ids) checkKey(`counter/${id}`);
  assertEquals(new Set(ids).size, ids.length);
});
