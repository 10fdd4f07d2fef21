import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { ReplicaFile } from "../../../lib/store/replica/replica_file.ts";
import { VersionConflictError } from "../../../lib/store/store.ts";
import { tempDirectory } from "../../support/temp.ts";

const namesIn = ({ sql }: ReplicaFile) =>
  sql.all<{ name: string }>("SELECT name FROM topic_names ORDER BY name").map(({ name }) => name);

const add = (file: ReplicaFile, name: string) =>
  file.write((sql) => sql.run("INSERT INTO topic_names VALUES (1, ?, 1)", name));

Deno.test("a file has what was written, and only its owner reads it", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/a.db`;
  {
    using file = await ReplicaFile.open(path);
    add(file, "a");
    for (const suffix of ["", "-wal", "-shm"]) {
      assertEquals((await Deno.stat(path + suffix)).mode! & 0o777, 0o600, suffix);
    }
  }
  using again = await ReplicaFile.open(path);
  assertEquals(namesIn(again), ["a"]);
  await Deno.chmod(path, 0o644);
  const error = await assertRejects(() => ReplicaFile.open(path), DariError, "chmod 600");
  assertEquals(error.code, "configuration");
});

Deno.test("a transaction that fails leaves nothing, also of the entries", async () => {
  await using directory = await tempDirectory();
  using file = await ReplicaFile.open(`${directory.path}/a.db`);
  const put = (ifVersion?: number) =>
    file.transact((sql, entries) => {
      sql.run("INSERT OR REPLACE INTO topic_names VALUES (1, 'a', 1)");
      const condition = ifVersion === undefined ? {} : { ifVersion };
      entries.batch([{ kind: "put", key: "k", value: "v", ...condition }]);
      return entries.get("k")?.version === entries.version;
    }, 1_000);
  assertThrows(() => put(7), VersionConflictError);
  assertEquals(namesIn(file), []);
  const { result, changes } = put(0);
  assertEquals([result, changes.map(({ kind }) => kind)], [true, ["put"]]);
  assertEquals([file.get("k", 1_000)?.value, file.list("", 1_000).length], ["v", 1]);
  const gone = file.transact((_, entries) => entries.batch([{ kind: "delete", key: "k" }]), 1_000);
  assertEquals(gone.changes, [{ kind: "delete", key: "k" }]);
  assertEquals(namesIn(file), ["a"]);
  const error = assertThrows(() => file.write((sql) => sql.run("DELETE FROM nowhere")), DariError);
  assertEquals(error.code, "io");
});

Deno.test("a file that is damaged, or another program's, is made again", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/a.db`;
  await Deno.writeTextFile(path, "no database".repeat(1_000), { mode: 0o600 });
  {
    using file = await ReplicaFile.open(path);
    add(file, "a");
    file.write((sql) => sql.run("PRAGMA user_version = 1"));
  }
  using again = await ReplicaFile.open(path);
  assertEquals(namesIn(again), []);
});

Deno.test("a snapshot stays as it is while others write", async () => {
  await using directory = await tempDirectory();
  using file = await ReplicaFile.open(`${directory.path}/a.db`);
  add(file, "a");
  using snapshot = file.snapshot();
  const table = snapshot.schema().tables.find(({ name }) => name === "topic_names")!;
  add(file, "b");
  assertEquals([...snapshot.rows(table)], [[1, "a", 1]]);
  assertEquals(namesIn(file), ["a", "b"]);
});

Deno.test("renew() begins with empty tables, and a closed file says so", async () => {
  await using directory = await tempDirectory();
  const file = await ReplicaFile.open(`${directory.path}/a.db`);
  add(file, "a");
  await file.renew();
  assertEquals(namesIn(file), []);
  file[Symbol.dispose]();
  file[Symbol.dispose]();
  assertEquals(assertThrows(() => file.sql, DariError).code, "unavailable");
});
