import { assertEquals, assertThrows } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { openSqliteStore } from "../../../lib/store/mod.ts";
import { unsynced } from "../../../lib/store/tables/journal.ts";
import { PreparedSql } from "../../../lib/store/tables/sql.ts";
import { tempDirectory } from "../../support/temp.ts";

Deno.test("unsynced() leaves the connection waiting for the disk again, whatever happens", () => {
  const database = new DatabaseSync(":memory:");
  const sql = new PreparedSql(database);
  const level = () => database.prepare("PRAGMA synchronous").get()?.synchronous;
  const [normal, full] = [1, 2];
  assertEquals(unsynced(sql, level), normal);
  assertEquals(level(), full);
  assertThrows(() =>
    unsynced(sql, () => {
      throw new RangeError("no");
    }), RangeError);
  assertEquals(level(), full);
  database.close();
});

Deno.test("sync() resolves with what was written unsynced, again and again", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/dari.db`;
  await using store = await openSqliteStore(path);
  for (const id of ["a", "b"]) {
    await store.transact((sql) => sql.run("INSERT INTO audit_signers VALUES (?, '')", id), false);
    await store.sync();
  }
  await using other = await openSqliteStore(path);
  assertEquals((await other.query((sql) => sql.all("SELECT id FROM audit_signers"))).length, 2);
});
