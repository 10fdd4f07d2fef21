import { assert, assertEquals, assertRejects } from "@std/assert";
import { AccountLockedError, InactiveAccountError } from "../../../lib/auth/account/errors.ts";
import { AuthenticationError } from "../../../lib/auth/proof/errors.ts";
import { createScramClient } from "../../../lib/auth/proof/scram_client.ts";
import { openIdentity } from "../../../lib/auth/sign_in/identity.ts";
import { signIn } from "../../../lib/auth/sign_in/sign_in_client.ts";
import { DariError } from "../../../lib/base/errors.ts";
import type { Store } from "../../../lib/store/store.ts";
import {
  ITERATIONS,
  PASSWORD,
  peer,
  type TestIdentity,
  testIdentity,
} from "../../support/identity.ts";

async function lock({ identity }: TestIdentity): Promise<void> {
  for (let i = 0; i < 5; i++) {
    await assertRejects(() => identity.verify("alice", "wrong password"), AuthenticationError);
  }
}

for (const plain of [true, false]) {
  Deno.test(`a sign-in ${plain ? "by password" : "by SCRAM"} forgets the failures before it`, async () => {
    await using test = await testIdentity();
    const attempt = (password: string) =>
      signIn(test.connection().call, { login: { username: "alice", password, plain } });
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 4; i++) await assertRejects(() => attempt("wrong"), DariError);
      await attempt(PASSWORD);
    }
    for (let i = 0; i < 5; i++) await assertRejects(() => attempt("wrong"), DariError);
    await assertRejects(() => attempt(PASSWORD), DariError);
    assert((await test.identity.accounts.get("alice")).lockedUntilMs !== undefined);
  });
}

Deno.test("of 100 SCRAM proofs at once at most five are checked, and a right one behind them is not", async () => {
  await using test = await testIdentity({ maxFailuresPerPeer: 1_000 });
  const prepare = async (password: string) => {
    const { call } = test.connection();
    const client = createScramClient({ username: "alice", password });
    const { data } = await call("rpc.scram", { data: client.first }) as { data: string };
    const proof = await client.answer(data);
    return () => call("rpc.scram", { data: proof }).then(() => "in", ({ cause }) => cause.name);
  };
  const guesses = [];
  for (let i = 0; i < 99; i++) guesses.push(await prepare(`wrong password ${i}`));
  guesses.push(await prepare(PASSWORD));
  const outcomes = await Promise.all(guesses.map((send) => send()));
  const counts = Object.groupBy(outcomes, (name) => name);
  assertEquals(counts["AuthenticationError"]?.length, 5);
  assertEquals(counts["AccountLockedError"]?.length, 95);
});

Deno.test("of 100 guesses at once at most five are checked", async () => {
  await using test = await testIdentity();
  using second = await openIdentity(test.store, {
    clock: test.clock,
    passwords: { iterations: ITERATIONS },
  });
  const guesses = Array.from(
    { length: 100 },
    (_, i) =>
      (i % 2 === 0 ? test.identity : second).verify("alice", `wrong password ${i}`)
        .then(() => "in", (error: unknown) => (error as Error).name),
  );
  const counts = Object.groupBy(await Promise.all(guesses), (name) => name);
  assertEquals(counts["AuthenticationError"]?.length, 5);
  assertEquals(counts["AccountLockedError"]?.length, 95);
});

Deno.test("right passwords at once do not lock each other out", async () => {
  await using test = await testIdentity();
  await Promise.all(Array.from({ length: 20 }, () => test.identity.verify("alice", PASSWORD)));
});

Deno.test("one peer cannot try a password on many names", async () => {
  await using test = await testIdentity({ maxFailuresPerPeer: 10 });
  const guess = (name: string, address: string) =>
    test.identity.verify(name, "a common password", address).catch((error) => error.code);
  for (let i = 0; i < 10; i++) {
    assertEquals(await guess(`user${i}`, `10.0.0.1:${i}`), "unauthenticated");
  }
  assertEquals(await guess("alice", "10.0.0.1:999"), "resource_exhausted");
  assertEquals(await guess("alice", "10.0.0.2:1"), "unauthenticated");
  await test.identity.verify("alice", PASSWORD, "10.0.0.2:1");
  test.clock.advance(5 * 60_000);
  await test.identity.verify("alice", PASSWORD, "10.0.0.1:1");
});

Deno.test("a right SCRAM proof for a locked account counts against the peer like a wrong one", async () => {
  await using test = await testIdentity({ maxFailuresPerPeer: 3 });
  await lock(test);
  const login = { username: "alice", password: PASSWORD };
  const codes: string[] = [];
  for (let i = 0; i < 4; i++) {
    await signIn(test.connection().call, { login }).catch(({ code }) => codes.push(code));
  }
  assertEquals(codes, [...Array(3).fill("unauthenticated"), "resource_exhausted"]);
});

Deno.test("a flood of sign-ins is refused beyond the queue, and those refused write nothing", async () => {
  await using test = await testIdentity();
  let writes = 0;
  using _watch = test.store.watch("lockout/", () => writes++);
  const flood = Array.from(
    { length: 500 },
    (_, i) => test.identity.verify(`guess${i}`, "a common password").catch((error) => error.code),
  );
  const counts = Object.groupBy(await Promise.all(flood), (code) => String(code));
  const looked = counts["unauthenticated"]?.length ?? 0;
  assert(looked >= 65 && looked < 100, `${looked} were looked at`);
  assertEquals(looked + (counts["resource_exhausted"]?.length ?? 0), 500);
  assertEquals(writes, looked);
});

