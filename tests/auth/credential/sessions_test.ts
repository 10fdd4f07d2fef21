import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { openIdentity } from "../../../lib/auth/sign_in/identity.ts";
import { signIn } from "../../../lib/auth/sign_in/sign_in_client.ts";
import { deadline } from "../../../lib/base/abort.ts";
import { DariError } from "../../../lib/base/errors.ts";
import { PASSWORD, peer, type TestIdentity, testIdentity } from "../../support/identity.ts";

async function tokenOf(test: TestIdentity): Promise<string> {
  const { token = "" } = await signIn(test.connection().call, {
    login: { username: "alice", password: PASSWORD },
  });
  return token;
}

const isRefused = async (test: TestIdentity, token: string) => {
  const error = await assertRejects(
    async () => await test.identity.gate.authenticate(token, "add", null),
    DariError,
  );
  assertEquals(error.code, "unauthenticated");
};

Deno.test("every use prolongs a session by an hour, up to twelve hours", async () => {
  await using test = await testIdentity();
  const token = await tokenOf(test);
  const principal = await test.identity.gate.authenticate(token, "add", null);
  for (let minutes = 0; minutes < 11 * 60 + 30; minutes += 30) {
    test.clock.advance(30 * 60_000);
    test.identity.gate.authorize(principal, "add");
  }
  test.clock.advance(30 * 60_000);
  assertThrows(() => test.identity.gate.authorize(principal, "add"), DariError, "sign in again");
  await isRefused(test, token);
});

Deno.test("a session ends after an hour without use, also after a restart", async () => {
  await using test = await testIdentity();
  const [used, unused] = [await tokenOf(test), await tokenOf(test)];
  test.clock.advance(59 * 60_000);
  await test.identity.gate.authenticate(used, "add", null);
  await test.identity.flush();
  test.clock.advance(2 * 60_000);
  await isRefused(test, unused);
  using restarted = await openIdentity(test.store, { clock: test.clock });
  assertEquals((await restarted.gate.authenticate(used, "add", null)).name, "alice");
});

Deno.test("a session with a short idle time goes on while it is used, in the store as well", async () => {
  await using test = await testIdentity({ sessions: { idleMs: 30_000 } });
  const principal = await test.identity.gate.authenticate(await tokenOf(test), "add", null);
  for (let seconds = 0; seconds < 5 * 60; seconds += 20) {
    test.clock.advance(20_000);
    test.identity.gate.authorize(principal, "add");
    await test.identity.flush();
    assertEquals((await test.identity.sessions.list()).length, 1, `after ${seconds + 20} s`);
  }
});

Deno.test("a session that expired in the store ends at its next use", async () => {
  await using test = await testIdentity();
  const principal = await test.identity.gate.authenticate(await tokenOf(test), "add", null);
  test.clock.advance(30_000); // Too soon after the sign-in to be written down.
  test.identity.gate.authorize(principal, "add");
  test.clock.advance(3_599_000);
  const revoked = Promise.withResolvers<unknown>();
  test.identity.gate.onRevoked(revoked.resolve);
  test.identity.gate.authorize(principal, "add");
  await test.identity.flush();
  assertEquals(await deadline(revoked.promise, 5_000), principal);
  assertThrows(() => test.identity.gate.authorize(principal, "add"), DariError, "sign in again");
});

Deno.test("a token that is flipped, cut, longer or in another case is refused", async () => {
  await using test = await testIdentity();
  const token = await tokenOf(test);
  await test.identity.gate.authenticate(token, "add", null);
  const others = [
    token.slice(0, -1),
    `${token}A`,
    ` ${token}`,
    token.toUpperCase(),
    token.toLowerCase(),
    "",
    "dses_",
    token.replace("dses_", "dari_"),
    ...Array.from({ length: 43 }, (_, at) => {
      const index = at + 5;
      const flipped = token[index] === "A" ? "B" : "A";
      return token.slice(0, index) + flipped + token.slice(index + 1);
    }),
  ];
  for (const other of others) await isRefused(test, other);
});

Deno.test("the store has no token, only its hash", async () => {
  await using test = await testIdentity();
  const token = await tokenOf(test);
  const { text } = await test.identity.keys.create({ account: "alice", name: "key" });
  const everything = JSON.stringify(await test.store.list(""));
  for (const secret of [token, token.slice(5), text, text.slice(18, 61), PASSWORD]) {
    assert(!everything.includes(secret));
  }
});

Deno.test("create() stores the client's address and agent, without control characters", async () => {
  await using test = await testIdentity();
  const { accounts, sessions } = test.identity;
  await sessions.create(await accounts.record("alice"), {
    address: "192.168.1.100:1",
    agent: `curl\x1b[2J${"x".repeat(1_000)}`,
  });
  const [session] = await sessions.list("alice");
  assertEquals(session?.address, "192.168.1.100:1");
  assertEquals(session?.agent.startsWith("curl[2Jxxx"), true);
  assertEquals(session?.agent.length, 256);
});

Deno.test("revoke() ends one session, revokeAll() an account's or all", async () => {
  await using test = await testIdentity();
  const { sessions } = test.identity;
  const tokens = [await tokenOf(test), await tokenOf(test), await tokenOf(test)];
  for (const token of tokens) await test.identity.gate.authenticate(token, "add", null);
  const listed = await sessions.list("alice");
  assertEquals(listed.length, 3);
  await sessions.revoke(listed[0]?.id ?? "");
  await assertRejects(() => sessions.revoke(listed[0]?.id ?? ""), DariError, "no session");
  await assertRejects(() => sessions.revoke("f"), DariError, "no session");
  assertEquals((await sessions.list()).length, 2);
  await sessions.revokeAll("Alice");
  assertEquals(await sessions.list(), []);
  for (const token of tokens) await isRefused(test, token);
  await tokenOf(test);
  await sessions.revokeAll();
  assertEquals(await sessions.list(), []);
  await assertRejects(() => sessions.revokeAll("nobody"), DariError, "no account");
});

Deno.test("a change of password or rights, and disabling, end the sessions before it", async () => {
  await using test = await testIdentity();
  const { accounts } = test.identity;
  const changes: Record<string, () => Promise<unknown>> = {
    grant: () => accounts.grant("alice", { add: ["admin"], remove: ["user"] }),
    password: () => accounts.setPassword("alice", PASSWORD),
    disable: async () => {
      await accounts.disable("alice");
      await accounts.enable("alice");
    },
  };
  for (const [name, change] of Object.entries(changes)) {
    const token = await tokenOf(test);
    const principal = await test.identity.gate.authenticate(token, "add", null);
    await change();
    assertThrows(() => test.identity.gate.authorize(principal, "add"), DariError, undefined, name);
    await isRefused(test, token);
  }
  const again = await test.identity.gate.authenticate(await tokenOf(test), "add", null);
  assertEquals(again.roles, ["admin"]);
});

Deno.test("a session made for an account that was removed since is void", async () => {
  await using test = await testIdentity();
  const { accounts, sessions, gate } = test.identity;
  const record = await accounts.record("alice");
  await accounts.remove("alice");
  const { token } = await sessions.create(record, { address: peer.address });
  await assertRejects(async () => await gate.authenticate(token, "add", null), DariError);
  await accounts.add({ name: "alice", password: PASSWORD });
  await assertRejects(async () => await gate.authenticate(token, "add", null), DariError);
});
