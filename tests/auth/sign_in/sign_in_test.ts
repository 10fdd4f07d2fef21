import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  AccountLockedError,
  AuthenticationError,
  InactiveAccountError,
  openIdentity,
  signIn,
} from "../../../lib/auth/mod.ts";
import { DariError } from "../../../lib/base/errors.ts";
import { ITERATIONS, PASSWORD, peer, testIdentity } from "../../support/identity.ts";

const login = (username: string, password: string) => ({ login: { username, password } });

Deno.test("signIn() by SCRAM and by rpc.login gives the same principal", async () => {
  await using test = await testIdentity();
  for (const plain of [false, true]) {
    const connection = test.connection();
    const signedIn = await signIn(connection.call, {
      login: { username: "ALICE", password: PASSWORD, plain },
    });
    const { credentialId, ...principal } = { ...connection.principal() };
    assertEquals(principal, {
      name: "alice",
      kind: "session",
      roles: ["user"],
      expiresAtMs: signedIn.expiresAtMs ?? 0,
    });
    assert(/^session:[0-9a-f]{16}$/.test(String(credentialId)));
    assertEquals(signedIn.expiresAtMs, test.clock.now() + 12 * 3_600_000);
    assert(/^dses_[A-Za-z0-9_-]{43}$/.test(signedIn.token ?? ""), signedIn.token);
  }
});

Deno.test("signIn() reads alike on the wire whatever was wrong", async () => {
  await using test = await testIdentity({ lockout: { failures: 3 } });
  const { accounts } = test.identity;
  await accounts.add({ name: "disabled", password: PASSWORD });
  await accounts.disable("disabled");
  await accounts.add({ name: "passwordless" });
  await accounts.add({ name: "locked", password: PASSWORD });
  for (let i = 0; i < 3; i++) {
    await assertRejects(() => test.identity.verify("locked", "wrong"), AuthenticationError);
  }
  const failures = new Set<string>();
  for (const plain of [true, false]) {
    for (
      const [username, password] of [
        ["alice", "wrong password"],
        ["nobody", PASSWORD],
        ["disabled", PASSWORD],
        ["passwordless", PASSWORD],
        ["locked", PASSWORD],
        ["no\0name", PASSWORD],
        ["", PASSWORD],
      ] as const
    ) {
      const error = await assertRejects(
        () => signIn(test.connection().call, { login: { username, password, plain } }),
        DariError,
      );
      const { name, code, message, retryable, retryAfterMs } = error;
      failures.add(JSON.stringify({ name, code, message, retryable, retryAfterMs }));
    }
  }
  assertEquals(failures.size, 1, [...failures].join("\n"));
  assertEquals(JSON.parse([...failures][0] ?? "{}").code, "unauthenticated");
});

Deno.test("verify() tells an embedding program what was wrong", async () => {
  await using test = await testIdentity();
  const { accounts, verify } = test.identity;
  assertEquals((await verify("Alice", PASSWORD)).name, "alice");
  for (const password of ["wrong", "", "a\0b", "x".repeat(1_048_576)]) {
    await assertRejects(() => verify("alice", password), AuthenticationError);
  }
  await assertRejects(() => verify("nobody", PASSWORD), AuthenticationError);
  await accounts.disable("alice");
  await assertRejects(() => verify("alice", PASSWORD), InactiveAccountError);
  await accounts.enable("alice");
  for (let i = 0; i < 5; i++) await assertRejects(() => verify("alice", "wrong password"));
  const locked = await assertRejects(() => verify("alice", PASSWORD), AccountLockedError);
  assertEquals(locked.retryAfterMs, 5 * 60_000);
});

Deno.test("signIn() refuses a server that does not know the account", async () => {
  await using test = await testIdentity();
  await using impostor = await testIdentity();
  await impostor.identity.accounts.setPassword("alice", "another long password");
  const real = test.connection();
  const call = async (method: string, params: Record<string, unknown>) => {
    const reply = await real.call(method, params);
    if (!("token" in (reply as object))) return reply;
    return { ...reply as object, data: `v=${btoa("\0".repeat(32))}` };
  };
  await assertRejects(
    () => signIn(call, login("alice", PASSWORD)),
    AuthenticationError,
    "did not prove",
  );
});

