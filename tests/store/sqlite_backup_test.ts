import { assert, assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../lib/base/errors.ts";
import { limits } from "../../lib/base/limits.ts";
import { openSqliteStore } from "../../lib/store/mod.ts";
import { migrations } from "../../lib/store/migrations.ts";
import { readRecord } from "../../lib/store/record/read_record.ts";
import {
  factsOf,
  holdStore,
  recordCopyIn,
  reviveStore,
  snapshotStore,
} from "../../lib/store/sqlite_backup.ts";
import { tempDirectory } from "../support/temp.ts";

const KEPT = { survivesRestore: true };

async function place() {
  const directory = await tempDirectory();
  const path = `${directory.path}/dari.db`;
  let count = 0;
  return {
    path,
    directory: directory.path,
    /** Takes a snapshot, with the copy of the record in a directory of its own. */
    async snapshot(name = `backups-${count}`) {
      const recordIn = `${directory.path}/${name}`;
      await Deno.mkdir(recordIn, { recursive: true });
      const to = `${recordIn}/copy-${count++}.db`;
      return { to, ...await snapshotStore(path, { to, recordIn }) };
    },
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}

const keysOf = async (record: string, identity: { id: string; recordKey: string }) =>
  (await readRecord(record, identity)).commits.flatMap(({ changes }) =>
    changes.map(({ key }) => key)
  );

Deno.test("snapshotStore() copies one moment of a store that is written to", async () => {
  await using at = await place();
  await using store = await openSqliteStore(at.path);
  await store.put("a", "1");
  const { to, identity, revision, schema } = await at.snapshot();
  await store.put("a", "2");
  assertEquals([revision, schema, identity.id.length], [1, migrations.length, 32]);
  assertEquals((await Deno.stat(to)).mode! & 0o777, 0o600);
  await using copy = await openSqliteStore(to);
  assertEquals((await copy.get("a"))?.value, "1");
});

Deno.test("snapshotStore() begins a copy of the record that later changes reach as well", async () => {
  await using at = await place();
  await using store = await openSqliteStore(at.path);
  await store.put("a", "1", KEPT);
  const first = await at.snapshot("same");
  await store.put("b", "1", KEPT);
  const second = await at.snapshot("same");
  await store.put("c", "1", KEPT);
  assertEquals(first.record, second.record);
  assertEquals(first.record, recordCopyIn(`${at.directory}/same`, first.identity.id));
  assertEquals(
    first.record.match(/dari-([0-9a-f]+)\.record$/)?.[1]?.length,
    limits.recordNameDigits,
  );
  assertEquals(await keysOf(first.record, first.identity), ["a", "b", "c"]);
});

Deno.test("a copy that could not be reached gets what it lacks, and another file is left alone", async () => {
  await using at = await place();
  await using store = await openSqliteStore(at.path);
  const { record, identity } = await at.snapshot("disk");
  await Deno.rename(`${at.directory}/disk`, `${at.directory}/away`);
  await store.put("a", "1", KEPT);
  await Deno.rename(`${at.directory}/away`, `${at.directory}/disk`);
  assertEquals(await keysOf(record, identity), []);
  await store.put("b", "1", KEPT);
  assertEquals(await keysOf(record, identity), ["a", "b"]);
  assert((await readRecord(record, identity)).isOriginal);
  const copied = `${record}.copied`;
  await Deno.copyFile(record, copied);
  assert(!(await readRecord(copied, identity)).isOriginal);
  await Deno.rename(copied, record);
  await store.put("c", "1", KEPT);
  assertEquals(await keysOf(record, identity), ["a", "b"]);
});

Deno.test("limits.maxRecordCopies copies are kept up to date, and one more takes the place of one", async () => {
  await using at = await place();
  await using store = await openSqliteStore(at.path);
  const made = [];
  for (let i = 0; i <= limits.maxRecordCopies; i++) made.push(await at.snapshot());
  await store.put("a", "1", KEPT);
  const reached = await Promise.all(made.map(({ record, identity }) => keysOf(record, identity)));
  assertEquals(reached.filter((keys) => keys.length === 1).length, limits.maxRecordCopies);
  assertEquals(reached.at(-1), ["a"]);
});

Deno.test("reviveStore() uses no version twice, and makes another store where it is asked to", async () => {
  await using at = await place();
  {
    await using store = await openSqliteStore(at.path);
    await store.put("a", "1", KEPT);
  }
  const { to, identity } = await at.snapshot();
  await reviveStore(to, { afterVersion: 41, isAnother: false });
  assertEquals((await factsOf(to)).identity, identity);
  {
    await using revived = await openSqliteStore(to);
    assertEquals(await revived.put("b", "1"), 42);
  }
  await Deno.remove(`${to}-record`);
  await reviveStore(to, { afterVersion: 7, isAnother: true });
  const facts = await factsOf(to);
  assert(facts.identity.id !== identity.id && facts.identity.recordKey !== identity.recordKey);
  assertEquals(facts.revision, 42);
});

Deno.test("holdStore() keeps others from writing, and holds nothing where there is no store", async () => {
  await using at = await place();
  (await holdStore(at.path))[Symbol.dispose]();
  await using store = await openSqliteStore(at.path, { busyTimeoutMs: 1 });
  {
    using _held = await holdStore(at.path);
    const error = await assertRejects(() => store.put("a", "1"), DariError);
    assertEquals(error.code, "unavailable");
  }
  await store.put("a", "1");
});
