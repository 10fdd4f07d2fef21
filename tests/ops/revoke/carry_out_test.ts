import { assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { carryOut } from "../../../lib/ops/revoke/carry_out.ts";
import { planRevocation } from "../../../lib/ops/revoke/plan.ts";
import { findTarget } from "../../../lib/ops/revoke/target.ts";
import { PASSWORD, peer } from "../../support/identity.ts";
import { shownConnection, testRevocation } from "../../support/revocation.ts";

type Test = Awaited<ReturnType<typeof testRevocation>>;

/** Revokes somebody; waiting moves the clock. */
async function revoke(test: Test, who: string, parts = test.parts) {
  const plan = await planRevocation(parts, await findTarget(parts, who));
  const wait = (ms: number) => Promise.resolve(test.clock.advance(ms));
  return await carryOut(parts, plan, { reason: "keyCompromise", wait });
}

Deno.test("carryOut() ends all that an account has; enabling it brings none of it back", async () => {
  await using test = await testRevocation();
  const { gate, keys, sessions, accounts, certificates, invitations, verify } = test.identity;
  const { text: apiKey } = await keys.create({ account: "alice", name: "deploy" });
  const { token } = await sessions.create(await accounts.record("alice"), peer);
  await certificates.map("alice", "worker-1");
  await test.issue("4a0d", "worker-1");
  const { secret } = await invitations.create({ name: "alice" });
  const { gone, failed, closed } = await revoke(test, "alice");
  const kinds = ["account", "session", "key", "certificate", "invitation"];
  assertEquals([gone.map(({ kind }) => kind), failed, closed], [kinds, [], undefined]);
  await assertRejects(() => verify("alice", PASSWORD), DariError);
  await accounts.enable("alice");
  for (const credential of [apiKey, token]) {
    await assertRejects(async () => await gate.authenticate(credential, "add", []), DariError);
  }
  assertEquals((await test.ledger.entry("4a0d")).revoked?.reason, "keyCompromise");
  await assertRejects(() => test.connection().call("rpc.accept", { secret }), DariError);
  assertEquals((await verify("alice", PASSWORD)).name, "alice"); // her password is still her own
});

Deno.test("carryOut() goes on behind what fails, says so, and can be repeated", async () => {
  await using test = await testRevocation();
  const { keys } = test.identity;
  await keys.create({ account: "alice", name: "deploy" });
  const broken = {
    ...test.parts,
    accounts: {
      get: (name: string) => test.parts.accounts.get(name),
      disable: () => Promise.reject(new DariError("io", "The disk is full")),
    },
  };
  const first = await revoke(test, "alice", broken);
  assertEquals(first.gone.map(({ kind }) => kind), ["key"]);
  assertEquals(first.failed.map(({ holding, code, message }) => [holding.kind, code, message]), [
    ["account", "io", "The disk is full"],
  ]);
  const second = await revoke(test, "alice");
  assertEquals([second.gone.map(({ kind }) => kind), second.failed], [["account"], []]);
  const third = await revoke(test, "alice");
  assertEquals([third.gone, third.failed], [[], []]);
});

Deno.test("carryOut() takes what somebody else ended meanwhile as gone", async () => {
  await using test = await testRevocation();
  const key = "ab".repeat(20);
  await test.issue("4a0d", "worker-1", { key });
  await test.issue("4a0e", "worker-1", { key });
  const plan = await planRevocation(test.parts, await findTarget(test.parts, "host:worker-1"));
  await test.ledger.revoke("4a0d", "keyCompromise"); // takes the other one along
  const options = { reason: "keyCompromise", wait: () => Promise.resolve() } as const;
  const { gone, failed } = await carryOut(test.parts, plan, options);
  assertEquals([gone.length, failed], [2, []]);
});

Deno.test("carryOut() waits until connections are closed, and no longer than it may", async () => {
  await using test = await testRevocation();
  const [one, other] = [shownConnection("one", 2), shownConnection("other")];
  test.lists.push({ connections: [one, other], more: 0 }, { connections: [other], more: 0 }, {
    connections: [],
    more: 0,
  });
  const { closed, calls, open } = await revoke(test, "alice");
  assertEquals([closed, calls, open], [2, 2, []]);
  await test.identity.accounts.enable("alice");
  test.lists.splice(0, 1, { connections: [one], more: 0 });
  const before = test.clock.monotonic();
  const result = await revoke(test, "alice");
  assertEquals([result.closed, result.calls, result.open], [0, 0, [one]]);
  assertEquals(test.clock.monotonic() - before, limits.revocationWaitMs);
  assertEquals(limits.revocationWaitMs % limits.revocationPollMs, 0);
});
