import { assertEquals, assertRejects } from "@std/assert";
import { certificateId } from "../../../lib/auth/account/account_certificates.ts";
import { DariError } from "../../../lib/base/errors.ts";
import { checkKey } from "../../../lib/store/store.ts";
import { testIdentity } from "../../support/identity.ts";

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
