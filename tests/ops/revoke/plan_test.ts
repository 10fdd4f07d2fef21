import { assertEquals } from "@std/assert";
import { planRevocation } from "../../../lib/ops/revoke/plan.ts";
import { findTarget } from "../../../lib/ops/revoke/target.ts";
import { peer } from "../../support/identity.ts";
import { testRevocation } from "../../support/revocation.ts";

Deno.test("planRevocation() lists all that an account has and that still works, and nothing else", async () => {
  await using test = await testRevocation();
  const { keys, sessions, accounts, certificates, invitations } = test.identity;
  const { session } = await sessions.create(await accounts.record("alice"), peer);
  const { key } = await keys.create({ account: "alice", name: "deploy" });
  const { key: ended } = await keys.create({ account: "alice", name: "old" });
  await keys.revoke(ended.id);
  await keys.create({ account: "alice", name: "short", expiresAtMs: test.clock.now() + 1 });
  await accounts.add({ name: "bob" });
  await keys.create({ account: "bob", name: "his" });
  await certificates.map("alice", "worker-1");
  await test.issue("4a0d", "worker-1");
  await test.issue("4a0e", "worker-2");
  await test.issue("4a0f", "worker-1", { notAfterMs: test.clock.now() });
  await test.issue("4a10", "worker-1", { purposes: ["server"] });
  await invitations.create({ name: "alice" });
  await invitations.create({ name: "bob" });
  test.clock.advance(1);
  const plan = await planRevocation(test.parts, await findTarget(test.parts, "alice"));
  assertEquals(plan.target, "user:alice");
  assertEquals(
    plan.holdings.map(({ kind, id }) => kind === "invitation" ? kind : `${kind} ${id}`),
    [
      "account alice",
      `session ${session.id}`,
      `key ${key.id}`,
      "certificate 4a0d",
      "invitation",
    ],
  );
  assertEquals(plan.holdings[0], { kind: "account", id: "alice", signsInBy: ["password"] });
  assertEquals(plan.connections, undefined); // nobody could be asked
  assertEquals(plan.owner, { names: ["alice"], serials: ["4a0d"] });
});

Deno.test("planRevocation() takes the certificates of the same key, and those of a host", async () => {
  await using test = await testRevocation();
  const key = "ab".repeat(20);
  await test.issue("4a0d", "worker-1", { key });
  await test.issue("4a0e", "worker-1", { key, replaces: "4a0d" });
  await test.issue("4a0f", "worker-1");
  await test.issue("aa", "ca", { purposes: ["authority"], names: ["worker-1"] });
  await test.identity.invitations.create({ name: "worker-1", purposes: ["client"] });
  const of = async (who: string) =>
    (await planRevocation(test.parts, await findTarget(test.parts, who))).holdings
      .map(({ kind, id }) => kind === "certificate" ? id : kind);
  assertEquals(await of("serial:4a0d"), ["4a0d", "4a0e"]);
  assertEquals(await of("host:worker-1"), ["4a0d", "4a0e", "4a0f", "invitation"]);
  assertEquals(await of("serial:aa"), []); // an authority's own is replaced
});

Deno.test("planRevocation() asks for the connections of just the credential", async () => {
  await using test = await testRevocation();
  const { keys, sessions, accounts } = test.identity;
  const { key } = await keys.create({ account: "alice", name: "deploy" });
  const { session } = await sessions.create(await accounts.record("alice"), peer);
  for (const who of [key.id, session.id]) {
    const { holdings } = await planRevocation(test.parts, await findTarget(test.parts, who));
    assertEquals(holdings.map(({ id }) => id), [who]);
  }
  assertEquals(test.asked, [
    { credentials: [`apiKey:${key.id}`] },
    { credentials: [`session:${session.id}`] },
  ]);
});
