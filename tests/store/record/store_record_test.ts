import { assert, assertEquals, assertRejects } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { openSqliteStore } from "../../../lib/store/mod.ts";
import { checkIdentity, readRecord, recordOwner } from "../../../lib/store/record/read_record.ts";
import { snapshotStore } from "../../../lib/store/sqlite_backup.ts";
import { recordFileOf } from "../../../lib/store/record/store_record.ts";
import { identityOf } from "../../../lib/store/sqlite_record.ts";
import { tempDirectory } from "../../support/temp.ts";

const KEPT = { survivesRestore: true };

/** The newest change of each key in a record, as `key=value`. */
async function recorded(path: string): Promise<string[]> {
  const database = new DatabaseSync(path);
  const identity = identityOf(database, path);
  database.close();
  const { commits } = await readRecord(recordFileOf(path), identity);
  return commits.flatMap(({ changes }) => changes.map(({ key, value }) => `${key}=${value}`));
}

Deno.test("StoreRecord has each change that survives a restore before it is acknowledged", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/dari.db`;
  await using store = await openSqliteStore(path);
  await store.put("a", "plain");
  assertEquals(await recorded(path), []);
  await store.put("a", "1", KEPT);
  assertEquals(await recorded(path), ["a=1"]);
  await store.put("b", "2");
  await store.delete("b", KEPT);
  await Promise.all(["c", "d", "e"].map((key) => store.put(key, "3", KEPT)));
  await store.put("a", "4", KEPT);
  assertEquals(await recorded(path), ["b=null", "c=3", "d=3", "e=3", "a=4"]);
});

Deno.test("StoreRecord holds nothing that can be read without the store's key", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/dari.db`;
  await using store = await openSqliteStore(path);
  await store.put("account/alice", "swordfish", KEPT);
  const text = await Deno.readTextFile(recordFileOf(path));
  assert(text.startsWith("dari-record 1 ") && text.split("\n").length === 3, text);
  assert(!text.includes("alice") && !text.includes("swordfish"), text);
  assertEquals((await Deno.stat(recordFileOf(path))).mode! & 0o777, 0o600);
});

Deno.test("StoreRecord gets what a crash kept from it when the store is opened again", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/dari.db`;
  const record = recordFileOf(path);
  {
    await using store = await openSqliteStore(path);
    await store.put("a", "1", KEPT);
    await store.put("b", "2", KEPT);
  }
  const whole = await Deno.readTextFile(record);
  for (let length = 0; length < whole.length; length += 7) {
    await Deno.writeTextFile(record, whole.slice(0, length));
    await (await openSqliteStore(path)).close();
    assertEquals(await recorded(path), ["a=1", "b=2"], `${length} bytes`);
  }
  await Deno.remove(record);
  await (await openSqliteStore(path)).close();
  assertEquals(await recorded(path), ["a=1", "b=2"]);
});

Deno.test("openSqliteStore() refuses a store that is older than its record", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/dari.db`;
  await (await openSqliteStore(path)).close();
  const older = await Deno.readFile(path);
  {
    await using store = await openSqliteStore(path);
    await store.put("a", "1", KEPT);
  }
  await Deno.writeFile(path, older);
  await Deno.remove(`${path}-revision`);
  await Deno.remove(`${path}-wal`).catch(() => {});
  const error = await assertRejects(() => openSqliteStore(path), DariError);
  assertEquals(error.code, "data");
  assert(error.message.includes("dari restore"), error.message);
});

Deno.test("openSqliteStore() refuses the record of another store", async () => {
  await using directory = await tempDirectory();
  const paths = ["one", "two"].map((name) => `${directory.path}/${name}.db`);
  for (const path of paths) await (await openSqliteStore(path)).close();
  await Deno.copyFile(recordFileOf(paths[0]!), recordFileOf(paths[1]!));
  const error = await assertRejects(() => openSqliteStore(paths[1]!), DariError);
  assert(error.message.includes("no record of this store"), error.message);
});

