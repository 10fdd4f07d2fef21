import { assertEquals } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { openSqliteStore } from "../../../lib/store/mod.ts";
import { dataWithBackups } from "../../support/backups.ts";

for (const count of [limits.restoreBatchChanges, limits.restoreBatchChanges + 1]) {
  Deno.test(`a restore takes ${count} changes back (limits.restoreBatchChanges and one more)`, async () => {
    await using at = await dataWithBackups();
    const keys = Array.from({ length: count }, (_, i) => `session/${i}`);
    {
      await using store = await openSqliteStore(`${at.data}/dari.db`);
      await store.batch(keys.map((key) => ({ kind: "put", key, value: "{}" })));
      await at.backup();
      await store.batch(keys.map((key) => ({ kind: "delete", key, survivesRestore: true })));
    }
    assertEquals((await at.restore()).heldBack, count);
    await using store = await openSqliteStore(`${at.data}/dari.db`);
    // The session of the fixture alone is left.
    assertEquals((await store.list("session/")).length, 1);
  });
}

Deno.test("a restore keeps what was used up in the old store: signatures and idempotency keys", async () => {
  await using at = await dataWithBackups();
  await at.backup();
  {
    await using store = await openSqliteStore(`${at.data}/dari.db`);
    const expiresAtMs = Date.now() + 60_000;
    await store.put("nonce/k/1", "", { expiresAtMs });
    await store.put("answers/o/k", "{}", { expiresAtMs });
    await store.put("other", "1");
  }
  await at.restore();
  await using store = await openSqliteStore(`${at.data}/dari.db`);
  const there = async (key: string) => await store.get(key) !== null;
  assertEquals([await there("nonce/k/1"), await there("answers/o/k"), await there("other")], [
    true,
    true,
    false,
  ]);
});
