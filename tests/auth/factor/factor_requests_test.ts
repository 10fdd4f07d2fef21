import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { type Principal, signIn } from "../../../lib/auth/mod.ts";
import { FACTOR_METHODS, type FactorMethod } from "../../../lib/auth/factor/factor_requests.ts";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { AuthenticatorApp, enrol } from "../../support/factors.ts";
import { PASSWORD, peer, type TestIdentity, testIdentity } from "../../support/identity.ts";

async function signedIn(test: TestIdentity, username = "alice", code?: string): Promise<Principal> {
  const connection = test.connection();
  const more = code === undefined ? {} : { code: () => code };
  await signIn(connection.call, { login: { username, password: PASSWORD, ...more } });
  return connection.principal()!;
}

/** Asks as the gate does: first whether the method is allowed, then for its result. */
async function ask(
  { identity: { gate } }: TestIdentity,
  principal: Principal,
  method: FactorMethod,
  params: object = {},
) {
  gate.authorize(principal, method);
  return await gate.factors!.serve(method, params, principal, "the shop");
}

const refusal = async (asked: Promise<unknown>) =>
  (await assertRejects(() => asked, DariError)).code;

Deno.test("a person adds, confirms, lists and removes a factor, and gets recovery codes", async () => {
  await using test = await testIdentity();
  const alice = await signedIn(test);
  const begun = await ask(test, alice, "rpc.factors.add", { name: "phone" });
  const { secret, uri, svg, id } = begun.result as Record<string, string>;
  assertEquals(begun.change, undefined);
  assertStringIncludes(uri ?? "", "otpauth://totp/the%20shop:alice?");
  assert(svg?.startsWith("<svg") && !svg.includes("script"), svg);
  const code = await new AuthenticatorApp(secret ?? "").code(test.clock.now());
  const confirmed = await ask(test, alice, "rpc.factors.confirm", { code });
  assertEquals(confirmed.change?.change, "added");
  assertEquals(confirmed.change?.factors.map((each) => each.id), [id]);
  assertEquals((confirmed.result as { recoveryCodes: string[] }).recoveryCodes.length, 10);
  const { result } = await ask(test, alice, "rpc.factors.list");
  assertEquals((result as { factors: { name: string }[] }).factors[0]?.name, "phone");
  const codes = await ask(test, alice, "rpc.factors.codes");
  assertEquals(codes.change, { account: "alice", change: "codes", factors: [] });
  const removed = await ask(test, alice, "rpc.factors.remove", { id });
  assertEquals([removed.result, removed.change?.change], [null, "removed"]);
});

Deno.test("factors are changed with a fresh sign-in, to the millisecond, and listed with any", async () => {
  await using test = await testIdentity();
  const alice = await signedIn(test);
  test.clock.advance(limits.freshSignInMs);
  await ask(test, alice, "rpc.factors.add");
  test.clock.advance(1);
  for (const method of FACTOR_METHODS) {
    if (method === "rpc.factors.list") continue;
    const asked = ask(test, alice, method, { code: "1", id: "1" });
    assertEquals(await refusal(asked), "failed_precondition", method);
  }
  await ask(test, alice, "rpc.factors.list");
  // A clock that was set back says nothing about how old a sign-in is.
  test.clock.step(-limits.freshSignInMs * 2);
  assertEquals(await refusal(ask(test, alice, "rpc.factors.add")), "failed_precondition");
});

Deno.test("an API key sees no factors and changes none", async () => {
  await using test = await testIdentity();
  const { keys, gate } = test.identity;
  const { text } = await keys.create({ account: "alice", name: "key" });
  const byKey = await gate.authenticate(text, "", undefined);
  for (const method of FACTOR_METHODS) {
    const asked = ask(test, byKey, method, { code: "1", id: "1" });
    assertEquals(await refusal(asked), "permission_denied", method);
  }
});

Deno.test("an administrator lists and removes the factors of others, and nobody else does", async () => {
  await using test = await testIdentity();
  const { accounts } = test.identity;
  await accounts.add({ name: "boss", password: PASSWORD, roles: ["admin"] });
  await accounts.add({ name: "bob", password: PASSWORD });
  const { id } = await enrol(test);
  const [boss, bob] = [await signedIn(test, "boss"), await signedIn(test, "bob")];
  const params = { account: "Alice", id };
  for (const method of FACTOR_METHODS) {
    assertEquals(
      await refusal(ask(test, bob, method, { ...params, code: "1" })),
      "permission_denied",
    );
  }
  for (const method of ["rpc.factors.add", "rpc.factors.confirm", "rpc.factors.codes"] as const) {
    assertEquals(
      await refusal(ask(test, boss, method, { ...params, code: "1" })),
      "permission_denied",
    );
  }
  await ask(test, boss, "rpc.factors.list", params);
  assertEquals(
    await refusal(ask(test, boss, "rpc.factors.list", { account: "nobody" })),
    "not_found",
  );
  test.clock.advance(limits.freshSignInMs + 1);
  assertEquals(
    await refusal(ask(test, boss, "rpc.factors.remove", params)),
    "failed_precondition",
  );
  const again = await signedIn(test, "boss");
  const { change } = await ask(test, again, "rpc.factors.remove", params);
  assertEquals(change?.account, "alice");
  await signedIn(test);
});

Deno.test("a role that names the right administers factors without the role admin", async () => {
  const policy = { roles: { user: ["*"], desk: ["rpc.factors.administer"] } };
  await using test = await testIdentity({ policy });
  await test.identity.accounts.add({ name: "desk", password: PASSWORD, roles: ["desk"] });
  const desk = await signedIn(test, "desk");
  await ask(test, desk, "rpc.factors.list", { account: "alice" });
});

Deno.test("the owner of the server says whose factors", async () => {
  await using test = await testIdentity();
  const local = await test.identity.gate.identify({ ...peer, transport: "unix" });
  assertEquals(await refusal(ask(test, local!, "rpc.factors.list")), "invalid_params");
  await ask(test, local!, "rpc.factors.add", { account: "alice" });
});

Deno.test("params that do not fit are refused", async () => {
  await using test = await testIdentity();
  const alice = await signedIn(test);
  const wrong: [FactorMethod, object][] = [
    ["rpc.factors.add", { name: 1 }],
    ["rpc.factors.add", { name: "n".repeat(limits.maxFactorNameLength + 1) }],
    ["rpc.factors.confirm", {}],
    ["rpc.factors.confirm", { code: "1".repeat(limits.maxCodeLength + 1) }],
    ["rpc.factors.remove", {}],
    ["rpc.factors.list", { account: ["alice"] }],
    ["rpc.factors.list", { account: "a\u202eb" }],
  ];
  for (const [method, params] of wrong) {
    assertEquals(await refusal(ask(test, alice, method, params)), "invalid_params", method);
  }
});
