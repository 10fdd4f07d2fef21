import { assertEquals } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { takeEntries, writeEntries } from "../../../lib/ops/backup/cluster_entries.ts";
import { CLUSTER_ENTRIES } from "../../../lib/ops/backup/manifest.ts";
import { createMemoryStore, type Entry } from "../../../lib/store/mod.ts";
import { tempDirectory } from "../../support/temp.ts";

Deno.test("entries of a cluster are read as they were written, and the directory belongs to it no more", async () => {
  await using directory = await tempDirectory();
  const entries: Entry[] = Array.from({ length: limits.restoreBatchChanges + 1 }, (_, n) => ({
    ...{
      key: `account/${String(n).padStart(6, "0")}`,
      value: `{"name":"다 ${n}\\n"}`,
      version: n + 1,
    },
    ...(n % 2 === 0 ? {} : { expiresAtMs: 4e12 }),
  }));
  const path = `${directory.path}/${CLUSTER_ENTRIES}`;
  await writeEntries(path, entries);
  assertEquals((await Deno.stat(path)).mode! & 0o777, 0o600);
  await using store = createMemoryStore();
  await store.put("cluster/seen", "1000000");
  assertEquals(await takeEntries(directory.path, store), entries.length);
  const bare = ({ key, value, expiresAtMs }: Entry) => [key, value, expiresAtMs];
  assertEquals((await store.list("")).map(bare), entries.map(bare));
  assertEquals(await takeEntries(directory.path, store), 0); // there is no file any more
});
