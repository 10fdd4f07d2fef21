import { assertEquals, assertNotEquals } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { digestsIn, digestsOf, policyChange } from "../../../lib/endpoint/audit/policy_change.ts";

Deno.test("digests do not depend on the order of members, and each part has its own", () => {
  const one = digestsOf({ roles: { user: ["a"], clerk: ["b"] }, public: ["c"] });
  const other = digestsOf({ public: ["c"], roles: { clerk: ["b"], user: ["a"] } });
  assertEquals(one.digest, other.digest);
  assertEquals([...one.parts!].toSorted(), [...other.parts!].toSorted());
  assertEquals([...one.parts!.keys()], ["role:user", "role:clerk", "public"]);
  assertNotEquals(one.digest, digestsOf({ roles: { user: ["a"], clerk: ["c"] } }).digest);
});

Deno.test("a record has what the next policy is compared with, as long as it has a place there", () => {
  const roles = (count: number) => ({
    roles: Object.fromEntries(Array.from({ length: count }, (_, at) => [`r${at}`, ["a"]])),
  });
  const policy = digestsOf(roles(limits.maxAuditListItems));
  assertEquals(digestsIn(policyChange(digestsOf({}), policy)), policy);
  for (const more of [roles(limits.maxAuditListItems + 1), { roles: { "a=b": ["a"] } }]) {
    const { digest, parts } = digestsIn(policyChange(digestsOf({}), digestsOf(more)));
    assertEquals([digest, parts], [digestsOf(more).digest, undefined]);
  }
  assertEquals(digestsIn(undefined).parts, undefined);
});
