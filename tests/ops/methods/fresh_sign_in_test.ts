import { assertEquals, assertRejects } from "@std/assert";
import type { CredentialKind, Principal } from "../../../lib/auth/mod.ts";
import { RpcError } from "../../../lib/base/errors.ts";
import { freshSignIn } from "../../../lib/ops/methods/fresh_sign_in.ts";
import { testIdentity } from "../../support/identity.ts";

Deno.test("freshSignIn() is for sessions, and fails closed where there is none", async () => {
  await using test = await testIdentity();
  const { identity: { accounts, sessions }, clock } = test;
  const check = freshSignIn({ sessions, clock });
  const alice = await accounts.record("alice");
  const { session } = await sessions.create(alice, { address: "192.0.2.1:1" });
  const of = (kind: CredentialKind, credentialId: string): Principal => ({
    ...{ name: "alice", kind, roles: ["admin"], credentialId },
  });
  await check(of("session", `session:${session.id}`));
  for (const kind of ["local", "apiKey", "certificate", "token"] as const) {
    await check(of(kind, "x"));
  }
  await check(null);
  for (const id of ["session:", `session:${"0".repeat(16)}`, session.id.slice(1)]) {
    const error = await assertRejects(() => check(of("session", id)), RpcError);
    assertEquals(error.code, "failed_precondition");
  }
});
