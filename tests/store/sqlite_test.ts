import { assert, assertEquals, assertRejects } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { type Change, openSqliteStore } from "../../lib/store/mod.ts";
import { DariError } from "../../lib/base/errors.ts";
import { TestClock } from "../support/clock.ts";
import { tempDirectory } from "../support/temp.ts";

async function refusal(path: string): Promise<DariError> {
  return await assertRejects(() => openSqliteStore(path), DariError);
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

Deno.test("openSqliteStore() finds again what was put before", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/dari.db`;
  {
    await using store = await openSqliteStore(path);
    await store.put("a", "1");
  }
  await using store = await openSqliteStore(path);
  assertEquals((await store.get("a"))?.value, "1");
});

Deno.test("openSqliteStore() refuses a damaged store and leaves it as it is", async () => {
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

Deno.test("openSqliteStore() makes no store beside the journal of one whose file is gone", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/dari.db`;
  const store = await openSqliteStore(path);
  await store.put("a", "1");
  const journal = await Deno.readFile(`${path}-wal`);
  await store.close();
  await Deno.remove(path);
  await Deno.writeFile(`${path}-wal`, journal, { mode: 0o600 });
  const error = await refusal(path);
  assertEquals(error.code, "data");
  await assertRejects(() => Deno.lstat(path), Deno.errors.NotFound);
  await Deno.remove(`${path}-wal`);
  await (await openSqliteStore(path)).close();
});

Deno.test("openSqliteStore() refuses a store of a newer dari and says so", async () => {
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

Deno.test("openSqliteStore() refuses another program's database", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/other.db`;
  const database = new DatabaseSync(path);
  database.exec("CREATE TABLE mine (x)");
  database.close();
  await Deno.chmod(path, 0o600);
  assertEquals((await refusal(path)).code, "data");
});

Deno.test("openSqliteStore() refuses a file that others can use", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/dari.db`;
  await (await openSqliteStore(path)).close();
  await Deno.chmod(path, 0o644);
  const error = await refusal(path);
  assertEquals(error.code, "configuration");
  assert(error.message.includes("chmod 600"), error.message);
});

Deno.test("watch() hears of another connection's changes within a second", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/dari.db`;
  await using here = await openSqliteStore(path);
  await using there = await openSqliteStore(path);
  const { promise, resolve } = Promise.withResolvers<void>();
  const heard: Change[] = [];
  using _watch = here.watch("a", (change) => {
    heard.push(change);
    if (change.kind === "delete") resolve();
  });
  const start = performance.now();
  const version = await there.put("a", "1");
  await there.put("b", "1");
  await there.delete("a");
  // The polling timer does not keep a program alive, so the test has to.
  const alive = setInterval(() => {}, 100);
  await promise;
  clearInterval(alive);
  assert(performance.now() - start < 1_000);
  assert(version > 0);
  assertEquals(heard, [{ kind: "delete", key: "a" }]);
});

Deno.test("watch() says reset where removals were forgotten in the meantime", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/dari.db`;
  const clock = new TestClock();
  await using here = await openSqliteStore(path, { pollMs: 60_000 });
  await using there = await openSqliteStore(path, { clock });
  await there.put("a", "1");
  const heard: string[] = [];
  using _watch = here.watch("a", (change) => heard.push(change.kind));
  await there.delete("a");
  clock.advance(2 * 60 * 60 * 1_000);
  await there.put("b", "1");
  await here.put("c", "1");
  assertEquals(heard, ["reset"]);
});

Deno.test("two processes on one store lose no increment", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/dari.db`;
  await (await openSqliteStore(path)).close();
  const store = new URL("../../lib/store/mod.ts", import.meta.url);
  const script = `import { openSqliteStore, VersionConflict } from ${JSON.stringify(store.href)};
    await using store = await openSqliteStore(${JSON.stringify(path)});
    for (let i = 0; i < 300;) {
      const entry = await store.get("n");
      try {
        await store.put("n", String(Number(entry?.value ?? 0) + 1), {
          ifVersion: entry?.version ?? 0,
        });
        i++;
      } catch (error) {
        if (!(error instanceof VersionConflict)) throw error;
      }
    }`;
  await Deno.writeTextFile(`${directory.path}/count.ts`, script);
  const run = () =>
    new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-check", "--allow-all", `${directory.path}/count.ts`],
      stderr: "inherit",
    }).output();
  const ends = await Promise.all([run(), run()]);
  assertEquals(ends.map((end) => end.code), [0, 0]);
  await using result = await openSqliteStore(path);
  assertEquals((await result.get("n"))?.value, "600");
});
