import { assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { findTarget, formatTarget, identityOf } from "../../../lib/ops/revoke/target.ts";
import { peer } from "../../support/identity.ts";
import { facts } from "../../support/ledgers.ts";
import { testRevocation } from "../../support/revocation.ts";

Deno.test("findTarget() finds an account, a key, a session, a certificate and a host by their names", async () => {
  await using test = await testRevocation();
  const { keys, sessions, accounts } = test.identity;
  const { key } = await keys.create({ account: "alice", name: "deploy" });
  const { session } = await sessions.create(await accounts.record("alice"), peer);
  await test.issue("4a0d", "worker-1");
  const find = async (who: string) => formatTarget(await findTarget(test.parts, who));
  assertEquals(await find("ALICE"), "user:alice");
  assertEquals(await find(key.id), `key:${key.id}`);
  assertEquals(await find(`apiKey:${key.id}`), `key:${key.id}`);
  assertEquals(await find(session.id), `session:${session.id}`);
  assertEquals(await find("4A:0D"), "serial:4a0d");
  assertEquals(await find("worker-1"), "host:worker-1");
  assertEquals(await find("certificate:worker-1"), "host:worker-1");
});

Deno.test("findTarget() refuses a name of several things, and says how to write each", async () => {
  await using test = await testRevocation();
  await test.issue("4a0d", "alice");
  const error = await assertRejects(() => findTarget(test.parts, "alice"), DariError);
  assertEquals(error.code, "usage");
  assertEquals(error.message, '"alice" is ambiguous; write user:alice or host:alice');
  assertEquals(formatTarget(await findTarget(test.parts, "host:alice")), "host:alice");
  // A certificate that stands for the account goes with it.
  await test.identity.certificates.map("alice", "alice");
  assertEquals(formatTarget(await findTarget(test.parts, "alice")), "user:alice");
});

Deno.test("findTarget() says what there is not", async () => {
  await using test = await testRevocation();
  for (
    const [who, message] of [
      ["bob", 'Nothing is called "bob": no account, API key, session, serial number or host'],
      ["user:bob", 'There is no account "bob"'],
      ["user:\u0000", 'There is no account "\u0000"'],
      ["key:bob", 'There is no API key "bob"'],
      ["session:bob", 'There is no session "bob", or it has ended'],
      ["serial:bob", 'The ledger has no certificate with serial "bob"'],
      ["host:bob", 'The ledger has no certificate with the name "bob"'],
    ] as const
  ) {
    const error = await assertRejects(() => findTarget(test.parts, who), DariError);
    assertEquals([error.code, error.message], ["not_found", message]);
  }
});

Deno.test("identityOf() gives the name by which a server knows a certificate", () => {
  const of = (names: string[], subject = "O=Example, CN=x\\, y") =>
    identityOf({ ...facts, serial: "1", atMs: 0, names, subject });
  assertEquals(of(["a.internal", "spiffe://example/a"]), "spiffe://example/a");
  assertEquals(of(["10.0.0.1", "::1", "a@b.example", "a.internal"]), "a.internal");
  assertEquals(of(["uri:urn:a"]), "urn:a");
  assertEquals(of(["10.0.0.1"]), "x, y");
  assertEquals(of([], "O=Example"), undefined);
});
