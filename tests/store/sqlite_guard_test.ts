import { assert, assertEquals, assertRejects } from "@std/assert";
import { deadline } from "../../lib/base/abort.ts";
import { DariError } from "../../lib/base/errors.ts";
import { openSqliteStore } from "../../lib/store/sqlite.ts";
import { StoreGuard } from "../../lib/store/sqlite_guard.ts";
import { tempDirectory } from "../support/temp.ts";

/** Copies what a machine would find after its power was cut while the store was open. */
async function crashedCopy(from: string, to: string, names: readonly string[]): Promise<string> {
  for (const name of names) await Deno.copyFile(`${from}/${name}`, `${to}/${name}`);
  for (const name of names) await Deno.chmod(`${to}/${name}`, 0o600);
  return `${to}/dari.db`;
}

Deno.test("a store whose journal is missing after a crash is refused, and taken with its journal", async () => {
  await using directory = await tempDirectory();
  await using store = await openSqliteStore(`${directory.path}/dari.db`);
  await store.put("key/1", "active");
  await store.put("key/1", "revoked");
  const all = ["dari.db", "dari.db-wal", "dari.db-revision"];
  {
    await using copy = await tempDirectory();
    const path = await crashedCopy(directory.path, copy.path, all);
    await using whole = await openSqliteStore(path);
    assertEquals((await whole.get("key/1"))?.value, "revoked");
  }
  for (const damage of ["missing", "empty"]) {
    await using copy = await tempDirectory();
    const path = await crashedCopy(directory.path, copy.path, all);
    if (damage === "missing") await Deno.remove(`${path}-wal`);
    else await Deno.truncate(`${path}-wal`);
    const error = await assertRejects(() => openSqliteStore(path), DariError);
    assertEquals(error.code, "data", damage);
    assert(error.message.includes("it is at change 0, and change 2 was acknowledged"), damage);
    assert(error.message.includes(`remove "${path}-revision"`), error.message);
    // Whoever has read that may go on with what is left.
    await Deno.remove(`${path}-revision`);
    await using older = await openSqliteStore(path);
    assertEquals(await older.get("key/1"), null);
    await older.put("key/1", "anew");
  }
});

Deno.test("a store that an older copy has replaced is refused", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/dari.db`;
  const write = async (value: string) => {
    await using store = await openSqliteStore(path);
    await store.put("a", value);
  };
  await write("old");
  await Deno.copyFile(path, `${path}.backup`);
  await write("new");
  await Deno.rename(`${path}.backup`, path);
  await assertRejects(() => openSqliteStore(path), DariError, "has lost writes");
});

Deno.test("a store whose file is gone is not made anew beside its revision", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/dari.db`;
  {
    await using store = await openSqliteStore(path);
    await store.put("a", "1");
  }
  await Deno.remove(path);
  const error = await assertRejects(() => openSqliteStore(path), DariError);
  assertEquals(error.code, "data");
  await assertRejects(() => Deno.lstat(path), Deno.errors.NotFound);
});

for (const happens of ["removed", "replaced"] as const) {
  Deno.test(`a store whose file is ${happens} while it is open says so and acknowledges nothing more`, async () => {
    await using directory = await tempDirectory();
    const path = `${directory.path}/dari.db`;
    const lost = Promise.withResolvers<DariError>();
    let times = 0;
    await using store = await openSqliteStore(path, {
      pollMs: 60_000,
      onLost: (error) => (times++, lost.resolve(error)),
    });
    await store.put("a", "1");
    const heard: string[] = [];
    using _watch = store.watch("", ({ kind }) => heard.push(kind));
    await Deno.remove(path);
    if (happens === "replaced") await Deno.writeFile(path, new Uint8Array(4_096), { mode: 0o600 });
    const error = await assertRejects(() => store.put("a", "2"), DariError);
    assertEquals(error.code, "data");
    assertEquals(await deadline(lost.promise, 5_000), error);
    await assertRejects(() => store.get("a"), DariError, "removed or replaced");
    assertEquals([heard, times], [["reset"], 1]);
  });
}

Deno.test("a store without writes notices that its file is gone with its next look for changes", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/dari.db`;
  const lost = Promise.withResolvers<DariError>();
  await using store = await openSqliteStore(path, { pollMs: 1, onLost: lost.resolve });
  using _watch = store.watch("", () => {});
  await Deno.remove(path);
  const error = await deadline(lost.promise, 5_000);
  assert(error.message.includes(`"${path}" was removed or replaced`), error.message);
});

Deno.test("StoreGuard takes a revision file that is new or unreadable for one of revision 0", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/dari.db`;
  await Deno.writeTextFile(path, "");
  for (const text of [undefined, "", "not a number"]) {
    if (text !== undefined) await Deno.writeTextFile(`${path}-revision`, text);
    using guard = await StoreGuard.open(path, () => Promise.resolve(7));
    guard.acknowledge(7);
    assertEquals(await Deno.readTextFile(`${path}-revision`), "0000000000000007");
  }
  (await StoreGuard.open(path, () => Promise.resolve(7)))[Symbol.dispose]();
  await assertRejects(() => StoreGuard.open(path, () => Promise.resolve(6)), DariError, "change 6");
});

Deno.test("the revision counts changes that are on disk, and never goes back", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/dari.db`;
  await using store = await openSqliteStore(path);
  const acknowledged = async () => Number(await Deno.readTextFile(`${path}-revision`));
  await store.put("first", "1");
  const before = await acknowledged();
  await store.transact((_, entries) => entries.batch([{ kind: "delete", key: "first" }]), false);
  assertEquals(await acknowledged(), before);
  const syncing = store.sync();
  await store.put("second", "2");
  assertEquals(await acknowledged(), before + 2);
  await syncing;
  assertEquals(await acknowledged(), before + 2);
  await store.transact(() => {}, false);
  assertEquals(await acknowledged(), before + 2);
  await store.sync();
  assertEquals(await acknowledged(), before + 3);
});
