import { assertEquals } from "@std/assert";
import { createMemoryStore } from "../../lib/store/memory.ts";
import { TestClock } from "../support/clock.ts";

// What every form of store does is in store_contract_test.ts.

Deno.test("createMemoryStore() makes stores that share nothing", async () => {
  await using one = createMemoryStore();
  await using other = createMemoryStore();
  await one.put("a", "1");
  assertEquals(await other.get("a"), null);
});

Deno.test("a memory store forgets its watchers when it closes", async () => {
  const store = createMemoryStore();
  let calls = 0;
  const watch = store.watch("", () => calls++);
  await store.put("a", "1");
  await store.close();
  watch[Symbol.dispose]();
  assertEquals(calls, 1);
});

Deno.test("a memory store tells nobody of an entry that ended by itself", async () => {
  const clock = new TestClock();
  await using store = createMemoryStore({ clock });
  const heard: string[] = [];
  await store.put("a", "1", { expiresAtMs: clock.now() + 1 });
  using _watch = store.watch("", ({ kind }) => heard.push(kind));
  clock.advance(1);
  assertEquals(await store.get("a"), null);
  assertEquals(heard, []);
});
