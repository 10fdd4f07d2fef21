import { assert, assertEquals } from "@std/assert";
import { limits } from "../../lib/base/limits.ts";
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

Deno.test("a memory store forgets expired entries that nobody reads, a few with each write", async () => {
  const clock = new TestClock();
  await using store = createMemoryStore({ clock });
  const expiresAtMs = clock.now() + 1;
  const keys = Array.from({ length: 3 * limits.storeSweepEntries }, (_, n) => `expiring/${n}`);
  await store.put("lasting", "1");
  for (const key of keys) await store.put(key, "1", { expiresAtMs });
  clock.step(1);
  const writes = Math.ceil((1 + keys.length + 1) / limits.storeSweepEntries) + 1;
  for (let n = 0; n < writes; n++) {
    assert((await countAt(-1)) >= keys.length - n * limits.storeSweepEntries);
    await store.put("lasting", "2");
  }
  assertEquals(await countAt(-1), 0);
  assertEquals((await store.get("lasting"))?.value, "2");

  /** How many of them are still there, seen from before their expiry. */
  async function countAt(milliseconds: number): Promise<number> {
    clock.step(milliseconds);
    const { length } = await store.list("expiring/");
    clock.step(-milliseconds);
    return length;
  }
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
