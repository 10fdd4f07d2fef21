import { assert, assertEquals } from "@std/assert";
import { openAuditedStore } from "../../../lib/endpoint/audit/audited_store.ts";
import { readHead, readRecords } from "../../../lib/ops/audit/tables.ts";
import { carryAudit } from "../../../lib/ops/backup/carry_audit.ts";
import { dataWithBackups } from "../../support/backups.ts";
import { tempDirectory } from "../../support/temp.ts";

/** All records of a data directory, without what changes with time. */
async function kindsIn(data: string): Promise<string[]> {
  await using store = await openAuditedStore(data);
  const records = await store.query((sql) => readRecords(sql, 1, 10_000));
  return records.map(({ text }) => JSON.parse(text).kind);
}

/** Adds so many accounts, each of which makes a record. */
async function addAccounts(data: string, names: readonly string[]): Promise<void> {
  await using store = await openAuditedStore(data, { actor: () => "os:test" });
  for (const name of names) {
    await store.put(`account/${name}`, JSON.stringify({ name, roles: [] }));
  }
}

Deno.test("a restore keeps the audit of the old store, and is recorded in it", async () => {
  await using at = await dataWithBackups();
  await addAccounts(at.data, ["before"]);
  await at.backup();
  await addAccounts(at.data, Array.from({ length: 600 }, (_, i) => `later-${i}`));
  const before = await kindsIn(at.data);
  const { auditRecords } = await at.restore();
  assertEquals(auditRecords, 600);
  assertEquals(await kindsIn(at.data), [...before, "backup.restored"]);
  // The chain goes on from there.
  await addAccounts(at.data, ["last"]);
  assertEquals((await kindsIn(at.data)).slice(-1), ["account.added"]);
});

Deno.test("a restore without the old store has the audit of the backup, which says that it was made", async () => {
  await using at = await dataWithBackups();
  await at.backup();
  await addAccounts(at.data, ["later"]);
  await Deno.remove(at.data, { recursive: true });
  assertEquals((await at.restore()).auditRecords, 0);
  assertEquals((await kindsIn(at.data)).slice(-2), ["backup.began", "backup.restored"]);
});

Deno.test("carryAudit() takes nothing from the audit of another store, or from a shorter one", async () => {
  await using directory = await tempDirectory();
  for (const name of ["one", "two"]) await Deno.mkdir(`${directory.path}/${name}`, { mode: 0o700 });
  const [one, two] = ["one", "two"].map((name) => `${directory.path}/${name}`) as [string, string];
  await addAccounts(one, ["a"]);
  await addAccounts(two, ["a", "b"]);
  await using from = await openAuditedStore(two);
  await using to = await openAuditedStore(one);
  assertEquals(await carryAudit(from, to), 0);
  assertEquals(await carryAudit(to, from), 0);
  const heads = await Promise.all([from, to].map((store) => store.query(readHead)));
  assert(heads[0]?.log !== heads[1]?.log);
});
