import { DatabaseSync } from "node:sqlite"; // to look at the rows themselves
import { assert, assertEquals, assertRejects } from "@std/assert";
import { deadline } from "../../lib/base/abort.ts";
import { limits } from "../../lib/base/limits.ts";
import { type Change, openSqliteStore, VersionConflictError } from "../../lib/store/mod.ts";
import { TestClock } from "../support/clock.ts";
import { tempDirectory } from "../support/temp.ts";

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

Deno.test("watch() hears of another connection's changes", async () => {
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
  const version = await there.put("a", "1");
  await there.put("b", "1");
  await there.delete("a");
  // limits/store_test.ts holds that it is looked for within a second.
  // The polling timer does not keep a program alive, so the test has to.
  const alive = setInterval(() => {}, 100);
  await promise;
  clearInterval(alive);
  assert(version > 0);
  assertEquals(heard, [{ kind: "delete", key: "a" }]);
});

Deno.test("look() hears of another connection's changes before the timer does", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/dari.db`;
  const clock = new TestClock();
  await using here = await openSqliteStore(path, { clock, pollMs: 60_000 });
  await using there = await openSqliteStore(path);
  const heard: string[] = [];
  const watch = here.watch("a", (change) => heard.push(change.kind));
  await there.put("a", "1");
  watch.look(); // the last look was a moment ago
  assertEquals(heard, []);
  clock.advance(60_000);
  watch.look();
  assertEquals(heard, ["put"]);
  await there.delete("a");
  clock.advance(60_000);
  watch[Symbol.dispose]();
  watch.look();
  assertEquals(heard, ["put"]);
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

Deno.test("a write whose watchers cannot be told has happened all the same, and they hear a reset", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/dari.db`;
  await using store = await openSqliteStore(path, { pollMs: 1 });
  const heard: string[] = [];
  let isHeard = () => {};
  using _watch = store.watch("", (change) => {
    heard.push(change.kind === "put" ? change.entry.key : change.kind);
    isHeard();
  });
  const other = new DatabaseSync(path);
  // node:sqlite refuses to read a number of this size.
  const set = (value: string) =>
    other.exec(`UPDATE counters SET value = ${value} WHERE name = 'forgotten'`);
  set("9223372036854775807");
  assertEquals(await store.put("a", "1"), 1);
  assertEquals(heard, ["reset"]);
  assertEquals(await store.put("b", "1"), 2);
  assertEquals((await store.list("")).length, 2);
  const { promise, resolve } = Promise.withResolvers<void>();
  isHeard = () => heard.includes("b") && resolve();
  set("0");
  other.close();
  // limits/store_test.ts holds that it is looked for within a second.
  // The polling timer does not keep a program alive, so the test has to.
  await deadline(promise, 5_000);
  assertEquals(heard, ["reset", "a", "b"]);
});

Deno.test("two processes on one store lose no increment", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/dari.db`;
  await (await openSqliteStore(path)).close();
  const store = new URL("../../lib/store/mod.ts", import.meta.url);
  const script = `import { openSqliteStore, VersionConflictError } from ${
    JSON.stringify(store.href)
  };
    await using store = await openSqliteStore(${JSON.stringify(path)});
    for (let i = 0; i < 300;) {
      const entry = await store.get("n");
      try {
        await store.put("n", String(Number(entry?.value ?? 0) + 1), {
          ifVersion: entry?.version ?? 0,
        });
        i++;
      } catch (error) {
        if (!(error instanceof VersionConflictError)) throw error;
      }
    }`;
  await Deno.writeTextFile(`${directory.path}/count.ts`, script);
  const run = () =>
    new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--no-check",
        "--config=deno.json",
        "--allow-all",
        `${directory.path}/count.ts`,
      ],
      stderr: "inherit",
    }).output();
  const ends = await Promise.all([run(), run()]);
  assertEquals(ends.map((end) => end.code), [0, 0]);
  await using result = await openSqliteStore(path);
  assertEquals((await result.get("n"))?.value, "600");
});

Deno.test("expired rows leave the file with a later write, and not with each one", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/dari.db`;
  const clock = new TestClock();
  await using store = await openSqliteStore(path, { clock });
  await store.put("first", "1");
  await store.put("expired", "1", { expiresAtMs: clock.now() + 1 });
  const rows = () => {
    using database = new DatabaseSync(path, { readOnly: true });
    return database.prepare("SELECT key FROM entries ORDER BY key").all().map(({ key }) => key);
  };
  clock.advance(limits.storeSweepMs - 1);
  await store.put("second", "1");
  assertEquals(rows(), ["expired", "first", "second"]);
  clock.advance(1);
  await store.put("third", "1");
  assertEquals(rows(), ["first", "second", "third"]);
});

Deno.test("transact() changes tables and entries together, and tells watchers of the entries", async () => {
  await using directory = await tempDirectory();
  await using store = await openSqliteStore(`${directory.path}/dari.db`);
  const told: string[] = [];
  using _watch = store.watch("app/", (change) => {
    if (change.kind === "put") told.push(change.entry.value);
  });
  await assertRejects(
    () =>
      store.transact((_sql, entries) => {
        entries.batch([{ kind: "put", key: "app/a", value: "1" }]);
        entries.batch([{ kind: "put", key: "app/a", value: "2", ifVersion: 0 }]);
      }),
    VersionConflictError,
  );
  assertEquals(await store.get("app/a"), null);
  const seen = await store.transact((sql, entries) => {
    entries.batch([{ kind: "put", key: "app/a", value: "1" }]);
    sql.run("UPDATE counters SET value = 7 WHERE name = 'message'");
    return entries.get("app/a")?.value;
  });
  assertEquals([seen, (await store.get("app/a"))?.value, told], ["1", "1", ["1"]]);
  const [row] = await store.query((sql) =>
    sql.all<{ value: number }>("SELECT value FROM counters WHERE name = 'message'")
  );
  assertEquals(row?.value, 7);
});
