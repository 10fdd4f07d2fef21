import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Principal } from "../../../lib/auth/mod.ts";
import { DariError, RpcError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { stateOf } from "../../../lib/cert/ledger/event.ts";
import { openAdministration } from "../../../lib/ops/administration/administration.ts";
import { operationsMethods } from "../../../lib/rpc/builtin/operations.ts";
import type { Context } from "../../../lib/rpc/method/context.ts";
import { testRevocation } from "../../support/revocation.ts";

const owner: Principal = { name: "local", kind: "local", roles: ["admin"], credentialId: "local" };

/** The methods over accounts in memory, where alice is an account. */
async function testAdministration() {
  const test = await testRevocation();
  const { identity, ledger, clock } = test;
  const methods = { "orders.purge": { admin: true, handler: () => 0 }, add: () => 0 };
  const { methods: made } = openAdministration({
    ...{ identity, ledger, clock, stateOf, methods },
    query: () => Promise.reject(new Error("no tables here")),
  });
  const registered = new Map(operationsMethods(made).map((each) => [each.name, each]));
  return {
    ...test,
    registered,
    async call(
      method: string,
      params?: unknown,
      principal: Principal | null = owner,
      // deno-lint-ignore no-explicit-any -- each method has a result of its own
    ): Promise<any> {
      return await registered.get(method)!.handler(params, { principal } as Context);
    },
    [Symbol.asyncDispose]: () => test[Symbol.asyncDispose](),
  };
}

/** Signs alice in. */
async function sessionOf(test: Awaited<ReturnType<typeof testAdministration>>, name = "alice") {
  const record = await test.identity.accounts.record(name);
  const { session } = await test.identity.sessions.create(record, { address: "192.0.2.1:1" });
  const credentialId = `session:${session.id}`;
  return { name, kind: "session", roles: ["admin"], credentialId } as const satisfies Principal;
}

Deno.test("every method of administration is administrative", async () => {
  await using test = await testAdministration();
  assertEquals([...test.registered.keys()].sort(), [
    "rpc.accounts",
    "rpc.accounts.disable",
    "rpc.accounts.enable",
    "rpc.accounts.unlock",
    "rpc.audit",
    "rpc.certificates",
    "rpc.keys",
    "rpc.keys.rotate",
    "rpc.policy",
    "rpc.policy.explain",
    "rpc.sessions",
  ]);
  for (const method of test.registered.values()) assert(method.isAdmin, method.name);
});

Deno.test("rpc.accounts lists without secrets, and searches", async () => {
  await using test = await testAdministration();
  await test.identity.accounts.add({ name: "bob", roles: ["user", "admin"] });
  const { items, more } = await test.call("rpc.accounts");
  assertEquals(items.map(({ name }: { name: string }) => name), ["alice", "bob"]);
  assertEquals(more, 0);
  const [alice] = items;
  assertEquals([alice.hasPassword, alice.publicKeys, alice.active], [true, 0, true]);
  assertEquals(/pbkdf2|epoch|phc/.test(JSON.stringify(items)), false);
  assertEquals((await test.call("rpc.accounts", { find: "ADMIN" })).items.length, 1);
});

Deno.test("an account is disabled, enabled and unlocked", async () => {
  await using test = await testAdministration();
  assertEquals((await test.call("rpc.accounts.disable", { account: "ALICE" })).active, false);
  assertEquals((await test.call("rpc.accounts.enable", { account: "alice" })).active, true);
  for (let n = 0; n < limits.lockoutFailures; n++) {
    await test.identity.verify("alice", "wrong").catch(() => {});
  }
  assert((await test.call("rpc.accounts")).items[0].lockedUntilMs !== undefined);
  const unlocked = await test.call("rpc.accounts.unlock", { account: "alice" });
  assertEquals(unlocked.lockedUntilMs, undefined);
});

Deno.test("acts refuse who is not there, params that are wrong, and one's own account", async () => {
  await using test = await testAdministration();
  const alice = await sessionOf(test);
  const codeOf = async (method: string, params: unknown, principal: Principal = owner) =>
    (await assertRejects(() => test.call(method, params, principal), DariError)).code;
  assertEquals(await codeOf("rpc.accounts.disable", {}), "invalid_params");
  assertEquals(await codeOf("rpc.accounts.disable", { account: "eve" }), "not_found");
  assertEquals(await codeOf("rpc.keys.rotate", { id: "5f0c11d2a9be" }), "not_found");
  assertEquals(await codeOf("rpc.keys.rotate", { id: "x", overlapMs: -1 }), "invalid_params");
  assertEquals(
    await codeOf("rpc.accounts.disable", { account: "alice" }, alice),
    "failed_precondition",
  );
  assertEquals((await test.identity.accounts.get("alice")).active, true);
});

Deno.test("acts need a session of the last five minutes, also after the clock was set back", async () => {
  await using test = await testAdministration();
  await test.identity.accounts.add({ name: "bob" });
  const { key } = await test.identity.keys.create({ account: "bob", name: "deploy" });
  const alice = await sessionOf(test);
  const acts = [
    ["rpc.accounts.disable", { account: "bob" }],
    ["rpc.accounts.unlock", { account: "bob" }],
    ["rpc.accounts.enable", { account: "bob" }],
    ["rpc.keys.rotate", { id: key.id }],
  ] as const;
  test.clock.advance(limits.freshSignInMs);
  for (const [method, params] of acts) await test.call(method, params, alice);
  test.clock.advance(1);
  for (const [method, params] of acts) {
    const error = await assertRejects(() => test.call(method, params, alice), RpcError);
    assertEquals(error.code, "failed_precondition", method);
    assertEquals(error.data, { signInMaxAgeMs: limits.freshSignInMs });
  }
  await test.call("rpc.accounts", undefined, alice); // looking needs none
  test.clock.step(-limits.freshSignInMs - 2);
  const [method, params] = acts[0];
  await assertRejects(() => test.call(method, params, alice), RpcError);
  assertEquals((await test.identity.accounts.get("bob")).active, true);
});

Deno.test("rpc.sessions says which one is the caller's own", async () => {
  await using test = await testAdministration();
  const alice = await sessionOf(test);
  await sessionOf(test);
  const { items } = await test.call("rpc.sessions", undefined, alice);
  assertEquals(items.length, 2);
  const own = items.filter((each: { own: boolean }) => each.own);
  assertEquals(own.map(({ id }: { id: string }) => `session:${id}`), [alice.credentialId]);
});

Deno.test("rpc.keys lists those first that end next, and rotates with a time for the old secret", async () => {
  await using test = await testAdministration();
  const { identity, clock } = test;
  const make = (name: string, days?: number) =>
    identity.keys.create({
      account: "alice",
      name,
      ...(days === undefined ? {} : { expiresAtMs: clock.now() + days * 86_400_000 }),
    });
  await make("never");
  await make("late", 30);
  const { key, text: old } = await make("soon", 2);
  const gone = await make("revoked", 1);
  await identity.keys.revoke(gone.key.id);
  const { items } = await test.call("rpc.keys");
  const names = items.map(({ name }: { name: string }) => name);
  assertEquals(names, ["soon", "late", "never", "revoked"]);
  const rotated = await test.call("rpc.keys.rotate", { id: key.id, overlapMs: 1_000 });
  assertEquals(rotated.oldUntilMs, clock.now() + 1_000);
  assertEquals((await identity.keys.find(rotated.text)).record.id, key.id);
  assertEquals((await identity.keys.find(old)).record.id, key.id);
  clock.advance(1_000);
  await assertRejects(() => identity.keys.find(old));
});

Deno.test("rpc.certificates lists those first that expire next", async () => {
  await using test = await testAdministration();
  const inDays = (days: number) => ({ notAfterMs: test.clock.now() + days * 86_400_000 });
  await test.issue("a1", "late", inDays(30));
  await test.issue("a2", "soon", inDays(3));
  await test.issue("a3", "gone", inDays(1));
  await test.ledger.revoke("a3", "superseded");
  const { items } = await test.call("rpc.certificates");
  const told = items.map(({ serial, state }: { serial: string; state: string }) => [serial, state]);
  assertEquals(told, [["a2", "valid"], ["a1", "valid"], ["a3", "revoked"]]);
});

Deno.test("rpc.policy tells the rules, and rpc.policy.explain which of them decides", async () => {
  await using test = await testAdministration();
  assertEquals((await test.call("rpc.policy")).roles.user, ["*"]);
  const policy = { roles: { user: ["add"] }, public: ["health"] };
  test.identity.setPolicy(policy);
  const told = await test.call("rpc.policy");
  assertEquals([told.roles, told.public, told.issuers], [policy.roles, policy.public, []]);
  const ask = (method: string) => test.call("rpc.policy.explain", { principal: "alice", method });
  assertEquals((await ask("add")).allowed, true);
  const denied = await ask("orders.purge");
  assertEquals([denied.allowed, denied.administrative], [false, true]);
  await assertRejects(() => test.call("rpc.policy.explain", { principal: "alice" }), DariError);
});
