import { assert, assertEquals } from "@std/assert";
import { openIdentity } from "../../../lib/auth/mod.ts";
import { generateKeyPair, openStoreLedger } from "../../../lib/cert/mod.ts";
import { encodePem } from "../../../lib/cert/der/pem.ts";
import { assertRejects } from "@std/assert";
import { auditedStore } from "../../support/audit.ts";
import { AuthenticatorApp } from "../../support/factors.ts";
import { limits } from "../../../lib/base/limits.ts";

const passwords = { iterations: 1_000 };

Deno.test("every change of an account is recorded with its name, and none with a secret", async () => {
  await using kept = await auditedStore();
  const { store, clock } = kept;
  using identity = await openIdentity(store, { passwords, clock });
  const { accounts, certificates, publicKeys } = identity;
  await accounts.add({ name: "Ålice", password: "correct horse battery", email: "a@b.c" });
  await accounts.grant("ålice", { add: ["admin"], remove: ["user"] });
  await accounts.setPassword("ålice", "another horse battery");
  await certificates.map("ålice", "worker-1.internal");
  const { publicKey } = await generateKeyPair();
  await publicKeys.add("ålice", encodePem("PUBLIC KEY", publicKey), { name: "laptop" });
  await accounts.disable("ålice");
  await accounts.enable("ålice");
  await accounts.endSessions("ålice");
  await certificates.unmap("ålice", "worker-1.internal");
  await accounts.remove("ålice");
  const records = await kept.records();
  assertEquals(records.map(({ kind }) => kind.replace("account.", "")), [
    "added",
    "granted",
    "role-removed",
    "password-changed",
    "certificate-added",
    "key-added",
    "disabled",
    "enabled",
    "sessions-ended",
    "certificate-removed",
    "removed",
  ]);
  assertEquals(new Set(records.map(({ about }) => about)), new Set(["ålice"]));
  assertEquals(records[1]!.data, { roles: ["admin"] });
  const text = JSON.stringify(records);
  for (const secret of ["horse", "pbkdf2", "storedKey", "salt"]) assert(!text.includes(secret));
});

Deno.test("second factors and used recovery codes are recorded, and no code or secret", async () => {
  await using kept = await auditedStore();
  const { store, clock } = kept;
  using identity = await openIdentity(store, { passwords, clock });
  const { accounts, factors, verify } = identity;
  const password = "correct horse battery";
  await accounts.add({ name: "alice", password });
  const { secret, id } = await factors.begin("alice", { name: "phone" });
  const app = new AuthenticatorApp(secret);
  const { recoveryCodes: [code = ""] = [] } = await factors.confirm(
    "alice",
    await app.code(clock.now()),
  );
  await verify("alice", password, undefined, code);
  clock.advance(limits.oneTimeCodeStepMs);
  await verify("alice", password, undefined, await app.code(clock.now()));
  await factors.renewRecoveryCodes("alice");
  await factors.remove("alice", id);
  const records = await kept.records();
  assertEquals(
    records.map(({ kind, about, data }) => [kind, about, data?.["id"] ?? data?.["left"]]).slice(1),
    [
      ["factor.added", "alice", id],
      ["factor.codes-made", "alice", 10],
      ["factor.code-used", "alice", 9],
      ["factor.codes-made", "alice", 10],
      ["factor.removed", "alice", id],
    ],
  );
  const text = JSON.stringify(records);
  for (const hidden of [secret, code, '"secret"']) assert(!text.includes(hidden));
});

Deno.test("keys, sessions, locks and invitations are recorded where they are written", async () => {
  await using kept = await auditedStore();
  const { store, clock } = kept;
  using identity = await openIdentity(store, { passwords, clock });
  const { accounts, keys, sessions, invitations } = identity;
  await accounts.add({ name: "alice", password: "correct horse battery" });
  const made = await keys.create({ account: "alice", name: "ci", scopes: ["add"] });
  await keys.rotate(made.key.id);
  await keys.revoke(made.key.id);
  const { token, session } = await sessions.create(await accounts.record("alice"), {
    address: "192.0.2.1:50412",
    agent: "curl",
  });
  await sessions.revoke(session.id);
  for (let n = 0; n < 5; n++) {
    await assertRejects(() => identity.verify("alice", "wrong"));
    await assertRejects(() => identity.verify("nobody", "wrong"));
  }
  await accounts.unlock("alice");
  const { secret } = await invitations.create({ name: "alice" });
  await invitations.accept(secret, undefined);
  const records = await kept.records();
  assertEquals(records.map(({ kind }) => kind), [
    "account.added",
    "key.created",
    "key.rotated",
    "key.revoked",
    "session.began",
    "session.ended",
    "account.locked",
    "account.unlocked",
    "invitation.made",
    "invitation.accepted",
    "key.created",
  ]);
  const began = records[4]!;
  assertEquals([began.by, began.peer, began.about, began.data?.agent], [
    "alice",
    "192.0.2.1:50412",
    session.id,
    "curl",
  ]);
  const text = JSON.stringify(records);
  for (const hidden of [token, made.text, secret]) assert(!text.includes(hidden));
});

Deno.test("certificates are recorded when they are issued, revoked and listed", async () => {
  await using kept = await auditedStore();
  await using ledger = openStoreLedger(kept.store);
  const leaf = { subject: "CN=api", names: ["api.internal"], notBeforeMs: 0, notAfterMs: 60_000 };
  await ledger.recordIssued({ serial: "1", authority: "aa", purposes: ["authority"], ...leaf });
  await ledger.recordIssued({ serial: "2", authority: "aa", purposes: ["server"], ...leaf });
  await ledger.revoke("2", "keyCompromise");
  await ledger.recordList("aa");
  assertEquals((await kept.records()).map(({ kind, about }) => [kind, about]), [
    ["authority.made", "1"],
    ["certificate.issued", "2"],
    ["certificate.revoked", "2"],
    ["certificate.list-signed", "aa"],
  ]);
});

Deno.test("uses of keys and sessions, and what others keep in the store, are not recorded", async () => {
  await using kept = await auditedStore();
  using identity = await openIdentity(kept.store, { passwords, clock: kept.clock });
  await identity.accounts.add({ name: "alice" });
  const alice = await identity.accounts.record("alice");
  const { found } = await identity.sessions.create(alice, { address: "192.0.2.1:1" });
  const before = (await kept.records()).length;
  await identity.sessions.touch(found.key, found.record.idleUntilMs + 1);
  await kept.store.put("orders/1", "not JSON");
  await kept.store.delete("orders/1");
  assertEquals((await kept.records()).length, before);
});
