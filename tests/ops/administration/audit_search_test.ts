import { assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { auditMethods } from "../../../lib/ops/administration/audit_method.ts";
import { type FoundRecord, searchAudit } from "../../../lib/ops/administration/audit_search.ts";
import { addRecords } from "../../../lib/ops/audit/tables.ts";
import type { Context } from "../../../lib/rpc/method/context.ts";
import type { PlainMethod } from "../../../lib/rpc/method/method.ts";
import { auditedStore } from "../../support/audit.ts";

/** A store with so many records about `Thing-0`, `Thing-1`, … behind the one by which it begins. */
async function testAudit(count: number) {
  const kept = await auditedStore();
  const events = Array.from({ length: count }, (_, n) => ({
    kind: "test.happened",
    by: n % 2 === 0 ? "alice" : "bob",
    about: `Thing-${n}`,
  }));
  await kept.store.transact((sql) => addRecords(sql, events, { nowMs: 0, by: "os:root" }));
  return kept;
}

const aboutOf = (record: FoundRecord) => "damaged" in record ? "damaged" : record.about;

Deno.test("searchAudit() gives the newest first, and goes on where a page ended", async () => {
  await using test = await testAudit(5);
  const search = (more: object) => test.store.query((sql) => searchAudit(sql, more));
  const first = await search({ limit: 2 });
  assertEquals(first.items.map(aboutOf), ["Thing-4", "Thing-3"]);
  const second = await search({ limit: 2, before: first.before! });
  assertEquals(second.items.map(aboutOf), ["Thing-2", "Thing-1"]);
  const last = await search({ limit: 5, before: second.before! });
  assertEquals([last.items.length, last.before], [2, undefined]);
  assertEquals(JSON.stringify(first).includes("prev"), false);
});

Deno.test("searchAudit() finds a text in any case, and nothing is a text as well", async () => {
  await using test = await testAudit(4);
  const found = async (find: string) =>
    (await test.store.query((sql) => searchAudit(sql, { find }))).items.map(aboutOf);
  assertEquals(await found("ALICE"), ["Thing-2", "Thing-0"]);
  assertEquals(await found("thing-3"), ["Thing-3"]);
  assertEquals((await found("")).length, 5);
  assertEquals(await found("%"), []);
});

Deno.test("searchAudit() gives a hundred at a time unless it is asked for more", async () => {
  await using test = await testAudit(limits.auditFoundRecords);
  const { items } = await test.store.query((sql) => searchAudit(sql, {}));
  assertEquals(items.length, limits.auditFoundRecords);
});

Deno.test("searchAudit() looks at so many records and no more, and goes on behind them", async () => {
  await using test = await testAudit(9);
  const search = (before?: number) =>
    test.store.query((sql) => searchAudit(sql, { find: "Thing-1", before }, 4));
  const [first, second] = [await search(), await search(7)];
  assertEquals([first.items, first.before], [[], 7]);
  assertEquals([second.items.map(aboutOf), second.before], [["Thing-1"], 3]);
  const third = await search(3);
  assertEquals([third.items.map(aboutOf), third.before], [[], undefined]);
  assertEquals(limits.auditSearchedRecords >= limits.maxListedRecords, true);
});

Deno.test("searchAudit() shows that a record cannot be read, and goes on", async () => {
  await using test = await testAudit(1);
  await test.store.transact((sql) => {
    sql.run("INSERT INTO audit_records (id, text) VALUES (3, ?)", '{"id":3}');
    sql.run("UPDATE audit_head SET size = 3");
  });
  const { items } = await test.store.query((sql) => searchAudit(sql, {}));
  assertEquals(items.map(aboutOf).slice(0, 2), ["damaged", "Thing-0"]);
});

Deno.test("rpc.audit refuses what it cannot look for", async () => {
  await using test = await testAudit(1);
  const { store } = test;
  const methods = auditMethods({ query: store.query.bind(store), now: () => 7 });
  const handler = (methods["rpc.audit"] as { handler: PlainMethod }).handler;
  const call = async (params?: unknown) => await handler(params, {} as Context);
  const { atMs, items } = await call() as { atMs: number; items: FoundRecord[] };
  assertEquals([atMs, items.length], [7, 2]);
  await call({ limit: limits.maxListedRecords });
  for (
    const params of [{ limit: 0 }, { limit: limits.maxListedRecords + 1 }, { before: "1" }, {
      x: 1,
    }]
  ) {
    const error = await assertRejects(() => call(params), DariError);
    assertEquals(error.code, "invalid_params");
  }
});
