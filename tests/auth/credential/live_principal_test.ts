import { assert, assertEquals, assertThrows } from "@std/assert";
import { LivePrincipal } from "../../../lib/auth/credential/live_principal.ts";
import { signIn } from "../../../lib/auth/sign_in/sign_in_client.ts";
import { PASSWORD, testIdentity } from "../../support/identity.ts";

Deno.test("a principal cannot be changed, and shows only its public fields", async () => {
  await using test = await testIdentity();
  const connection = test.connection();
  await signIn(connection.call, { login: { username: "alice", password: PASSWORD } });
  const principal = connection.principal();
  assert(principal !== null);
  assertThrows(() => Object.assign(principal, { roles: ["admin"] }), TypeError);
  assertThrows(() => (principal.roles as string[]).push("admin"), TypeError);
  assertEquals(Object.keys(structuredClone(principal)).sort(), [
    "credentialId",
    "expiresAtMs",
    "kind",
    "name",
    "roles",
  ]);
});

const facts = { name: "alice", kind: "apiKey", roles: ["user"], credentialId: "apiKey:1" } as const;

Deno.test("validityOf() knows principals of this server, and no copy of one", () => {
  const principal = new LivePrincipal(facts, { key: "key/1" });
  assertEquals(LivePrincipal.validityOf(principal)?.revoked, false);
  for (
    const copy of [{ ...principal }, structuredClone(principal), facts, Object.create(principal)]
  ) {
    assertEquals(LivePrincipal.validityOf(copy), undefined);
  }
  assertEquals(LivePrincipal.originOf(principal), { key: "key/1" });
});

Deno.test("a principal copies its roles and scopes", () => {
  const roles = ["user"];
  const scopes = ["add"];
  const principal = new LivePrincipal({ ...facts, roles, scopes, endsAtMs: 5 }, {});
  roles.push("admin");
  scopes.push("*");
  assertEquals([principal.roles, principal.scopes, principal.expiresAtMs], [["user"], ["add"], 5]);
  assertEquals("expiresAtMs" in new LivePrincipal(facts, {}), false);
});
