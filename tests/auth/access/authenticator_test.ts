import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { Authenticator, type AuthenticatorParts } from "../../../lib/auth/access/authenticator.ts";
import { LivePrincipals } from "../../../lib/auth/access/live_principals.ts";
import type { LivePrincipal } from "../../../lib/auth/credential/live_principal.ts";
import { openIdentity } from "../../../lib/auth/sign_in/identity.ts";
import { signIn } from "../../../lib/auth/sign_in/sign_in_client.ts";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import type { Store } from "../../../lib/store/store.ts";
import { ITERATIONS, PASSWORD, peer, testIdentity } from "../../support/identity.ts";

Deno.test("a credential has one principal, for its connection and for each call", async () => {
  await using test = await testIdentity();
  const { gate } = test.identity;
  const connection = test.connection();
  const { token = "" } = await signIn(connection.call, {
    login: { username: "alice", password: PASSWORD },
  });
  const byToken = gate.authenticate(token, "add", null);
  assert(byToken === connection.principal(), "answered at once, with the same object");
  const other = test.connection();
  await signIn(other.call, { token });
  assert(other.principal() === byToken);
});

Deno.test("a sign-in reads nothing of what it has just written", async () => {
  await using test = await testIdentity();
  const reads: string[] = [];
  const counting: Store = {
    ...test.store,
    get(key) {
      reads.push(key.slice(0, key.indexOf("/")));
      return test.store.get(key);
    },
    put: (...args) => test.store.put(...args),
    batch: (operations) => test.store.batch(operations),
    watch: (prefix, listener) => test.store.watch(prefix, listener),
  };
  using identity = await openIdentity(counting, {
    clock: test.clock,
    passwords: { iterations: ITERATIONS },
  });
  reads.length = 0;
  const context = { peer, connectionId: "c" };
  const login = { username: "alice", password: PASSWORD };
  const { principal, result } = await identity.gate.signIn("rpc.login", login, context);
  assertEquals(reads, ["lockout", "account", "factor"]);
  assertEquals([principal?.name, (result as { roles: string[] }).roles], ["alice", ["user"]]);
  const { token } = result as { token: string };
  assertStrictEquals(identity.gate.authenticate(token, "add", null), principal ?? null);
  assertEquals(reads, ["lockout", "account", "factor"]);
});

Deno.test("authenticate() makes another principal once the credential changed", async () => {
  await using test = await testIdentity();
  const { gate, keys, accounts } = test.identity;
  const { text } = await keys.create({ account: "alice", name: "key" });
  const before = await gate.authenticate(text, "add", null);
  await accounts.grant("alice", { add: ["admin"] });
  const after = await gate.authenticate(text, "add", null);
  assertEquals([before.roles, after.roles], [["user"], ["user", "admin"]]);
  assertThrows(() => gate.authorize(before, "add"), DariError);
});

Deno.test("a credential that was revoked is not remembered", async () => {
  await using test = await testIdentity();
  const { sessions, keys, accounts } = test.identity;
  using live = new LivePrincipals(test.store);
  const asked: unknown[] = [];
  const authorizer = { isValid: (principal: unknown) => asked.push(principal) > 0 };
  const authenticator = new Authenticator(
    { sessions, keys, live, authorizer } as unknown as AuthenticatorParts,
  );
  const { text } = await keys.create({ account: "alice", name: "key" });
  const before = await authenticator.authenticate(text, "add", null);
  asked.length = 0;
  assertStrictEquals(authenticator.authenticate(text, "add", null), before);
  assertEquals(asked, [before]);
  await accounts.grant("alice", { add: ["admin"] }); // which ends what stood for alice before
  asked.length = 0;
  const after = await authenticator.authenticate(text, "add", null);
  assertEquals(asked, [after]);
  live.revoke(before as LivePrincipal);
  assertStrictEquals(authenticator.authenticate(text, "add", null), after);
});

Deno.test("authenticate() reads again while the store changes, as often as its bound says", async () => {
  for (const changes of [limits.maxStoreUpdateAttempts - 1, limits.maxStoreUpdateAttempts]) {
    await using test = await testIdentity();
    const { text } = await test.identity.keys.create({ account: "alice", name: "key" });
    let reads = 0;
    const changing: Store = {
      ...test.store,
      async get(key) {
        if (key.startsWith("key/") && ++reads <= changes) {
          await test.store.put(`certificate/${reads}`, "{}");
        }
        return await test.store.get(key);
      },
      watch: (prefix, listener) => test.store.watch(prefix, listener),
    };
    using identity = await openIdentity(changing, { clock: test.clock });
    const outcome = await Promise.resolve(identity.gate.authenticate(text, "add", null))
      .then(({ name }) => name, ({ code }) => code);
    assertEquals(outcome, changes < limits.maxStoreUpdateAttempts ? "alice" : "unavailable");
    assertEquals(reads, limits.maxStoreUpdateAttempts);
  }
});

Deno.test("authenticate() refuses what is neither a session token nor an API key", async () => {
  await using test = await testIdentity();
  const { gate } = test.identity;
  for (const token of ["", "alice", "dses", "dari-hmac", "Bearer dses_x", "local"]) {
    const error = await assertRejects(
      async () => await gate.authenticate(token, "add", null),
      DariError,
    );
    assertEquals([error.code, error.message], [
      "unauthenticated",
      "The credential was not accepted",
    ]);
  }
});
