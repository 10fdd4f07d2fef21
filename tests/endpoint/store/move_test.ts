import { assert, assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { exists } from "../../../lib/base/file/file_state.ts";
import { limits } from "../../../lib/base/limits.ts";
import { movingKeyPath, readRecordKey, recordKeyPath } from "../../../lib/cluster/record_key.ts";
import { readClusterFile } from "../../../lib/endpoint/store/cluster_file.ts";
import { moveToCluster, moveToFile } from "../../../lib/endpoint/store/move.ts";
import { openClusterAt, openDataStore } from "../../../lib/endpoint/store/shared_store.ts";
import { openSqliteStore, type Store } from "../../../lib/store/mod.ts";
import { hasNats, startNats } from "../../support/nats_server.ts";
import { tempDirectory } from "../../support/temp.ts";

const open = (directory: string) => openSqliteStore(`${directory}/${limits.storeFile}`);

/** More entries than go at once, of which one is longer than that. */
async function fill(store: Store): Promise<void> {
  for (let n = 0; n <= limits.maxMovedEntries; n += 64) {
    await store.batch(Array.from({ length: 64 }, (_, at) => ({
      ...{ kind: "put" as const, key: `account/${n + at}`, value: "{}" },
    })));
  }
  await store.put("session/a", "x".repeat(limits.movedBatchLength), { expiresAtMs: 4e12 });
  await store.put("session/over", "{}", { expiresAtMs: 1 });
}

const contentOf = async (store: Store) =>
  (await store.list("")).map(({ key, value, expiresAtMs }) => [key, value, expiresAtMs]);

Deno.test("a cluster that is not reached leaves a directory as it was", async () => {
  await using directory = await tempDirectory();
  const { path } = directory;
  {
    await using own = await open(path);
    await own.put("account/a", "{}");
  }
  const away = { address: "nats://localhost:1/orders" };
  const error = await assertRejects(() => moveToCluster(path, away), DariError);
  assertEquals(error.code, "unavailable");
  const names = (await Array.fromAsync(Deno.readDir(path))).map(({ name }) => name);
  assertEquals(names.filter((name) => name.startsWith("cluster")), []);
  await using kept = await openDataStore(path);
  assertEquals((await kept.store.list("")).map(({ key }) => key), ["account/a"]);
});

// One NATS server for all of them, each with a service of its own.
Deno.test({ name: "moving a store", ignore: !hasNats }, async (t) => {
  await using nats = await startNats({ jetStream: true });
  const at = (service: string) => ({ address: `nats://${nats.at}/${service}` });

  await t.step("into a cluster and back keeps every entry", async () => {
    await using directory = await tempDirectory();
    const { path } = directory;
    let before: unknown;
    {
      await using own = await open(path);
      await fill(own);
      before = await contentOf(own);
    }
    const moved = await moveToCluster(path, at("orders"));
    assertEquals(moved.to, moved.from);
    {
      await using kept = await openDataStore(path);
      assertEquals(await contentOf(kept.store), before);
      assertEquals((await kept.tables.list("account/")).length, 0);
    }
    const other = await assertRejects(() => moveToCluster(path, at("shop")), DariError, "belongs");
    assertEquals(other.code, "failed_precondition");
    assertEquals(await moveToFile(path), moved);
    assertEquals(await exists(recordKeyPath(path)), false);
    assertEquals(await readClusterFile(path), undefined);
    await using own = await open(path);
    assertEquals(await contentOf(own), before);
    await assertRejects(() => moveToFile(path), DariError, "no cluster");
  });

  await t.step("goes on where it was cut, and refuses a store with other entries", async () => {
    await using directory = await tempDirectory();
    const { path } = directory;
    {
      await using own = await open(path);
      await fill(own);
    }
    // As it is after a part was copied, and before the directory belongs to the cluster.
    await moveToCluster(path, at("cut"));
    const [key, place] = [await readRecordKey(path), await readClusterFile(path)];
    assert(key !== undefined && place !== undefined);
    {
      await using own = await open(path);
      await fill(own);
      await using shared = await openClusterAt(place, { key });
      const { store } = shared;
      for (const { key } of (await store.list("")).slice(10)) await store.delete(key);
    }
    await Deno.rename(recordKeyPath(path), movingKeyPath(path));
    await Deno.remove(`${path}/${limits.clusterFile}`);
    {
      await using kept = await openDataStore(path);
      assertEquals(kept.shared, undefined);
    }
    const moved = await moveToCluster(path, at("cut"));
    assertEquals(moved.to, moved.from);
    assertEquals(await readRecordKey(path), key);
    await assertRejects(() => moveToCluster(path, at("cut")), DariError, "already");
    {
      await using own = await open(path);
      await own.put("account/new", "{}");
    }
    const refused = await assertRejects(() => moveToCluster(path, at("cut")), DariError, "others");
    assertEquals(refused.code, "failed_precondition");
    await using own = await open(path);
    assertEquals((await own.get("account/new"))?.value, "{}");
  });
});
