import { assert, assertEquals } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { queryRecords } from "../../../lib/ops/audit/reading/query.ts";
import { parseHash } from "../../../lib/ops/audit/record.ts";
import { addRecords, readHead, readRecords } from "../../../lib/ops/audit/tables.ts";
import { encodeBase64Url } from "@std/encoding/base64url";
import { auditedStore } from "../../support/audit.ts";

/** The room that there is for a kind of record in an audit of some bytes, by what is let in. */
async function roomFor(kind: string, maxBytes: number): Promise<number> {
  await using kept = await auditedStore();
  return await kept.store.transact((sql) => {
    const writing = { nowMs: 0, by: "x", maxBytes };
    while (addRecords(sql, [{ kind }], writing)[0] === true);
    const { bytes } = readHead(sql)!;
    const [{ most } = { most: 0 }] = sql.all<{ most: number }>(
      "SELECT max(length(text)) AS most FROM audit_records",
    );
    // The bound lies between what is there and one record more.
    return bytes + most / 2;
  });
}

Deno.test("refusals, sign-ins and acts have the room that their shares say, and no record more", async () => {
  const maxBytes = 20_000;
  const free = maxBytes * (1 - limits.auditReserveShare);
  const near = (room: number, bound: number) => assert(Math.abs(room - bound) < 200, `${room}`);
  near(await roomFor("call.denied", maxBytes), free * limits.auditRefusalShare);
  near(await roomFor("sign-in.accepted", maxBytes), free);
  near(await roomFor("tap.began", maxBytes), maxBytes);
});

Deno.test("an audit of the default bytes keeps auditReserveBytes for administrators", async () => {
  await using kept = await auditedStore();
  const { maxAuditBytes, auditReserveBytes, auditRefusalShare } = limits;
  const add = (kind: string, bytes: number) =>
    kept.store.transact((sql) => {
      addRecords(sql, [{ kind: "tap.began" }], { nowMs: 0, by: "x" });
      sql.run("UPDATE audit_head SET bytes = ?", bytes);
      return addRecords(sql, [{ kind }], { nowMs: 0, by: "x" })[0];
    });
  const free = maxAuditBytes - auditReserveBytes;
  assertEquals(await add("call.denied", free * auditRefusalShare - 500), true);
  assertEquals(await add("call.denied", free * auditRefusalShare), false);
  assertEquals(await add("sign-in.accepted", free - 500), true);
  assertEquals(await add("sign-in.accepted", free), false);
  assertEquals(await add("tap.began", maxAuditBytes - 500), true);
  assertEquals(await add("tap.began", maxAuditBytes), false);
});

Deno.test("queryRecords() finds by kind, name, address and time, the newest auditShownRecords", async () => {
  await using kept = await auditedStore();
  const { audit, clock } = kept;
  await audit.record({ kind: "key.created", by: "alice", about: "k[1]", peer: "192.0.2.1:5" });
  clock.advance(60_000);
  const noon = clock.now();
  await audit.record({ kind: "key.revoked", by: "bob", about: "k[1]", peer: "192.0.2.2:5" });
  const find = (query: Parameters<typeof queryRecords>[1]) =>
    kept.store.query((sql) => queryRecords(sql, query).map(({ id }) => id));
  assertEquals(await find({ kind: "key.*" }), [2, 3]);
  assertEquals(await find({ kind: "key.c*" }), [2]);
  assertEquals(await find({ kind: "key.?reated" }), []);
  assertEquals(await find({ by: "bob" }), [3]);
  assertEquals(await find({ about: "k[1]" }), [2, 3]);
  assertEquals(await find({ peer: "192.0.2.2*" }), [3]);
  assertEquals(await find({ sinceMs: noon }), [3]);
  assertEquals(await find({ untilMs: noon, kind: "key.*" }), [2]);
  assertEquals(await find({ by: "alice", sinceMs: noon }), []);
  for (let n = 0; n < limits.auditShownRecords; n++) audit.note({ kind: "a.b" });
  await audit.flush();
  const shown = await find({});
  assertEquals([shown.length, shown[0]], [limits.auditShownRecords, 4]);
  assertEquals((await find({ limit: limits.auditShownRecords + 1 })).length, shown.length + 1);
});

Deno.test("readRecords() reads auditPageRecords at a time", async () => {
  await using kept = await auditedStore();
  const count = limits.auditPageRecords + 1;
  await kept.store.transact((sql) =>
    addRecords(sql, Array(count).fill({ kind: "a.b" }), { nowMs: 0, by: "x" })
  );
  const page = await kept.store.query((sql) => readRecords(sql, 1));
  assertEquals([page.length, page.at(-1)?.id], [limits.auditPageRecords, limits.auditPageRecords]);
});

Deno.test("a hash has auditHashBytes bytes", () => {
  const hash = new Uint8Array(limits.auditHashBytes);
  assertEquals(parseHash(encodeBase64Url(hash)), hash);
  assertEquals(parseHash(encodeBase64Url(hash.subarray(1))), undefined);
});
