import { assertEquals } from "@std/assert";
import { ReplicaFile } from "../../../lib/store/replica/replica_file.ts";
import { putRow } from "../../../lib/store/replica/replica_snapshot.ts";
import { tempDirectory } from "../../support/temp.ts";

/** Tables that belong to one file alone, or to the audit of one server. */
const OWN = /^(audit_|log_|sqlite_|identity$|record_copies$)/;

Deno.test("a snapshot has every table that servers share, and rows that are put again are the same", async () => {
  await using directory = await tempDirectory();
  using one = await ReplicaFile.open(`${directory.path}/a.db`);
  one.write((sql) => {
    sql.run("INSERT INTO queues VALUES (NULL, 'emails', '{}', 0, 1, 0, 0, 0, 0, 5, 0, 0.25)");
    sql.run("INSERT INTO job_steps VALUES (7, 'charge', '\"다\"', NULL)");
    sql.run("UPDATE counters SET value = 12 WHERE name = 'message'");
  });
  using snapshot = one.snapshot();
  const { tables } = snapshot.schema();
  const all = one.sql.all<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'");
  const shared = all.map(({ name }) => name).filter((name) => !OWN.test(name));
  assertEquals(tables.map(({ name }) => name), shared.toSorted());

  using other = await ReplicaFile.open(`${directory.path}/b.db`);
  other.write((sql) => {
    for (const table of tables) {
      for (const row of snapshot.rows(table)) putRow(sql, table, row);
    }
  });
  using again = other.snapshot();
  for (const table of tables) {
    assertEquals([...again.rows(table)], [...snapshot.rows(table)], table.name);
  }
});