Deno.test("signIn() never takes up a session id, a role or a user from the parameters", async () => {
  await using test = await testIdentity();
  const offered = `dses_${"A".repeat(43)}`;
  const reply = await test.connection().call("rpc.login", {
    username: "alice",
    password: PASSWORD,
    token: offered,
    sessionId: offered,
    roles: ["admin"],
    user: "bob",
    __proto__: { roles: ["admin"] },
  }) as { token: string; roles: string[] };
  assert(reply.token !== offered);
  assertEquals(reply.roles, ["user"]);
  await assertRejects(async () => await test.identity.gate.authenticate(offered, "add", null));
});

Deno.test("signIn() takes a password from every keyboard, by SCRAM and by rpc.login", async () => {
  await using test = await testIdentity();
  const password = "Zoë zahlt 20 €, ja 🙂👩‍👩‍👧";
  await test.identity.accounts.setPassword("alice", password.normalize("NFD"));
  const spellings = [password.normalize("NFC"), password.replaceAll(" ", "\u00a0")];
  for (const plain of [true, false]) {
    for (const spelling of spellings) {
      const credentials = { login: { username: "ALICE", password: spelling, plain } };
      assertEquals((await signIn(test.connection().call, credentials)).roles, ["user"]);
    }
    for (const wrong of [password.toLowerCase(), password.slice(0, -2)]) {
      const credentials = { login: { username: "alice", password: wrong, plain } };
      await assertRejects(() => signIn(test.connection().call, credentials), DariError);
    }
  }
});

Deno.test("rpc.login refuses what cannot be a password, in the words of a wrong one", async () => {
  await using test = await testIdentity();
  const { call } = test.connection();
  for (const password of ["", "nul\0nul\0nul\0nul\0", "\ud800".repeat(20), "x".repeat(1_025)]) {
    const error = await assertRejects(
      () => call("rpc.login", { username: "alice", password }),
      DariError,
      "The credential was not accepted",
    );
    assertEquals(error.code, "unauthenticated");
  }
  // Nothing was computed and nothing counted: it is no guess.
  assertEquals((await test.identity.accounts.get("alice")).lockedUntilMs, undefined);
  await signIn(call, login("alice", PASSWORD));
});

Deno.test("sign-in requests refuse parameters of another shape", async () => {
  await using test = await testIdentity();
  const { call } = test.connection();
  const bad: unknown[] = [null, [], ["alice", PASSWORD], {}, { username: 1, password: PASSWORD }, {
    username: "alice",
    password: "x".repeat(10_000),
  }];
  for (const params of bad) {
    const error = await assertRejects(
      () => call("rpc.login", params as Record<string, unknown>),
      DariError,
    );
    assertEquals(error.code, "invalid_params");
  }
});

Deno.test("a SCRAM exchange belongs to one connection, one try and one minute", async () => {
  await using test = await testIdentity();
  const { createScramClient } = await import("../../../lib/auth/mod.ts");
  const begin = async (connection: ReturnType<typeof test.connection>) => {
    const client = createScramClient({ username: "alice", password: PASSWORD });
    const first = await connection.call("rpc.scram", { data: client.first }) as { data: string };
    return await client.answer(first.data);
  };
  const [here, there] = [test.connection(), test.connection()];
  const final = await begin(here);
  await assertRejects(() => there.call("rpc.scram", { data: final }), DariError);
  await here.call("rpc.scram", { data: final });
  await assertRejects(() => here.call("rpc.scram", { data: final }), DariError);
  const late = await begin(here);
  test.clock.advance(60_001);
  await assertRejects(() => here.call("rpc.scram", { data: late }), DariError);
  const ended = test.connection("ended");
  const forgotten = await begin(ended);
  test.identity.gate.forget("ended");
  await assertRejects(() => ended.call("rpc.scram", { data: forgotten }), DariError);
});

