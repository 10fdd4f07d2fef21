import { assertEquals, assertRejects } from "@std/assert";
import type { Principal } from "../../../lib/auth/mod.ts";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import type { RevocationResult } from "../../../lib/ops/revoke/carry_out.ts";
import { freshSignIn } from "../../../lib/ops/methods/fresh_sign_in.ts";
import { revokeMethod } from "../../../lib/ops/methods/revoke_method.ts";
import type { RevocationPlan } from "../../../lib/ops/revoke/plan.ts";
import type { Context } from "../../../lib/rpc/method/context.ts";
import { testRevocation } from "../../support/revocation.ts";

const root: Principal = { name: "root", kind: "token", roles: ["admin"], credentialId: "s" };

/** Calls the method as a principal. */
async function call(
  { parts, identity, clock }: Awaited<ReturnType<typeof testRevocation>>,
  params: unknown,
  principal: Principal | null = root,
): Promise<unknown> {
  const checkFresh = freshSignIn({ sessions: identity.sessions, clock });
  return await revokeMethod(parts, checkFresh).handler(params, { principal } as Context);
}

Deno.test("rpc.revoke lists, and revokes where it is not asked to list alone", async () => {
  await using test = await testRevocation();
  const { holdings } = await call(test, { who: "alice", what: true }) as RevocationPlan;
  assertEquals(holdings.map(({ kind }) => kind), ["account"]);
  assertEquals((await test.identity.accounts.get("alice")).active, true);
  const { gone } = await call(test, { who: "alice" }) as RevocationResult;
  assertEquals(gone.map(({ kind }) => kind), ["account"]);
  assertEquals((await test.identity.accounts.get("alice")).active, false);
});

Deno.test("rpc.revoke refuses to end what it was called with, and params that are wrong", async () => {
  await using test = await testRevocation();
  const { key } = await test.identity.keys.create({ account: "alice", name: "deploy" });
  const alice = { ...root, name: "alice", credentialId: `apiKey:${key.id}` };
  const codeOf = async (params: unknown) =>
    (await assertRejects(() => call(test, params, alice), DariError)).code;
  assertEquals(await codeOf({ who: "alice" }), "failed_precondition");
  assertEquals(await codeOf({ who: key.id }), "failed_precondition");
  assertEquals(await codeOf({}), "invalid_params");
  const { key: other } = await test.identity.keys.create({ account: "alice", name: "other" });
  assertEquals(await codeOf({ who: other.id, reason: "superseded" }), "invalid_params");
  const { gone } = await call(test, { who: other.id }, alice) as RevocationResult;
  assertEquals(gone.map(({ id }) => id), [other.id]);
});

Deno.test("rpc.revoke changes nothing for a session that began long ago, and lists for it", async () => {
  await using test = await testRevocation();
  const { identity: { accounts, sessions }, clock } = test;
  await accounts.add({ name: "boss", roles: ["admin"] });
  const { session } = await sessions.create(await accounts.record("boss"), { address: "x" });
  const boss = { ...root, kind: "session", credentialId: `session:${session.id}` } as const;
  clock.advance(limits.freshSignInMs + 1);
  await call(test, { who: "alice", what: true }, boss);
  const error = await assertRejects(() => call(test, { who: "alice" }, boss), DariError);
  assertEquals(error.code, "failed_precondition");
  assertEquals((await accounts.get("alice")).active, true);
});
