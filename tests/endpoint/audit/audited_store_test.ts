import { assertEquals } from "@std/assert";
import { openAuditedStore } from "../../../lib/endpoint/audit/audited_store.ts";
import { dataLedger } from "../../../lib/endpoint/data_ledger.ts";
import { readRecords } from "../../../lib/ops/audit/tables.ts";
import { parseRecord } from "../../../lib/ops/audit/record.ts";
import { tempDirectory } from "../../support/temp.ts";

Deno.test("a ledger opened by a command records who issued, in the same file", async () => {
  await using directory = await tempDirectory();
  {
    await using ledger = dataLedger(directory.path);
    await ledger.recordIssued({
      ...{ serial: "1", authority: "aa", subject: "CN=api", names: ["api"], purposes: ["server"] },
      ...{ notBeforeMs: 0, notAfterMs: 60_000 },
    });
  }
  await using store = await openAuditedStore(directory.path, { actor: () => "os:other" });
  await store.put("key/k", JSON.stringify({ id: "k", account: "alice", name: "ci" }));
  const rows = await store.query((sql) => readRecords(sql, 1));
  const seen = rows.map(({ text }) => parseRecord(text)).map(({ kind, by }) => [
    kind,
    by === "os:other" ? "other" : by.slice(0, 3),
  ]);
  assertEquals(seen, [
    ["audit.began", "os:"],
    ["certificate.issued", "os:"],
    ["key.created", "other"],
  ]);
});