Deno.test("readRecord() notices a line that was changed, removed or moved", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/dari.db`;
  {
    await using store = await openSqliteStore(path);
    for (const key of ["a", "b", "c"]) await store.put(key, "1", KEPT);
  }
  const record = recordFileOf(path);
  const lines = (await Deno.readTextFile(record)).trimEnd().split("\n");
  const [header, a, b, c] = lines as [string, string, string, string];
  const broken = {
    changed: [header, a, b.replace(/^./, (first) => first === "A" ? "B" : "A"), c],
    renumbered: [header, a, b.replace(/2$/, "9"), c],
    removed: [header, a, c],
    moved: [header, b, a, c],
  };
  for (const [name, next] of Object.entries(broken)) {
    await Deno.writeTextFile(record, `${next.join("\n")}\n`);
    const error = await assertRejects(() => recorded(path), DariError, undefined, name);
    assertEquals(error.code, "data", name);
  }
});

Deno.test(
  "a record that has grown by limits.recordRewriteBytes is written anew where most no longer matters",
  async () => {
    await using directory = await tempDirectory();
    const path = `${directory.path}/dari.db`;
    await using store = await openSqliteStore(path);
    const value = "x".repeat(limits.recordRewriteBytes / 8);
    const sizes: number[] = [];
    for (let i = 0; i < 8; i++) {
      await store.put("a", value, KEPT);
      sizes.push((await Deno.stat(recordFileOf(path))).size);
    }
    // Base64 takes 4 bytes for 3: six lines stay below the limit, the seventh is beyond it.
    assert(sizes[4]! < limits.recordRewriteBytes, `${sizes}`);
    assert(sizes.some((size, i) => size < (sizes[i - 1] ?? 0)), `${sizes}`);
    assertEquals(await recorded(path), [`a=${value}`]);
  },
);

Deno.test("a store of schema 1 is copied and then migrated, once", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/dari.db`;
  const bytes = await Deno.readFile("tests/data/0.1.0/dari.db");
  await Deno.writeFile(path, bytes, { mode: 0o600 });
  const stores = await Promise.all([openSqliteStore(path), openSqliteStore(path)]);
  assertEquals((await stores[0]!.list("account/")).length, 2);
  for (const store of stores) await store.close();
  const copies = Array.fromAsync(Deno.readDir(directory.path), ({ name }) => name);
  const copy = (await copies).filter((name) => name.includes("-schema-1-at-"));
  assertEquals(copy.length, 1);
  const kept = `${directory.path}/${copy[0]}`;
  assertEquals((await Deno.stat(kept)).mode! & 0o777, 0o600);
  const database = new DatabaseSync(kept);
  assertEquals(database.prepare("PRAGMA user_version").get()?.user_version, 1);
  assertEquals(database.prepare("SELECT count(*) AS n FROM entries").get()?.n, 13);
  database.close();
});

Deno.test("a record is found to belong to a store by its first limits.recordHeaderBytes bytes", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/dari.db`;
  await (await openSqliteStore(path)).close();
  const header = (await Deno.readTextFile(recordFileOf(path))).trimEnd();
  assert(header.length < limits.recordHeaderBytes);
  const owner = `${directory.path}/owner`;
  // The sealed number of a copy's file makes the line longer.
  const fill = "A".repeat(limits.recordHeaderBytes - header.length - 2);
  await Deno.writeTextFile(owner, `${header} ${fill}\n`);
  assertEquals(await recordOwner(owner), header.split(" ")[2]);
  await Deno.writeTextFile(owner, `x${header} ${fill}\n`);
  assertEquals(await recordOwner(owner), undefined);
  assertEquals(await recordOwner(`${directory.path}/none`), undefined);
});

Deno.test("the end of a record is found where its last line is longer than limits.recordTailBytes", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/dari.db`;
  for (const length of [limits.recordTailBytes / 2, limits.recordTailBytes * 2]) {
    await using store = await openSqliteStore(path);
    await store.put("a", "x".repeat(length), KEPT);
    await store.put("b", `${length}`, KEPT);
    assertEquals((await recorded(path)).at(-1), `b=${length}`);
  }
});

Deno.test("a change waits limits.recordCopyTimeoutMs at most for a copy that does not answer", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/dari.db`;
  await using store = await openSqliteStore(path);
  const recordIn = `${directory.path}/backups`;
  await Deno.mkdir(recordIn);
  const { record, identity } = await snapshotStore(path, { to: `${recordIn}/copy.db`, recordIn });
  using held = await Deno.open(record, { read: true, write: true });
  await held.lock(true);
  const beganMs = performance.now();
  await store.put("a", "1", KEPT);
  const tookMs = performance.now() - beganMs;
  assert(tookMs >= limits.recordCopyTimeoutMs - 5 && tookMs < 5_000, `${tookMs} ms`);
  await held.unlock();
  await store.put("b", "1", KEPT);
  assertEquals((await readRecord(record, identity)).commits.length, 2);
});

Deno.test("checkIdentity() takes an id of limits.storeIdBytes and a key of limits.recordKeyBytes", () => {
  const hex = (bytes: number) => "ab".repeat(bytes);
  const { storeIdBytes, recordKeyBytes } = limits;
  assert(checkIdentity(hex(storeIdBytes), hex(recordKeyBytes)) !== undefined);
  assertEquals(checkIdentity(hex(storeIdBytes + 1), hex(recordKeyBytes)), undefined);
  assertEquals(checkIdentity(hex(storeIdBytes), hex(recordKeyBytes - 1)), undefined);
  assertEquals(checkIdentity("x", 7), undefined);
});
