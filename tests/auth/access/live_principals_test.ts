import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { LivePrincipals } from "../../../lib/auth/access/live_principals.ts";
import {
  accountId,
  type AccountRecord,
  createAccountRecord,
} from "../../../lib/auth/account/account.ts";
import {
  type LiveFacts,
  LivePrincipal,
  type Origin,
} from "../../../lib/auth/credential/live_principal.ts";
import type { Principal } from "../../../lib/auth/policy/principal.ts";
import { systemRandom } from "../../../lib/auth/proof/bytes.ts";
import { openIdentity } from "../../../lib/auth/sign_in/identity.ts";
import { DariError } from "../../../lib/base/errors.ts";
import { createMemoryStore } from "../../../lib/store/memory.ts";
import { openSqliteStore } from "../../../lib/store/sqlite.ts";
import type { Store } from "../../../lib/store/store.ts";
import { certificateOf, PASSWORD, peer, testIdentity } from "../../support/identity.ts";
import { tempDirectory } from "../../support/temp.ts";

const codeOf = (work: () => void) => assertThrows(work, DariError).code;

Deno.test("principals end when changes of the store may have been missed", async () => {
  await using test = await testIdentity();
  let tell: ((kind: "reset") => void) | undefined;
  const broken: Store = {
    ...test.store,
    get: (key) => test.store.get(key),
    put: (...args) => test.store.put(...args),
    watch(prefix, listener) {
      if (prefix === "account/") tell = (kind) => listener({ kind });
      return test.store.watch(prefix, listener);
    },
  };
  using identity = await openIdentity(broken, { clock: test.clock });
  const { text } = await test.identity.keys.create({ account: "alice", name: "key" });
  const principal = await identity.gate.authenticate(text, "add", null);
  identity.gate.authorize(principal, "add");
  tell?.("reset");
  assertEquals(codeOf(() => identity.gate.authorize(principal, "add")), "unauthenticated");
});

