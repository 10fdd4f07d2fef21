import { assert, assertEquals, assertRejects } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { DariError } from "../../lib/base/errors.ts";
import { migrations } from "../../lib/store/migrations.ts";
import { storeError } from "../../lib/store/tables/sqlite_errors.ts";
import { openDatabase, rollBack } from "../../lib/store/sqlite_file.ts";
import { openSqliteStore } from "../../lib/store/sqlite.ts";
import { tempDirectory } from "../support/temp.ts";

async function refusal(path: string): Promise<DariError> {
  return await assertRejects(() => openDatabase(path), DariError);
}

Deno.test("openSqliteStore() makes a file that only its owner can use, with its WAL", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/dari.db`;
  await using store = await openSqliteStore(path);
  await store.put("a", "1");
  for await (const file of Deno.readDir(directory.path)) {
    const { mode } = await Deno.stat(`${directory.path}/${file.name}`);
    assertEquals((mode ?? 0) & 0o777, 0o600, file.name);
  }
});

Deno.test("openDatabase() refuses a damaged store and leaves it as it is", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/dari.db`;
  {
    await using store = await openSqliteStore(path);
    for (let i = 0; i < 200; i++) await store.put(`key/${i}`, "x".repeat(100));
  }
  const whole = await Deno.readFile(path);
  const damages = {
    empty: new Uint8Array(),
    cut: whole.slice(0, whole.length / 2),
    overwritten: whole.map((byte, at) => at >= 4096 && at < 8192 ? 0xaa : byte),
    text: new TextEncoder().encode("not a database ".repeat(100)),
  };
  for (const [name, bytes] of Object.entries(damages)) {
    await Deno.writeFile(path, bytes);
    const error = await refusal(path);
    assertEquals(error.code, "data", name);
    assert(error.message.includes("Restore it from a backup"), error.message);
    assertEquals(await Deno.readFile(path), bytes, name);
  }
});

Deno.test("openDatabase() makes no store beside the journal of one whose file is gone", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/dari.db`;
  const store = await openSqliteStore(path);
  await store.put("a", "1");
  const journal = await Deno.readFile(`${path}-wal`);
  await store.close();
  await Deno.remove(path);
  await Deno.remove(`${path}-revision`);
  await Deno.remove(`${path}-record`);
  await Deno.writeFile(`${path}-wal`, journal, { mode: 0o600 });
  const error = await refusal(path);
  assertEquals(error.code, "data");
  await assertRejects(() => Deno.lstat(path), Deno.errors.NotFound);
  await Deno.remove(`${path}-wal`);
  await (await openSqliteStore(path)).close();
});

Deno.test("openDatabase() refuses a store of a newer dari and says so", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/dari.db`;
  await (await openSqliteStore(path)).close();
  const database = new DatabaseSync(path);
  database.exec("PRAGMA user_version = 99");
  database.close();
  const error = await refusal(path);
  assertEquals(error.code, "configuration");
  assert(error.message.includes("newer dari (schema 99"), error.message);
});

Deno.test("openDatabase() refuses another program's database", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/other.db`;
  const database = new DatabaseSync(path);
  database.exec("CREATE TABLE mine (x)");
  database.close();
  await Deno.chmod(path, 0o600);
  assertEquals((await refusal(path)).code, "data");
});

Deno.test("openDatabase() says why a migration failed", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/dari.db`;
  await (await openSqliteStore(path)).close();
  const database = new DatabaseSync(path);
  // The first step finds its tables there already.
  database.exec("PRAGMA user_version = 0");
  database.close();
  const error = await refusal(path);
  assertEquals(error.code, "io");
  assert(error.message.includes("table entries already exists"), error.message);
});

Deno.test("rollBack() hides no error, whether there is a transaction or not", () => {
  const database = new DatabaseSync(":memory:");
  database.exec("CREATE TABLE t (x)");
  database.exec("BEGIN; INSERT INTO t VALUES (1)");
  rollBack(database);
  assertEquals(database.prepare("SELECT * FROM t").all(), []);
  rollBack(database);
  database.close();
  rollBack(database);
});

Deno.test("openDatabase() refuses a file that others can use", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/dari.db`;
  await (await openSqliteStore(path)).close();
  await Deno.chmod(path, 0o644);
  const error = await refusal(path);
  assertEquals(error.code, "configuration");
  assert(error.message.includes("chmod 600"), error.message);
});

Deno.test("openSqliteStore() refuses files beside the store that others can change", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/dari.db`;
  await (await openSqliteStore(path)).close();
  for (const name of ["-wal", "-shm", "-revision", "-record"]) {
    await Deno.writeTextFile(`${path}${name}`, "", { append: true, mode: 0o600 });
    await Deno.chmod(`${path}${name}`, 0o666);
    const error = await assertRejects(() => openSqliteStore(path), DariError);
    assertEquals(error.code, "configuration", name);
    assert(error.message.includes(`${path}${name}`), error.message);
    await Deno.chmod(`${path}${name}`, 0o600);
    await (await openSqliteStore(path)).close();
  }
});

Deno.test("openDatabase() makes a file at the newest schema, and leaves nothing beside it", async () => {
  await using directory = await tempDirectory();
  const database = await openDatabase(`${directory.path}/dari.db`);
  assertEquals(database.prepare("PRAGMA user_version").get()?.user_version, migrations.length);
  assertEquals(database.prepare("PRAGMA journal_mode").get()?.journal_mode, "wal");
  database.close();
  const names = (await Array.fromAsync(Deno.readDir(directory.path))).map(({ name }) => name);
  assertEquals(names, ["dari.db"]);
});

Deno.test("openDatabase() lets many that open at once share the file that one of them made", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/dari.db`;
  const databases = await Promise.all(Array.from({ length: 8 }, () => openDatabase(path)));
  databases[0]?.exec("UPDATE counters SET value = 7 WHERE name = 'revision'");
  for (const database of databases) {
    const row = database.prepare("SELECT value FROM counters WHERE name = 'revision'").get();
    assertEquals(row?.value, 7);
    database.close();
  }
});

Deno.test("openDatabase() refuses a directory, and says io where there is none to be in", async () => {
  await using directory = await tempDirectory();
  assertEquals((await refusal(directory.path)).code, "configuration");
  assertEquals((await refusal(`${directory.path}/none/dari.db`)).code, "io");
});

Deno.test("storeError() tells a busy file from a damaged one and from any other trouble", () => {
  const codes = { 5: "unavailable", 261: "unavailable", 11: "data", 26: "data", 10: "io" };
  for (const [errcode, code] of Object.entries(codes)) {
    const cause = Object.assign(new Error("SQLite"), { errcode: Number(errcode) });
    assertEquals(storeError(cause, "dari.db").code, code, errcode);
  }
  // What node:sqlite's exec() throws has no code.
  const texts = {
    "database is locked": "unavailable",
    "database disk image is malformed": "data",
    "file is not a database": "data",
    "disk I/O error": "io",
    "": "io",
  };
  for (const [text, code] of Object.entries(texts)) {
    assertEquals(storeError(new Error(text), "dari.db").code, code, text);
  }
});
