import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { openSqliteStore, VersionConflictError } from "../../../lib/store/mod.ts";
import { PreparedSql } from "../../../lib/store/tables/sql.ts";
import { tempDirectory } from "../../support/temp.ts";

Deno.test("PreparedSql reads and changes rows, and prepares each text once", () => {
  const database = new DatabaseSync(":memory:");
  let prepared = 0;
  const sql = new PreparedSql({
    prepare(text: string) {
      prepared++;
      return database.prepare(text);
    },
  } as DatabaseSync);
  sql.run("CREATE TABLE t (a TEXT)");
  for (const value of ["x", "y"]) sql.run("INSERT INTO t VALUES (?)", value);
  assertEquals(sql.all<{ a: string }>("SELECT a FROM t").map(({ a }) => a), ["x", "y"]);
  assertEquals(prepared, 3);
  assertThrows(() => sql.run("INSERT INTO none VALUES (1)"));
  database.close();
});

Deno.test("transact() changes tables beside the entries, or nothing of them", async () => {
  await using directory = await tempDirectory();
  await using store = await openSqliteStore(`${directory.path}/dari.db`);
  const read = () => store.query((sql) => sql.all("SELECT pem FROM audit_signers").length);
  const text = "INSERT INTO audit_signers VALUES (?, ?)";
  assertEquals(await store.transact((sql) => (sql.run(text, "a", "b"), "done")), "done");
  await assertRejects(() =>
    store.transact((sql) => {
      sql.run(text, "c", "d");
      throw new RangeError("taken back");
    }), RangeError);
  assertEquals(await read(), 1);
});

Deno.test("transact() sees entries as they expire by another time, and sweeps by it", async () => {
  await using directory = await tempDirectory();
  await using store = await openSqliteStore(`${directory.path}/dari.db`);
  const [now, later] = [Date.now(), Date.now() + 60_000];
  await store.put("short", "1", { expiresAtMs: later });
  const rows = () => store.query((sql) => sql.all("SELECT * FROM entries").length);
  const stored = await store.transact((_sql, entries) => {
    const then = entries.at(later);
    then.batch([{ kind: "put", key: "long", value: "1", ifVersion: 0 }]);
    then.batch([{ kind: "delete", key: "short" }]); // there is none by then
    const seen = [entries.get("short"), then.get("short")].map((entry) => entry?.value);
    return { seen, version: entries.version };
  });
  assertEquals(stored.seen, ["1", undefined]);
  assertEquals((await store.get("long"))?.version, stored.version);
  await store.transact((_sql, entries) => entries.at(now).sweep());
  assertEquals(await rows(), 2);
  await store.transact((_sql, entries) => entries.at(later).sweep());
  assertEquals(await rows(), 1);
});

Deno.test("alongside writes with each batch: both are kept, or neither", async () => {
  await using directory = await tempDirectory();
  let isRefused = false;
  const seen: unknown[] = [];
  await using store = await openSqliteStore(`${directory.path}/dari.db`, {
    alongside(sql, { operations, before }) {
      seen.push(operations.map(({ key }) => [key, before(key)?.value]));
      sql.run("INSERT INTO audit_signers VALUES (?, ?)", `${seen.length}`, "");
      if (isRefused) throw new RangeError("no room");
    },
  });
  const rows = () => store.query((sql) => sql.all("SELECT id FROM audit_signers").length);
  await store.put("a", "1");
  await store.batch([{ kind: "put", key: "a", value: "2" }, { kind: "delete", key: "b" }]);
  assertEquals(seen, [[["a", undefined]], [["a", "1"], ["b", undefined]]]);
  await assertRejects(() => store.put("a", "3", { ifVersion: 77 }), VersionConflictError);
  isRefused = true;
  await assertRejects(() => store.put("a", "4"), RangeError);
  assertEquals([(await store.get("a"))?.value, await rows()], ["2", 2]);
});
