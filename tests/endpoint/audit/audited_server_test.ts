import { assertEquals } from "@std/assert";
import type { Policy } from "../../../lib/auth/policy/policy.ts";
import { auditedPolicy } from "../../../lib/endpoint/audit/audited_server.ts";
import { auditedStore } from "../../support/audit.ts";

Deno.test("a policy that is taken up is one record, with the names of what changed", async () => {
  await using kept = await auditedStore({ actor: () => "server" });
  const used: Policy[] = [];
  const use = auditedPolicy(kept.audit, (policy) => void used.push(policy));
  const first: Policy = { roles: { user: ["a"], clerk: ["b"] } };
  const second: Policy = { roles: { user: ["a"], clerk: ["b", "c"], boss: ["*"] }, limits: {} };
  use(second, first);
  use(first, second);
  use(first, { roles: { clerk: ["b"], user: ["a"] } }); // nothing but the order
  assertEquals(used, [second, first, first]);
  const records = await kept.records();
  assertEquals(records.map(({ kind, by, about }) => [kind, by, about]), [
    ["policy.changed", "server", "policy.json"],
    ["policy.changed", "server", "policy.json"],
    ["policy.changed", "server", "policy.json"],
  ]);
  assertEquals(records.map(({ data }) => data), [
    { roles: ["clerk", "boss"], members: ["limits"] },
    { roles: ["clerk", "boss"], members: ["limits"] },
    { roles: [], members: [] },
  ]);
});
