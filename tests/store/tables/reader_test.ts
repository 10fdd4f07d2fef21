import { assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { openSqliteStore } from "../../../lib/store/mod.ts";
import { openTables } from "../../../lib/store/tables/reader.ts";
import { runAmongMounts } from "../../support/own_mounts.ts";
import { tempDirectory } from "../../support/temp.ts";

const COUNT = "SELECT count(*) AS count FROM audit_signers";

Deno.test("openTables() reads what another connection has written, and writes nothing", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/dari.db`;
  await using store = await openSqliteStore(path);
  using reader = await openTables(path, "audit_signers");
  const count = () => reader.query((sql) => sql.all<{ count: number }>(COUNT)[0]!.count);
  assertEquals(await count(), 0);
  await store.transact((sql) => sql.run("INSERT INTO audit_signers VALUES ('a', 'b')"));
  assertEquals(await count(), 1);
  await assertRejects(
    () => reader.query((sql) => sql.run("DELETE FROM audit_signers")),
    DariError,
    "cannot be read",
  );
});

Deno.test("a reader leaves no log behind, and keeps one that was there or that others use", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/dari.db`;
  const hasLog = () => Deno.stat(`${path}-wal`).then(() => true, () => false);
  {
    await using _store = await openSqliteStore(path);
  }
  assertEquals(await hasLog(), false);
  {
    using reader = await openTables(path, "audit_signers");
    await reader.query((sql) => sql.all(COUNT));
    assertEquals(await hasLog(), true);
  }
  assertEquals(await hasLog(), false);
  await assertRejects(() => openTables(path, "none"), DariError, "no none");
  assertEquals(await hasLog(), false);
  const reader = await openTables(path, "audit_signers");
  await using store = await openSqliteStore(path); // somebody who begins to write meanwhile
  await store.put("a", "1");
  reader[Symbol.dispose]();
  assertEquals(await hasLog(), true);
  assertEquals((await store.get("a"))?.value, "1");
});

Deno.test("openTables() says what is missing, and what is damaged", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/dari.db`;
  const codeOf = async (table: string) =>
    (await assertRejects(() => openTables(path, table), DariError)).code;
  assertEquals(await codeOf("audit_signers"), "not_found");
  assertEquals(await Array.fromAsync(Deno.readDir(directory.path)), []);
  {
    await using _store = await openSqliteStore(path);
  }
  assertEquals(await codeOf("none"), "not_found");
  await Deno.writeTextFile(
    path,
    "this is no database, but long enough to look like one ".repeat(9),
  );
  assertEquals(await codeOf("audit_signers"), "data");
});

Deno.test({
  name:
    "openTables() reads what is on a disk that cannot be written, its log too, and leaves no copy",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using directory = await tempDirectory();
    const [closed, killed, temporary] = ["closed", "killed", "temporary"].map((name) =>
      `${directory.path}/${name}`
    ) as [string, string, string];
    for (const path of [closed, killed, temporary]) await Deno.mkdir(path, { mode: 0o700 });
    {
      await using store = await openSqliteStore(`${closed}/dari.db`);
      await store.transact((sql) => sql.run("INSERT INTO audit_signers VALUES ('a', 'b')"));
      for (const name of ["dari.db", "dari.db-wal"]) { // as `kill -9` leaves them
        await Deno.copyFile(`${closed}/${name}`, `${killed}/${name}`);
      }
    }
    for (const path of [closed, killed]) {
      const ran = await runAmongMounts(
        'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1"',
        path,
        {
          args: ["tests/support/read_only_disk.ts", path],
          permissions: ["--allow-read", "--allow-write", "--allow-env=TMPDIR"],
        },
        { TMPDIR: temporary },
      );
      if (ran === undefined) return;
      assertEquals(ran.found, { signers: 1, temporary: [] }, ran.said);
    }
  },
});