Deno.test("verify() has a class of error for each reason", async () => {
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

Deno.test("an unknown name gets the same SCRAM salt at every try, and another name another salt", async () => {
  await using test = await testIdentity();
  const saltOf = async (name: string) => {
    const reply = await test.connection().call("rpc.scram", { data: `n,,n=${name},r=abc` });
    return /s=([^,]+),i=(\d+)/.exec((reply as { data: string }).data)?.slice(1).join();
  };
  assertEquals(await saltOf("nobody"), await saltOf("NOBODY"));
  assert(await saltOf("nobody") !== await saltOf("somebody"));
  assertEquals((await saltOf("nobody"))?.split(",")[1], (await saltOf("alice"))?.split(",")[1]);
});

Deno.test("a sign-in stores the password again under stronger parameters, for SCRAM as well", async () => {
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

/** Notes the iterations of every derivation until it is disposed. */
function noteDerivations() {
  const { deriveBits } = crypto.subtle;
  const iterations: unknown[] = [];
  crypto.subtle.deriveBits = (algorithm, key, length) => {
    iterations.push((algorithm as Pbkdf2Params).iterations);
    return deriveBits.call(crypto.subtle, algorithm, key, length as number);
  };
  return {
    take: () => iterations.splice(0),
    [Symbol.dispose]() {
      crypto.subtle.deriveBits = deriveBits;
    },
  };
}

Deno.test("known, unknown, locked and disabled accounts take the same time", async () => {
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
  using derivations = noteDerivations();
  const fastest = tries.map(() => Infinity);
  const ratio = () => Math.max(...fastest) / Math.min(...fastest);
  // A busy machine only ever adds time, so the fastest of interleaved tries are compared.
  for (let i = 0; i < 50 || (i < 500 && ratio() > 1.2); i++) {
    for (const [at, [name, password, failure]] of tries.entries()) {
      const start = performance.now();
      await assertRejects(() => test.identity.verify(name, password), failure);
      fastest[at] = Math.min(fastest[at] ?? NaN, performance.now() - start);
      // The derivation is nearly all of the time, and the same for every kind.
      assertEquals(derivations.take(), [passwords.iterations], name);
    }
  }
  assert(ratio() <= 1.2, `the fastest took ${fastest} ms`);
});

Deno.test("a right attempt is no failure when what follows it fails", async () => {
  await using test = await testIdentity();
  const full: Store = {
    ...test.store,
    get: (key) => test.store.get(key),
    put: (...args) => test.store.put(...args),
    watch: (prefix, listener) => test.store.watch(prefix, listener),
    batch: () => Promise.reject(new DariError("io", "The disk is full")),
  };
  using identity = await openIdentity(full, {
    clock: test.clock,
    passwords: { iterations: ITERATIONS },
  });
  for (let i = 0; i < 10; i++) {
    await assertRejects(() => identity.verify("alice", PASSWORD), DariError, "disk is full");
  }
  assertEquals((await test.identity.verify("alice", PASSWORD)).name, "alice");
});

Deno.test("SCRAM proofs of one peer in a burst cannot pass its limit, whatever accounts they name", async () => {
  await using test = await testIdentity({ maxFailuresPerPeer: 5 });
  const guesses = await Promise.all(Array.from({ length: 40 }, async (_, i) => {
    const { call } = test.connection();
    const client = createScramClient({ username: `user${i}`, password: "a common password" });
    const { data } = await call("rpc.scram", { data: client.first }) as { data: string };
    const proof = await client.answer(data);
    return () => call("rpc.scram", { data: proof }).catch(({ code }) => code);
  }));
  const outcomes = await Promise.all(guesses.map((send) => send()));
  const counts = Object.groupBy(outcomes, (code) => String(code));
  assertEquals(counts["unauthenticated"]?.length, 5);
  assertEquals(counts["resource_exhausted"]?.length, 35);
});

Deno.test("right SCRAM proofs of one peer in a burst are all accepted", async () => {
  await using test = await testIdentity({ maxFailuresPerPeer: 2 });
  const login = { username: "alice", password: PASSWORD };
  await Promise.all(
    Array.from({ length: 20 }, () => signIn(test.connection().call, { login })),
  );
});

for (const plain of [true, false]) {
  Deno.test(`a sign-in ${plain ? "by password" : "by SCRAM"} to a locked account asks the store as much as a wrong one`, async () => {
    await using test = await testIdentity({ lockout: { failures: 1 } });
    const operations: string[] = [];
    const noted =
      <A extends unknown[], R>(name: string, operate: (...args: A) => R) => (...args: A) => {
        operations.push(name);
        return operate(...args);
      };
    const { store } = test;
    using identity = await openIdentity({
      get: noted("get", (key) => store.get(key)),
      put: noted("put", (...args) => store.put(...args)),
      delete: noted("delete", (...args) => store.delete(...args)),
      list: noted("list", (prefix) => store.list(prefix)),
      batch: noted("batch", (all) => store.batch(all)),
      watch: (prefix, listener) => store.watch(prefix, listener),
      close: () => store.close(),
      [Symbol.asyncDispose]: () => store.close(),
    }, { clock: test.clock, lockout: { failures: 1 }, passwords: { iterations: ITERATIONS } });
    const asked = async () => {
      operations.length = 0;
      const call = async (method: string, params: unknown) => {
        const context = { peer, connectionId: "c" };
        return (await identity.gate.signIn(method as "rpc.login", params, context)).result;
      };
      const login = { username: "alice", password: "a wrong password", plain };
      await assertRejects(() => signIn(call, { login }), DariError);
      return operations.join(" ");
    };
    const wrong = await asked();
    assert((await test.identity.accounts.get("alice")).lockedUntilMs !== undefined);
    assertEquals(await asked(), wrong);
    assert(wrong.includes("put"), wrong);
  });
}
