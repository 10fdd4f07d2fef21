import { assert, assertEquals, assertRejects } from "@std/assert";
import { certificateId } from "../../../lib/auth/account/account_certificates.ts";
import { DariError } from "../../../lib/base/errors.ts";
import { openIdentity } from "../../../lib/auth/sign_in/identity.ts";
import { checkKey } from "../../../lib/store/store.ts";
import { testIdentity } from "../../support/identity.ts";
import { interruptedStore } from "../../support/interrupted_store.ts";

Deno.test("map() lets a certificate stand for one account only", async () => {
  await using test = await testIdentity();
  const { accounts, certificates } = test.identity;
  await accounts.add({ name: "bob" });
  await certificates.map("alice", "worker-1");
  await certificates.map("alice", "worker-1");
  await assertRejects(() => certificates.map("bob", "worker-1"), DariError, 'for "alice" already');
  await assertRejects(() => certificates.unmap("bob", "worker-1"), DariError, "no certificate");
  assertEquals((await accounts.get("alice")).certificates, ["worker-1"]);
});

Deno.test("of accounts that take a certificate at the same time one gets it, wherever they interrupt each other", async () => {
  for (let at = 0;; at++) {
    await using test = await testIdentity();
    await test.identity.accounts.add({ name: "bob" });
    const interrupted = interruptedStore(test.store);
    using other = await openIdentity(interrupted.store, { clock: test.clock });
    let outcome = "";
    interrupted.arm(at, async () => {
      outcome = await test.identity.certificates.map("bob", "worker-1").then(
        () => "bob",
        ({ code }) => code,
      );
    });
    const mapped = await other.certificates.map("alice", "worker-1").then(
      () => "alice",
      ({ code }) => code,
    );
    if (!interrupted.hasActed) {
      assert(at >= 6, `${at} moments`);
      return;
    }
    const owner = (await test.identity.certificates.owner("worker-1"))?.name;
    assertEquals(
      [mapped, outcome],
      owner === "alice" ? ["alice", "already_exists"] : ["already_exists", "bob"],
    );
    const listed = (await test.identity.accounts.list())
      .filter(({ certificates }) => certificates.includes("worker-1"))
      .map(({ name }) => name);
    assertEquals(listed, [owner ?? ""], `at moment ${at}`);
  }
});

Deno.test("map() undoes no change that another writer makes to the account at the same time", async () => {
  for (let at = 0;; at++) {
    await using test = await testIdentity();
    const interrupted = interruptedStore(test.store);
    using other = await openIdentity(interrupted.store, { clock: test.clock });
    interrupted.arm(at, () => test.identity.accounts.disable("alice"));
    await other.certificates.map("alice", "worker-1");
    if (!interrupted.hasActed) return;
    const { active, certificates } = await test.identity.accounts.get("alice");
    assertEquals([active, certificates], [false, ["worker-1"]], `at moment ${at}`);
  }
});

Deno.test("owner() tells a certificate that never stood for an account from one that no longer does", async () => {
  await using test = await testIdentity();
  const { accounts, certificates } = test.identity;
  assertEquals(await certificates.owner("worker-1"), undefined);
  await certificates.map("ALICE", "worker-1");
  assertEquals((await certificates.owner("worker-1"))?.name, "alice");
  assertEquals(await certificates.owner("WORKER-1"), undefined);
  await certificates.unmap("alice", "worker-1");
  assertEquals(await certificates.owner("worker-1"), null);
  await certificates.map("alice", "worker-1");
  await accounts.remove("alice");
  assertEquals(await certificates.owner("worker-1"), null);
  await accounts.add({ name: "alice" });
  assertEquals(await certificates.owner("worker-1"), null, "the new account is another one");
});

Deno.test("map() refuses unknown accounts and identities with control characters", async () => {
  await using test = await testIdentity();
  const { certificates } = test.identity;
  await assertRejects(() => certificates.map("nobody", "worker-1"), DariError, "no account");
  await assertRejects(() => certificates.map("alice", "a\nb"), DariError, "certificate's identity");
});

Deno.test("certificateId() makes a key of the store of every identity", () => {
  for (const identity of ["worker-1", "spiffe://example.org/a b", "CN=다리"]) {
    checkKey(`certificate/${certificateId(identity)}`);
  }
});