Deno.test("disable() by another process ends everything", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/dari.db`;
  await using here = await openSqliteStore(path);
  await using there = await openSqliteStore(path);
  using server = await openIdentity(here, { passwords: { iterations: 4_096 } });
  using administrator = await openIdentity(there);
  await server.accounts.add({ name: "alice", password: PASSWORD });
  await server.certificates.map("alice", "worker-1");
  const { text } = await server.keys.create({ account: "alice", name: "key" });
  const { token } = await server.sessions.create(await server.accounts.record("alice"), peer);
  const certificate = certificateOf("worker-1", Date.now() + 60_000);
  const principals = [
    await server.gate.authenticate(text, "add", null),
    await server.gate.authenticate(token, "add", null),
    await server.gate.identify({ ...peer, certificate }),
  ];
  for (const principal of principals) server.gate.authorize(principal, "add");

  const { promise, resolve } = Promise.withResolvers<void>();
  const ended = new Set<Principal>();
  server.gate.onRevoked((principal) => {
    if (ended.add(principal).size === principals.length) resolve();
  });
  // limits/store_test.ts holds that it is looked for within a second.
  // The polling timer does not keep a program alive, so the test has to.
  const alive = setInterval(() => {}, 100);
  await administrator.accounts.disable("alice");
  await promise;
  clearInterval(alive);
  for (const principal of principals) {
    assertEquals(codeOf(() => server.gate.authorize(principal, "add")), "unauthenticated");
  }
  await assertRejects(async () => await server.gate.authenticate(text, "add", null), DariError);
});

const facts = { kind: "session", roles: ["user"], credentialId: "session:1" } as const;
const record = createAccountRecord({ name: "alice" }, systemRandom, 0);

/** Principals in use over a store in memory, with one of alice among them. */
function opened(origin: Origin = {}, more: Partial<LiveFacts> = {}) {
  const store = createMemoryStore();
  const live = new LivePrincipals(store);
  const account = `account/${accountId("alice")}`;
  const principal = new LivePrincipal(
    { ...facts, name: "alice", ...more },
    { account: record, accountKey: accountId("alice"), key: "session/1", ...origin },
  );
  live.add(principal);
  return {
    live,
    store,
    principal,
    put: (key: string, value: object) => store.put(key, JSON.stringify(value)),
    putAccount: (change: Partial<AccountRecord>) =>
      store.put(account, JSON.stringify({ ...record, ...change })),
    isRevoked: () => LivePrincipal.validityOf(principal)?.revoked,
    async [Symbol.asyncDispose]() {
      live[Symbol.dispose]();
      await store.close();
    },
  };
}

for (const change of [{ epoch: "another" }, { id: "another" }, { active: false }]) {
  Deno.test(`a session ends when its account changes to ${JSON.stringify(change)}`, async () => {
    await using test = opened();
    await test.putAccount({});
    assertEquals(test.isRevoked(), false);
    await test.putAccount(change);
    assertEquals(test.isRevoked(), true);
  });
}

Deno.test("a certificate ends when its account no longer lists it", async () => {
  await using test = opened({ detail: "worker-1" }, { kind: "certificate" });
  await test.putAccount({ certificates: ["worker-2", "worker-1"] });
  assertEquals(test.isRevoked(), false);
  await test.putAccount({ certificates: ["worker-2"] });
  assertEquals(test.isRevoked(), true);
});

Deno.test("an API key ends when its account's roles change, and not with their order", async () => {
  for (const roles of [["user"], ["user", "admin", "guest"], ["user", "guest"]]) {
    await using test = opened({}, { kind: "apiKey", roles: ["user", "admin"] });
    await test.putAccount({ roles: ["admin", "user"] });
    assertEquals(test.isRevoked(), false);
    await test.putAccount({ roles });
    assertEquals(test.isRevoked(), true, roles.join());
  }
});

Deno.test("a session ends when it or its account is removed", async () => {
  for (const key of ["session/1", `account/${accountId("alice")}`]) {
    await using test = opened();
    await test.put(key, record);
    await test.store.delete(key);
    assertEquals(test.isRevoked(), true, key);
  }
});

Deno.test("a session that another process used lives longer here as well", async () => {
  await using test = opened();
  const validity = LivePrincipal.validityOf(test.principal);
  if (validity !== undefined) validity.idleUntilMs = 5;
  await test.put("session/1", { idleUntilMs: 9 });
  assertEquals(validity?.idleUntilMs, 9);
  await test.put("session/1", { idleUntilMs: 7 });
  assertEquals(validity?.idleUntilMs, 9);
});

Deno.test("generation grows with changes that may end a principal, and not with new sessions", async () => {
  await using test = opened();
  const grows = async (change: () => Promise<unknown>) => {
    const before = test.live.generation;
    await change();
    return test.live.generation > before;
  };
  assertEquals(await grows(() => test.put("session/2", { idleUntilMs: 1 })), false);
  assertEquals(await grows(() => test.put("sign-in/1", { atMs: 1 })), false);
  assert(await grows(() => test.store.delete("session/2")));
  assert(await grows(() => test.putAccount({})));
  assert(await grows(() => test.put("key/1", { active: true, secrets: [] })));
  assert(await grows(() => test.put("certificate/1", { accountId: "x" })));
});

Deno.test("onRevoked() calls every listener once, also when one of them throws", async () => {
  await using test = opened();
  const failures: unknown[] = [];
  const onError = (event: ErrorEvent) => {
    event.preventDefault();
    failures.push(event.error.message);
  };
  addEventListener("error", onError);
  const heard: Principal[] = [];
  test.live.onRevoked(() => {
    throw new Error("a listener failed");
  });
  test.live.onRevoked((principal) => heard.push(principal));
  const forget = test.live.onRevoked((principal) => heard.push(principal));
  forget();
  test.live.revoke(test.principal);
  test.live.revoke(test.principal);
  removeEventListener("error", onError);
  assertEquals([heard, failures], [[test.principal], ["a listener failed"]]);
});

Deno.test("disposing ends the watches of the store", async () => {
  await using test = opened();
  test.live[Symbol.dispose]();
  await test.putAccount({ active: false });
  assertEquals(test.isRevoked(), false);
});
