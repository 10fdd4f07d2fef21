import { assertEquals } from "@std/assert";
import { readAuditHeads, writeAuditHead } from "../../../lib/endpoint/audit/audit_heads.ts";
import { createMemoryStore } from "../../../lib/store/mod.ts";

Deno.test("how far audits have come is read as it was written, the newest of each", async () => {
  await using store = createMemoryStore();
  const head = { server: "box", log: "0a", size: 3, last: "x", atMs: 5 };
  await writeAuditHead(store, { ...head, size: 1 });
  await writeAuditHead(store, head);
  await writeAuditHead(store, { ...head, log: "0b" });
  assertEquals(await readAuditHeads(store), [head, { ...head, log: "0b" }]);
});
