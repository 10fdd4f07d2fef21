import { assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { testIdentity } from "../../support/identity.ts";

Deno.test("explain() says which rule decides, also for disabled accounts and for the owner", async () => {
  await using test = await testIdentity({ policy: { roles: { user: ["add"] }, public: ["echo"] } });
  const { accounts, explain } = test.identity;
  assertEquals(await explain("Alice", "add"), {
    allowed: true,
    reason: 'role "user" allows "add"',
  });
  assertEquals((await explain("alice", "add", ["multiply"])).allowed, false);
  assertEquals((await explain("local", "anything")).allowed, true);
  await accounts.disable("alice");
  assertEquals(await explain("alice", "add"), { allowed: false, reason: '"alice" is disabled' });
  assertEquals((await explain("alice", "echo")).allowed, true);
  await assertRejects(() => explain("nobody", "add"), DariError);
});

Deno.test("explain() says that a disabled account is refused what only administrators may call", async () => {
  await using test = await testIdentity({
    policy: { roles: { user: ["rpc.tap"] }, public: ["*"] },
  });
  const { accounts, explain } = test.identity;
  assertEquals((await explain("alice", "rpc.tap")).allowed, true);
  await accounts.disable("alice");
  assertEquals(await explain("alice", "rpc.tap"), {
    allowed: false,
    reason: '"alice" is disabled',
  });
});

Deno.test("explain() explains certificates, with an account and without one", async () => {
  await using test = await testIdentity({ policy: { roles: { certificate: ["add"] } } });
  const { certificates, explain } = test.identity;
  const worker = "certificate:Worker-1";
  assertEquals(await explain(worker, "add"), {
    allowed: true,
    reason: 'role "certificate" allows "add"',
  });
  await certificates.map("alice", "Worker-1");
  assertEquals(await explain(worker, "add"), {
    allowed: false,
    reason: 'no rule of its roles ("user") covers "add"',
  });
  await certificates.unmap("alice", "Worker-1");
  assertEquals(await explain(worker, "add"), {
    allowed: false,
    reason: `"${worker}" no longer stands for an account`,
  });
});