Deno.test("unknown names get the same SCRAM salt at every try, and not each other's", async () => {
  await using test = await testIdentity();
  const saltOf = async (name: string) => {
    const reply = await test.connection().call("rpc.scram", { data: `n,,n=${name},r=abc` });
    return /s=([^,]+),i=(\d+)/.exec((reply as { data: string }).data)?.slice(1).join();
  };
  assertEquals(await saltOf("nobody"), await saltOf("NOBODY"));
  assert(await saltOf("nobody") !== await saltOf("somebody"));
  assertEquals((await saltOf("nobody"))?.split(",")[1], (await saltOf("alice"))?.split(",")[1]);
});

Deno.test("a sign-in brings a password to today's iterations, and SCRAM with it", async () => {
  await using test = await testIdentity();
  using stronger = await openIdentity(test.store, {
    clock: test.clock,
    passwords: { iterations: 2 * ITERATIONS },
  });
  await stronger.verify("alice", PASSWORD);
  const { password } = await stronger.accounts.record("alice");
  assert(password?.phc.startsWith(`$pbkdf2-sha256$i=${2 * ITERATIONS}$`), password?.phc);
  assertEquals(password?.scram.iterations, 2 * ITERATIONS);
  await stronger.verify("alice", PASSWORD);
  assertEquals((await stronger.accounts.record("alice")).password, password);
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

Deno.test("rpc.logout ends the session and signs the connection out", async () => {
  await using test = await testIdentity();
  const connection = test.connection();
  const { token = "" } = await signIn(connection.call, login("alice", PASSWORD));
  const principal = connection.principal();
  await connection.call("rpc.logout", {});
  assertEquals(connection.principal(), null);
  assertThrows(() => test.identity.gate.authorize(principal, "add"), DariError);
  await assertRejects(async () => await test.identity.gate.authenticate(token, "add", null));
  await connection.call("rpc.logout", {});
});

Deno.test("known, unknown, locked and disabled accounts take the same time", async () => {
  // Iterations enough to rise above noise; medians of interleaved tries.
  const passwords = { iterations: 20_000 };
  await using test = await testIdentity({ passwords, lockout: { failures: 10_000 } });
  const { accounts } = test.identity;
  for (const name of ["locked", "disabled"]) await accounts.add({ name, password: PASSWORD });
  await accounts.disable("disabled");
  using strict = await openIdentity(test.store, { clock: test.clock, lockout: { failures: 1 } });
  await assertRejects(() => strict.verify("locked", "wrong"), AuthenticationError);
  const tries = [
    ["alice", "wrong password", AuthenticationError],
    ["nobody", "wrong password", AuthenticationError],
    ["locked", PASSWORD, AccountLockedError],
    ["disabled", PASSWORD, InactiveAccountError],
  ] as const;
  const ratiosOfMedians = async () => {
    const times = tries.map((): number[] => []);
    for (let i = 0; i < 100; i++) {
      for (const [at, [name, password, failure]] of tries.entries()) {
        const start = performance.now();
        await assertRejects(() => test.identity.verify(name, password), failure);
        times[at]?.push(performance.now() - start);
      }
    }
    const medians = times.map((list) => list.sort((x, y) => x - y)[list.length / 2] ?? NaN);
    return medians.map((median) => median / (medians[0] ?? NaN));
  };
  // Another program's burst may fall on one kind; a real difference shows in every round.
  const rounds: number[][] = [];
  const isClose = (kind: number) =>
    rounds.some((ratios) => Math.abs((ratios[kind] ?? NaN) - 1) < 0.05);
  const areClose = () => [...tries.keys()].every(isClose);
  while (rounds.length < 5 && !areClose()) rounds.push(await ratiosOfMedians());
  assert(areClose(), `medians differ by factors of ${rounds.join(" and ")}`);
});
