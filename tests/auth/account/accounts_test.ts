import { assert, assertEquals, assertRejects } from "@std/assert";
import { InactiveAccountError } from "../../../lib/auth/account/errors.ts";
import { createPasswordRecord } from "../../../lib/auth/account/password_record.ts";
import { DariError } from "../../../lib/base/errors.ts";
import { ITERATIONS, PASSWORD, testIdentity } from "../../support/identity.ts";

Deno.test("add() makes an account that can be read by every spelling of its name", async () => {
  await using test = await testIdentity();
  const { accounts } = test.identity;
  const made = await accounts.add({
    name: "John_Doe",
    password: "SecurePass123! and more",
    email: "john@example.com",
    fields: { "full name": "John Doe" },
  });
  assertEquals(await accounts.get("ＪＯＨＮ_doe"), made);
  assertEquals(made, {
    name: "john_doe",
    email: "john@example.com",
    fields: { "full name": "John Doe" },
    roles: ["user"],
    active: true,
    createdAtMs: test.clock.now(),
    hasPassword: true,
    passwordIterations: ITERATIONS,
    publicKeys: [],
    certificates: [],
  });
});

Deno.test("add() refuses names that are taken, reserved or malformed, and bad passwords", async () => {
  await using test = await testIdentity();
  const { accounts } = test.identity;
  const cases: [Parameters<typeof accounts.add>[0], string][] = [
    [{ name: "ALICE" }, "already_exists"],
    [{ name: "local" }, "invalid_params"],
    [{ name: "certificate:x" }, "invalid_params"],
    [{ name: "a\0b" }, "invalid_params"],
    [{ name: "bob", password: "short" }, "invalid_params"],
    [{ name: "bob", roles: ["a b"] }, "invalid_params"],
    [{ name: "bob", email: "a\nb" }, "invalid_params"],
    [
      { name: "bob", fields: Object.fromEntries(Array.from({ length: 65 }, (_, i) => [i, ""])) },
      "invalid_params",
    ],
  ];
  for (const [account, code] of cases) {
    assertEquals((await assertRejects(() => accounts.add(account), DariError)).code, code);
  }
  await assertRejects(() => accounts.get("bob"), DariError, 'no account "bob"');
});

Deno.test("add() succeeds once when many add the same name at once", async () => {
  await using test = await testIdentity();
  const tries = Array.from({ length: 20 }, () => test.identity.accounts.add({ name: "bob" }));
  const results = await Promise.allSettled(tries);
  assertEquals(results.filter((result) => result.status === "fulfilled").length, 1);
});

Deno.test("list() gives accounts by name with their state, and no secret", async () => {
  await using test = await testIdentity();
  const { accounts } = test.identity;
  await accounts.add({ name: "bob", password: PASSWORD, roles: ["admin", "user"] });
  await accounts.disable("bob");
  await test.connection().call("rpc.login", { username: "alice", password: PASSWORD });
  const listed = await accounts.list();
  assertEquals(listed.map(({ name, active }) => [name, active]), [["alice", true], ["bob", false]]);
  assertEquals(listed[0]?.lastSignInAtMs, test.clock.now());
  assert(!JSON.stringify(listed).includes("pbkdf2"));
});

Deno.test("grant() adds and removes roles in one step", async () => {
  const roles = { admin: ["*"], user: ["*"], a: [], b: [], c: [] };
  await using test = await testIdentity({ policy: { roles } });
  const { accounts } = test.identity;
  assertEquals(await accounts.grant("alice", { add: ["admin", "user"] }), ["user", "admin"]);
  assertEquals(await accounts.grant("alice", { remove: ["user"] }), ["admin"]);
  await Promise.all(["a", "b", "c"].map((role) => accounts.grant("alice", { add: [role] })));
  assertEquals([...(await accounts.get("alice")).roles].sort(), ["a", "admin", "b", "c"]);
  await assertRejects(() => accounts.grant("nobody", { add: ["a"] }), DariError);
});

Deno.test("a role that the policy does not have is refused with those that it has", async () => {
  await using test = await testIdentity({ policy: { roles: { user: ["*"], editor: ["*"] } } });
  const { accounts } = test.identity;
  const known = 'no role "edtior"; it has user, editor';
  await assertRejects(() => accounts.grant("alice", { add: ["edtior"] }), DariError, known);
  await assertRejects(() => accounts.add({ name: "bob", roles: ["edtior"] }), DariError, known);
  await accounts.add({ name: "bob", roles: ["editor"] });
  // What the policy had once can be taken away.
  test.identity.setPolicy({ roles: { user: ["*"] } });
  assertEquals(await accounts.grant("bob", { add: ["user"], remove: ["editor"] }), ["user"]);
});

Deno.test("remove() removes the account and what is stored beside it", async () => {
  await using test = await testIdentity();
  const { accounts } = test.identity;
  await test.connection().call("rpc.login", { username: "alice", password: PASSWORD });
  await accounts.remove("alice");
  for (const verb of ["get", "remove", "disable", "unlock"] as const) {
    await assertRejects(() => Promise.resolve(accounts[verb]("alice")), DariError, "no account");
  }
  assertEquals((await accounts.add({ name: "alice" })).lastSignInAtMs, undefined);
});

Deno.test("add() checks roles and fields before the password, which costs a derivation", async () => {
  await using test = await testIdentity();
  await assertRejects(
    () => test.identity.accounts.add({ name: "bob", password: "short", roles: ["a b"] }),
    DariError,
    '"a b" is not a role',
  );
});

Deno.test("disable() and enable() leave the password, and end the sessions for good", async () => {
  await using test = await testIdentity();
  const { accounts, sessions, verify } = test.identity;
  await sessions.create(await accounts.record("alice"), { address: "a:1" });
  await accounts.disable("ALICE");
  await assertRejects(() => verify("alice", PASSWORD), InactiveAccountError);
  await accounts.enable("alice");
  assertEquals((await verify("alice", PASSWORD)).active, true);
  assertEquals(await sessions.list(), []);
});

Deno.test("strengthenPassword() leaves a password that was changed or removed meanwhile", async () => {
  await using test = await testIdentity();
  const { accounts, verify } = test.identity;
  const before = await accounts.record("alice");
  const stronger = await createPasswordRecord(PASSWORD, { iterations: 2 * ITERATIONS });
  await accounts.strengthenPassword(before, stronger);
  assertEquals((await accounts.record("alice")).password, stronger);
  await accounts.setPassword("alice", "another long password");
  await accounts.strengthenPassword({ ...before, password: stronger }, stronger);
  assertEquals((await verify("alice", "another long password")).name, "alice");
  await accounts.remove("alice");
  await accounts.strengthenPassword(before, stronger);
  assertEquals(await accounts.find("alice"), null);
  await accounts.add({ name: "alice" });
  const { password: _password, ...without } = before;
  await accounts.strengthenPassword(without, stronger);
  assertEquals((await accounts.get("alice")).hasPassword, false);
});
