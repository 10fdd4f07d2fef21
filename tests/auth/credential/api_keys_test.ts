import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { parseApiKey } from "../../../lib/auth/proof/api_key.ts";
import { DariError } from "../../../lib/base/errors.ts";
import { type TestIdentity, testIdentity } from "../../support/identity.ts";

const check = async (test: TestIdentity, auth: string, method = "add", params: unknown = null) =>
  await test.identity.gate.authenticate(auth, method, params);

async function refused(test: TestIdentity, auth: string, method?: string, params?: unknown) {
  const error = await assertRejects(() => check(test, auth, method, params), DariError);
  assertEquals(error.code, "unauthenticated");
  assertEquals(error.message, "The credential was not accepted");
}

Deno.test("an API key signs in as its account, narrowed to its scopes", async () => {
  await using test = await testIdentity();
  const { text, key } = await test.identity.keys.create({
    account: "alice",
    name: "web-app",
    scopes: ["reports.*", "!reports.delete"],
  });
  const principal = await check(test, text);
  assertEquals({ ...principal }, {
    name: "alice",
    kind: "apiKey",
    roles: ["user"],
    scopes: ["reports.*", "!reports.delete"],
    credentialId: `apiKey:${key.id}`,
  });
  assert(await check(test, text) === principal, "the same object while nothing changes");
  const { authorize } = test.identity.gate;
  authorize(principal, "reports.list");
  for (const method of ["reports.delete", "add"]) {
    const error = assertThrows(() => authorize(principal, method), DariError);
    assertEquals(error.code, "permission_denied");
  }
});

Deno.test("an API key ends at its expiry, by revocation, and with its account", async () => {
  await using test = await testIdentity();
  const { keys, accounts } = test.identity;
  const make = async (expiresAtMs?: number) =>
    await keys.create({
      account: "alice",
      name: "key",
      ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
    });
  const short = await make(test.clock.now() + 1_000);
  const principal = await check(test, short.text);
  assertEquals(principal.expiresAtMs, test.clock.now() + 1_000);
  test.clock.advance(1_000);
  await refused(test, short.text);

  const revoked = await make();
  await check(test, revoked.text);
  await keys.revoke(revoked.key.id);
  await refused(test, revoked.text);
  assertEquals((await keys.list("alice")).map((key) => key.active), [true, false]);

  const kept = await make();
  await check(test, kept.text);
  await accounts.disable("alice");
  await refused(test, kept.text);
  await accounts.enable("alice");
  await check(test, kept.text);
  await accounts.remove("alice");
  await refused(test, kept.text);
  await accounts.add({ name: "alice" });
  await refused(test, kept.text);
  assertEquals(await keys.list(), [], "they are not the new account's");
});

Deno.test("rotate() lets the old secret work for the overlap, and no longer", async () => {
  await using test = await testIdentity();
  const { keys } = test.identity;
  const { text: first, key } = await keys.create({ account: "alice", name: "key" });
  const inUse = await check(test, first);
  const { text: second } = await keys.rotate(key.id, { overlapMs: 60_000 });
  assert(first !== second && parseApiKey(second).id === key.id);
  await check(test, second);
  assert(await check(test, first) === inUse);
  test.clock.advance(60_000);
  await refused(test, first);
  await check(test, second);
  const { text: third } = await keys.rotate(key.id, { overlapMs: 0 });
  await refused(test, second);
  await check(test, third);
  await keys.revoke(key.id);
  await assertRejects(() => keys.rotate(key.id), DariError, "revoked");
  await assertRejects(() => keys.rotate("000000000000"), DariError, "no API key");
});

Deno.test("an API key's last use is written down to the minute", async () => {
  await using test = await testIdentity();
  const { text } = await test.identity.keys.create({ account: "alice", name: "key" });
  assertEquals((await test.identity.keys.list())[0]?.lastUsedAtMs, undefined);
  const first = test.clock.now();
  await check(test, text);
  await test.identity.flush();
  test.clock.advance(30_000);
  await check(test, text);
  await test.identity.flush();
  assertEquals((await test.identity.keys.list())[0]?.lastUsedAtMs, first);
  test.clock.advance(30_000);
  await check(test, text);
  await test.identity.flush();
  assertEquals((await test.identity.keys.list())[0]?.lastUsedAtMs, first + 60_000);
});

Deno.test("create() refuses keys that would be unusable", async () => {
  await using test = await testIdentity();
  const { keys } = test.identity;
  await assertRejects(() => keys.create({ account: "nobody", name: "key" }), DariError, "nobody");
  await assertRejects(
    () => keys.create({ account: "alice", name: "key", expiresAtMs: test.clock.now() }),
    DariError,
    "ended",
  );
  await assertRejects(
    () => keys.create({ account: "alice", name: "key", scopes: ["a b"] }),
    DariError,
    "pattern",
  );
  await assertRejects(() => keys.create({ account: "alice", name: "a\nb" }), DariError);
});

Deno.test("list() tells active keys from those that have ended or were revoked", async () => {
  await using test = await testIdentity();
  const { keys } = test.identity;
  const expiresAtMs = test.clock.now() + 1_000;
  await keys.create({ account: "alice", name: "for ever" });
  const { text } = await keys.create({ account: "alice", name: "short", expiresAtMs });
  const { key } = await keys.create({ account: "alice", name: "revoked", expiresAtMs });
  await keys.revoke(key.id);
  const states = async () =>
    (await keys.list()).map(({ name, state }) => `${name}: ${state}`).sort();
  test.clock.advance(999);
  assertEquals(await states(), ["for ever: active", "revoked: revoked", "short: active"]);
  await keys.find(text);
  test.clock.advance(1);
  assertEquals(await states(), ["for ever: active", "revoked: revoked", "short: expired"]);
  await assertRejects(() => keys.find(text));
});
