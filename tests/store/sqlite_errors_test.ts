import { assertEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { isOfStatement } from "../../lib/store/sqlite_errors.ts";

/** What something throws. */
function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

Deno.test("isOfStatement() tells what was given from what a file or a machine is to blame for", () => {
  const database = new DatabaseSync(":memory:");
  database.exec("CREATE TABLE t (a INTEGER PRIMARY KEY) STRICT; INSERT INTO t VALUES (1)");
  const run = (value: number | string) => database.prepare("INSERT INTO t VALUES (?)").run(value);
  const ofStatements = [
    thrownBy(() => run(1)), // there is one
    thrownBy(() => run("x")), // the type is another one
    new TypeError("a mistake"),
    new RangeError("a key that cannot be one"),
  ];
  assertEquals(ofStatements.map(isOfStatement), [true, true, true, true]);
  database.exec("PRAGMA max_page_count = 1");
  const full = thrownBy(() => database.exec("CREATE TABLE more (a)"));
  database.close();
  const ofFiles = [full, thrownBy(() => run(2)), new Error("disk"), { errcode: 5 }, {
    errcode: 10,
  }];
  assertEquals(ofFiles.map(isOfStatement), [false, false, false, false, false]);
});
