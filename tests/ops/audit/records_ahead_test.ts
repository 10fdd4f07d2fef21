import { assertEquals } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import type { AuditEvent } from "../../../lib/ops/audit/audit.ts";
import { RecordsAhead } from "../../../lib/ops/audit/records_ahead.ts";
import { parseRecord } from "../../../lib/ops/audit/record.ts";
import { addRecords, readRecords } from "../../../lib/ops/audit/tables.ts";
import { type AuditedStore, auditedStore, judge } from "../../support/audit.ts";

const event = (about: string): AuditEvent => ({ kind: "call.denied", by: "alice", about });
const events = (count: number, name = "x") =>
  Array.from({ length: count }, (_, at) => event(`${name}${at}`));

function setUp(kept: AuditedStore, maxBytes?: number) {
  const ahead = new RecordsAhead();
  const writing = { nowMs: kept.clock.now(), by: "x", maxBytes };
  const write = (events: readonly AuditEvent[]) =>
    kept.store.transact((sql) => ahead.write(sql, events, writing));
  const other = (about: string) =>
    kept.store.transact((sql) => addRecords(sql, [event(about)], writing));
  /** The names, and for each record the second in which it was made. */
  const abouts = async () => {
    const rows = await kept.store.query((sql) => readRecords(sql, 2, 10_000));
    return rows.map(({ text }) => parseRecord(text)).map(({ about, at }) =>
      `${about} ${Date.parse(at) - writing.nowMs}`
    );
  };
  return { ahead, write, other, abouts, nowMs: writing.nowMs };
}

Deno.test("records that are made ahead are written as they were made, in one chain with the others", async () => {
  await using kept = await auditedStore();
  const { ahead, write, abouts, nowMs } = setUp(kept);
  const first = event("first");
  ahead.make(first, nowMs + 1); // it is not known yet where it belongs
  assertEquals(await write([first]), [true]);
  // More than a subtree whose root is stored, in several writes, and some that were not made.
  const all = events(600);
  for (let at = 0; at < all.length; at += 60) {
    const group = all.slice(at, at + 60);
    for (const each of group.slice(0, 50)) ahead.make(each, nowMs + 2);
    assertEquals(await write(group), group.map(() => true));
  }
  const { faults, size } = await judge(kept);
  assertEquals([faults, size], [[], 602]);
  const made = await abouts();
  assertEquals(made.slice(0, 3), ["first 0", "x0 2", "x1 2"]);
  assertEquals(made.filter((text) => text.endsWith(" 2")).length, 500);
});

Deno.test("who writes in between takes the place, and what was made for it is made anew", async () => {
  await using kept = await auditedStore();
  const { ahead, write, other, abouts, nowMs } = setUp(kept);
  await write([event("begin")]);
  const [one, two, three] = events(3) as [AuditEvent, AuditEvent, AuditEvent];
  for (const each of [one, two]) ahead.make(each, nowMs + 7);
  await other("between");
  ahead.make(three, nowMs + 7);
  assertEquals(await write([one, two]), [true, true]);
  assertEquals(await write([three]), [true]);
  const last = event("last");
  ahead.make(last, nowMs + 7); // from here on it is known again
  await write([last]);
  assertEquals(await abouts(), ["begin 0", "between 0", "x0 0", "x1 0", "x2 0", "last 7"]);
  assertEquals((await judge(kept)).faults, []);
});

Deno.test("an event that was not announced, and a write that failed, break no chain", async () => {
  await using kept = await auditedStore();
  const { ahead, write, abouts, nowMs } = setUp(kept);
  await write([event("begin")]);
  const [one, two, three] = events(3) as [AuditEvent, AuditEvent, AuditEvent];
  for (const each of [one, two, three]) ahead.make(each, nowMs + 7);
  await write([one, event("missed")]);
  const failing = kept.store.transact((sql) => {
    ahead.write(sql, [two], { nowMs, by: "x" });
    throw new RangeError("no room on the disk");
  });
  assertEquals(await failing.catch(({ name }) => name), "RangeError");
  ahead.forget();
  await write([two, three]);
  assertEquals(await abouts(), ["begin 0", "x0 7", "missed 0", "x1 0", "x2 0"]);
  assertEquals((await judge(kept)).faults, []);
});

Deno.test("at most maxAuditRecordsAhead are made, and all are written", async () => {
  await using kept = await auditedStore();
  const { ahead, write, abouts, nowMs } = setUp(kept);
  await write([event("begin")]);
  const all = events(limits.maxAuditRecordsAhead + 1);
  for (const each of all) ahead.make(each, nowMs + 7);
  await write(all);
  const made = await abouts();
  assertEquals(made.slice(-2), [
    `x${limits.maxAuditRecordsAhead - 1} 7`,
    `x${limits.maxAuditRecordsAhead} 0`,
  ]);
  assertEquals((await judge(kept)).faults, []);
});

Deno.test("what was made ahead has no room where others have taken it", async () => {
  await using kept = await auditedStore();
  const { ahead, write, other } = setUp(kept, 2_000);
  await write([event("begin")]);
  let written = 0;
  for (const each of events(20)) {
    ahead.make(each, 0);
    await other("between").catch(() => {});
    const [isWritten] = await write([each]);
    if (isWritten === true) written++;
  }
  assertEquals(written > 0 && written < 5, true, `${written}`);
  assertEquals((await judge(kept)).faults, []);
});
