import { noAudit } from "../../../lib/ops/audit/audit.ts";
import { assertEquals } from "@std/assert";

Deno.test("noAudit takes every event and keeps none", async () => {
  assertEquals(await noAudit.record({ kind: "tap.began", by: "alice" }), undefined);
  assertEquals(noAudit.note({ kind: "call.denied" }), undefined);
});
