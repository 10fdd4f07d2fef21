import { assertEquals, assertStringIncludes } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { isOfStatement, storeError } from "../../../lib/store/tables/sqlite_errors.ts";
import { runAmongMounts } from "../../support/own_mounts.ts";
import { tempDirectory } from "../../support/temp.ts";

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

Deno.test("storeError() says why a store cannot be written, which SQLite does not", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/dari.db`;
  const missing = thrownBy(() => new DatabaseSync(`${path}/dari.db`)); // SQLite: cannot open
  const reasonOf = (cause: unknown) => storeError(cause, path).message;
  assertStringIncludes(reasonOf(missing), "no such file");
  await Deno.writeTextFile(path, "");
  assertStringIncludes(reasonOf(missing), "it is not damaged: make its directory writable");
  const database = new DatabaseSync(path, { readOnly: true });
  const readOnly = thrownBy(() => database.exec("CREATE TABLE more (a)"));
  database.close();
  assertStringIncludes(reasonOf(readOnly), "make its directory writable");
  assertEquals(storeError(readOnly, path).code, "io");
});

Deno.test({
  name: "a store on a full disk says so, leaves nothing, and can be read",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using directory = await tempDirectory();
    const [disk, temporary] = [`${directory.path}/disk`, `${directory.path}/temporary`];
    for (const path of [disk, temporary]) await Deno.mkdir(path, { mode: 0o700 });
    const ran = await runAmongMounts('mount -t tmpfs -o size=1m,mode=700 tmpfs "$1"', disk, {
      args: ["tests/support/store_on_full_disk.ts", disk],
      permissions: ["--allow-read", "--allow-write", "--allow-env=TMPDIR"],
    }, { TMPDIR: temporary });
    if (ran === undefined) return;
    assertEquals(ran.found, {
      message: 'Cannot use store "DIR/dari.db": No space left on device (os error 28)',
      told: "resource_exhausted",
      signers: 1,
      temporary: [],
    }, ran.said);
  },
});
