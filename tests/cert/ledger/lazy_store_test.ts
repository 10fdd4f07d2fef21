import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { LazyStore } from "../../../lib/cert/ledger/lazy_store.ts";
import { createMemoryStore } from "../../../lib/store/mod.ts";

Deno.test("LazyStore leaves a store that it was given to its owner", async () => {
  await using store = createMemoryStore();
  const lazy = new LazyStore(store);
  assertStrictEquals(await lazy.open(false), store);
  await lazy[Symbol.asyncDispose]();
  assertEquals(await store.get("a"), null);
});

Deno.test("LazyStore opens once for all who ask, makes a store only when told, and closes it", async () => {
  const store = createMemoryStore();
  const asked: boolean[] = [];
  const lazy = new LazyStore((create) => {
    asked.push(create);
    return Promise.resolve(create ? store : null);
  });
  assertEquals(await lazy.open(false), null);
  assertEquals(await Promise.all([lazy.open(true), lazy.open(true)]), [store, store]);
  assertStrictEquals(await lazy.open(false), store);
  assertEquals(asked.filter((create) => create).length, 1);
  await lazy[Symbol.asyncDispose]();
  await assertRejects(() => store.get("a"), DariError, "closed");
});

Deno.test("LazyStore tries again what could not be opened", async () => {
  await using store = createMemoryStore();
  let isBroken = true;
  const lazy = new LazyStore(() =>
    isBroken ? Promise.reject(new DariError("io", "the disk is gone")) : Promise.resolve(store)
  );
  await assertRejects(() => lazy.open(true), DariError, "the disk is gone");
  isBroken = false;
  assertStrictEquals(await lazy.open(true), store);
});
