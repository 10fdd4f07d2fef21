import { assert, assertEquals } from "@std/assert";
import type { Policy } from "../../../lib/auth/policy/policy.ts";
import { auditedPolicy, notePolicy } from "../../../lib/endpoint/audit/audited_server.ts";
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
  const digests = records.map(({ data }) => data?.digest as string);
  const names = { roles: ["clerk", "boss"], members: ["limits"] };
  assertEquals(records.map(({ data: { parts: _, ...data } = {} }) => data), [
    { ...names, added: ["boss"], removed: [], digest: digests[0]! },
    { ...names, added: [], removed: ["boss"], digest: digests[1]! },
    { roles: [], added: [], removed: [], members: [], digest: digests[1]! },
  ]);
  assert(digests[0] !== digests[1]);
});

Deno.test("a policy that was edited while no server ran is recorded at the next start, once", async () => {
  await using kept = await auditedStore({ actor: () => "server" });
  const parts = { tables: kept.store, audit: kept.audit };
  const changes = async () =>
    (await kept.records()).map(({ by, data }) => [by, data?.during ?? data?.roles]);
  await notePolicy(parts, {}); // no file, as before
  assertEquals(await changes(), []);
  await notePolicy(parts, { roles: { user: ["a"], clerk: ["b"] } });
  const offline = ["unknown", "no server ran"];
  assertEquals(await changes(), [offline]);
  await notePolicy(parts, { roles: { clerk: ["b"], user: ["a"] } });
  assertEquals(await changes(), [offline]);
  // One that a server took up while it ran is known.
  auditedPolicy(kept.audit, () => {})({ roles: { user: ["*"] } }, {});
  await kept.audit.flush();
  await notePolicy(parts, { roles: { user: ["*"] } });
  assertEquals((await changes()).length, 2);
  await notePolicy(parts, {});
  assertEquals((await changes()).at(-1), offline);
});

Deno.test("a policy that was edited while no server ran is recorded with the names of what changed", async () => {
  await using kept = await auditedStore({ actor: () => "server" });
  const edit = async (policy: Policy) => {
    await notePolicy({ tables: kept.store, audit: kept.audit }, policy);
    const { roles, added, removed, members, during } = (await kept.records()).at(-1)!.data!;
    assertEquals(during, "no server ran");
    return { roles, added, removed, members };
  };
  const first = { user: ["a"], clerk: ["b"] };
  assertEquals(await edit({ roles: first }), {
    ...{ roles: ["user", "clerk"], added: ["user", "clerk"], removed: [], members: [] },
  });
  assertEquals(await edit({ roles: { user: ["a", "c"], boss: ["*"] }, public: ["health"] }), {
    ...{ roles: ["user", "clerk", "boss"], added: ["boss"], removed: ["clerk"] },
    members: ["public"],
  });
  // So many parts have no place in a record: the next one says that something changed, and no names.
  const many = Array.from({ length: 65 }, (_, at) => [`role-${at}`, ["a"]]);
  await edit({ roles: Object.fromEntries(many) });
  const unknown = { roles: undefined, added: undefined, removed: undefined, members: undefined };
  assertEquals(await edit({ roles: first }), unknown);
  assertEquals(await edit({ roles: { user: ["a"] } }), {
    ...{ roles: ["clerk"], added: [], removed: ["clerk"], members: [] },
  });
});
