import { assert, assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { AuditLog } from "../../../lib/ops/audit/audit_log.ts";
import { parseHash } from "../../../lib/ops/audit/record.ts";
import { readHead, readRecords } from "../../../lib/ops/audit/tables.ts";
import { Frontier, leafHash } from "../../../lib/ops/audit/tree.ts";
import { openSqliteStore } from "../../../lib/store/mod.ts";
import { auditedStore } from "../../support/audit.ts";

Deno.test("record() resolves once another connection reads the record", async () => {
  await using kept = await auditedStore();
  await kept.audit.record({ kind: "tap.began", by: "alice", about: "orders.*" });
  await using other = await openSqliteStore(`${kept.directory}/dari.db`);
  const rows = await other.query((sql) => readRecords(sql, 1));
  assertEquals(rows.map(({ id }) => id), [1, 2]);
  assert(rows[1]!.text.includes('"kind":"tap.began","by":"alice","about":"orders.*"'));
});

Deno.test("an event without an actor has the one of the moment in which it happened", async () => {
  let actor = "alice";
  await using kept = await auditedStore({ actor: () => actor });
  kept.audit.note({ kind: "a.b" });
  actor = "bob";
  assertEquals((await kept.records()).map(({ by }) => by), ["alice"]);
});

Deno.test("records that come together share one write, in their order", async () => {
  await using kept = await auditedStore();
  let writes = 0;
  const store = {
    sync: () => kept.store.sync(),
    transact: (work: Parameters<typeof kept.store.transact>[0]) => {
      writes++;
      return kept.store.transact(work);
    },
  };
  await using audit = new AuditLog(store as typeof kept.store, { actor: () => "x" });
  const count = limits.maxAuditGroupRecords;
  await Promise.all(
    Array.from({ length: count }, (_, at) => audit.record({ kind: "a.b", data: { at } })),
  );
  assertEquals(writes, 1);
  await Promise.all(
    Array.from({ length: count + 1 }, (_, at) => audit.record({ kind: "a.b", data: { at } })),
  );
  assertEquals(writes, 3);
  const order = (await kept.records()).map(({ data }) => data?.at);
  const half = Array.from({ length: count }, (_, at) => at);
  assertEquals(order, [...half, ...half, count]);
});

Deno.test("several writers of one file make one chain and one tree", async () => {
  await using kept = await auditedStore();
  await using second = await openSqliteStore(`${kept.directory}/dari.db`);
  await using other = new AuditLog(second, { actor: () => "other" });
  const all = Array.from(
    { length: 600 },
    (_, at) => (at % 2 ? kept.audit : other).record({ kind: "a.b", data: { at } }),
  );
  await Promise.all(all);
  const rows = await kept.store.query((sql) => readRecords(sql, 1, 1_000));
  const head = (await kept.store.query(readHead))!;
  const tree = new Frontier();
  let last: Uint8Array = new Uint8Array();
  for (const [at, { id, text }] of rows.entries()) {
    const record = JSON.parse(text);
    assertEquals([id, record.id], [at + 1, at + 1]);
    assertEquals(parseHash(record.prev) ?? new Uint8Array(), last);
    tree.add(last = leafHash(text));
  }
  assertEquals(rows.length, 601);
  assertEquals([head.size, head.last, head.frontier], [601, last, tree.bytes]);
});

Deno.test("a change whose record cannot be written does not happen", async () => {
  await using kept = await auditedStore({ maxBytes: 200 });
  const error = await assertRejects(
    () => kept.store.put("key/k1", JSON.stringify({ id: "k1", account: "alice", name: "n" })),
    DariError,
    "dari audit cut",
  );
  assertEquals(error.code, "resource_exhausted");
  assertEquals(await kept.store.get("key/k1"), null);
  assertEquals(await kept.store.put("use/k1", "{}") > 0, true); // what is not audited goes on
});

Deno.test("refusals leave room for sign-ins, and both for administrators", async () => {
  await using kept = await auditedStore({ maxBytes: 4_000 });
  const { audit } = kept;
  const room = async (kind: string) => {
    let count = 0;
    for (; count < 100; count++) {
      const left = await audit.record({ kind, by: "a" }).then(() => true, () => false);
      if (!left) break;
    }
    return count;
  };
  const [denied, signIns, acts] = [
    await room("call.denied"),
    await room("sign-in.accepted"),
    await room("tap.began"),
  ];
  assert(denied > 0 && denied < 12 && signIns > 0 && acts > 0, `${denied} ${signIns} ${acts}`);
});

Deno.test("what could not be written while the disk was full is written afterwards, and acts failed", async () => {
  await using kept = await auditedStore();
  const told: string[] = [];
  let isFull = true;
  const store = {
    sync: () => kept.store.sync(),
    transact: (work: Parameters<typeof kept.store.transact>[0]) =>
      isFull
        ? Promise.reject(new DariError("io", "database or disk is full"))
        : kept.store.transact(work),
  };
  const audit = new AuditLog(store as typeof kept.store, {
    actor: () => "x",
    tell: (line) => told.push(line),
  });
  audit.note({ kind: "call.denied", about: "first" });
  const act = audit.record({ kind: "tap.began" });
  const refusal = audit.offer({ kind: "call.denied", about: "second" });
  await assertRejects(() => act, DariError, "disk is full");
  await refusal; // it is answered all the same
  isFull = false;
  await audit[Symbol.asyncDispose]();
  const written = await kept.records();
  assertEquals(written.map(({ kind, about }) => [kind, about]), [
    ["call.denied", "first"],
    ["call.denied", "second"],
  ]);
  assertEquals(told, [
    "the audit cannot be written: database or disk is full",
    "the audit is written again",
  ]);
});

Deno.test("as many records wait as the limit says; what comes then is refused or counted", async () => {
  await using kept = await auditedStore();
  let isFull = true;
  const store = {
    sync: () => kept.store.sync(),
    transact: (work: Parameters<typeof kept.store.transact>[0]) =>
      isFull ? Promise.reject(new DariError("io", "full")) : kept.store.transact(work),
  };
  const audit = new AuditLog(store as typeof kept.store, { actor: () => "x" });
  const most = limits.maxAuditRecordsWaiting;
  for (let n = 0; n < most; n++) audit.note({ kind: "call.denied" });
  await assertRejects(() => audit.record({ kind: "tap.began" }), DariError, "Too many records");
  for (let n = 0; n < 3; n++) audit.note({ kind: "call.denied" });
  await audit.offer({ kind: "call.denied" });
  isFull = false;
  await audit.flush();
  await audit[Symbol.asyncDispose]();
  const records = await kept.records();
  assertEquals(records.length, most + 1);
  const missed = records.find(({ kind }) => kind === "audit.missed");
  assertEquals(missed?.data?.["call.denied"], 4);
});

Deno.test("count() records the first, and flush() what was counted", async () => {
  await using kept = await auditedStore();
  const event = { kind: "connection.refused", by: "stranger", peer: "192.0.2.1" };
  await kept.audit.count("a", event);
  for (let n = 0; n < 9; n++) assertEquals(kept.audit.count("a", event), undefined);
  const records = await kept.records();
  assertEquals(records.map(({ data }) => data?.count), [undefined, 9]);
});

Deno.test("records are neither changed nor removed by ordinary SQL", async () => {
  await using kept = await auditedStore();
  await kept.audit.record({ kind: "a.b" });
  for (
    const text of [
      "UPDATE audit_records SET text = '{}' WHERE id = 2",
      "DELETE FROM audit_records WHERE id = 2",
    ]
  ) {
    await assertRejects(() => kept.store.transact((sql) => sql.run(text)), DariError, "audit");
  }
  assertEquals((await kept.records()).length, 1);
});
