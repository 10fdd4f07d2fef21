import { assert, assertEquals, assertRejects } from "@std/assert";
import { AccountLockedError } from "../../../lib/auth/account/errors.ts";
import { Lockout } from "../../../lib/auth/account/lockout.ts";
import { systemRandom } from "../../../lib/auth/proof/bytes.ts";
import { AuthenticationError } from "../../../lib/auth/proof/errors.ts";
import { openIdentity } from "../../../lib/auth/sign_in/identity.ts";
import { type Credentials, signIn } from "../../../lib/auth/sign_in/sign_in_client.ts";
import { createMemoryStore } from "../../../lib/store/memory.ts";
import { TestClock } from "../../support/clock.ts";
import {
  certificateOf,
  ITERATIONS,
  PASSWORD,
  type TestIdentity,
  testIdentity,
} from "../../support/identity.ts";
import { keyPairAlgorithms, pemPair } from "../../support/identity_keys.ts";

async function lock({ identity }: TestIdentity): Promise<void> {
  for (let i = 0; i < 5; i++) {
    await assertRejects(() => identity.verify("alice", "wrong password"), AuthenticationError);
  }
}

Deno.test("five failures lock for five minutes, and the lock ends by itself", async () => {
  await using test = await testIdentity();
  await lock(test);
  await assertRejects(() => test.identity.verify("alice", PASSWORD), AccountLockedError);
  assertEquals(
    (await test.identity.accounts.get("alice")).lockedUntilMs,
    test.clock.now() + 300_000,
  );
  test.clock.advance(299_999);
  await assertRejects(() => test.identity.verify("alice", PASSWORD), AccountLockedError);
  test.clock.advance(1);
  await test.identity.verify("alice", PASSWORD);
});

Deno.test("failures are forgotten after a success, and after a quarter of an hour", async () => {
  await using test = await testIdentity();
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 4; i++) await assertRejects(() => test.identity.verify("alice", "wrong"));
    if (round === 1) test.clock.advance(16 * 60_000);
    else await test.identity.verify("alice", PASSWORD);
  }
  await test.identity.verify("alice", PASSWORD);
});

Deno.test("a lock survives a restart, and setting the clock neither ends nor prolongs it", async () => {
  await using test = await testIdentity();
  await lock(test);
  const restarted = () =>
    openIdentity(test.store, { clock: test.clock, passwords: { iterations: ITERATIONS } });
  using second = await restarted();
  await assertRejects(() => second.verify("alice", PASSWORD), AccountLockedError);
  for (const step of [10 * 60_000, 3 * 86_400_000, -30 * 86_400_000]) {
    test.clock.step(step);
    await assertRejects(() => second.verify("alice", PASSWORD), AccountLockedError);
  }
  test.clock.advance(300_000);
  await second.verify("alice", PASSWORD);
});

Deno.test("a lock made while the clock was a year ahead still ends after five minutes", async () => {
  await using test = await testIdentity();
  test.clock.step(365 * 86_400_000);
  await lock(test);
  test.clock.step(-365 * 86_400_000);
  using restarted = await openIdentity(test.store, {
    clock: test.clock,
    passwords: { iterations: ITERATIONS },
  });
  await assertRejects(() => restarted.verify("alice", PASSWORD), AccountLockedError);
  test.clock.advance(300_000);
  await restarted.verify("alice", PASSWORD);
});

Deno.test("a lock stops passwords only: sessions, API keys, public keys and certificates go on", async () => {
  await using test = await testIdentity();
  const { gate, keys, certificates, publicKeys } = test.identity;
  const { token = "" } = await signIn(test.connection().call, {
    login: { username: "alice", password: PASSWORD },
  });
  const { text } = await keys.create({ account: "alice", name: "key" });
  await certificates.map("alice", "alice.example.com");
  const { publicKey, privateKey } = await pemPair(keyPairAlgorithms.Ed25519);
  await publicKeys.add("alice", publicKey);
  await lock(test);
  assertEquals((await gate.authenticate(token, "add", null)).name, "alice");
  assertEquals((await gate.authenticate(text, "add", null)).name, "alice");
  const ways: Credentials[] = [{ token }, { apiKey: text }, {
    keyLogin: { username: "alice", privateKey: privateKey },
  }];
  for (const credentials of ways) {
    const connection = test.connection();
    await signIn(connection.call, credentials);
    assertEquals(connection.principal()?.name, "alice", JSON.stringify(Object.keys(credentials)));
  }
  const certificate = certificateOf("alice.example.com", test.clock.now() + 1_000);
  assertEquals(
    (await gate.identify({ transport: "tls", address: "a:1", certificate }))?.name,
    "alice",
  );
});

Deno.test("unlock() ends a lock, and setPassword() does", async () => {
  await using test = await testIdentity();
  await lock(test);
  await test.identity.accounts.unlock("ALICE");
  await test.identity.verify("alice", PASSWORD);
  await lock(test);
  await test.identity.accounts.setPassword("alice", "another long password");
  await test.identity.verify("alice", "another long password");
});

function opened(failures = 2) {
  const clock = new TestClock();
  const store = createMemoryStore({ clock });
  const lockout = new Lockout(store, clock, systemRandom, { failures, lockMs: 60_000 });
  return {
    clock,
    lockout,
    /** Whether an attempt is counted instead of refused. */
    attempt: () => lockout.reserve("alice").then(() => true, () => false),
    [Symbol.asyncDispose]: () => store.close(),
  };
}

Deno.test("release() takes back one attempt, and clear() all of them", async () => {
  await using test = opened();
  assert(await test.attempt());
  await test.lockout.release("alice");
  assert(await test.attempt());
  assertEquals(await test.lockout.lockedUntilMs("alice"), undefined);
  assert(await test.attempt(), "the second attempt locks, and is still checked");
  assertEquals(await test.lockout.lockedUntilMs("alice"), test.clock.now() + 60_000);
  assertEquals(await test.attempt(), false);
  await test.lockout.clear("alice");
  assert(await test.attempt());
});

Deno.test("reserve() says how long the lock still lasts", async () => {
  await using test = opened(1);
  await test.lockout.reserve("alice");
  test.clock.advance(1_500);
  const error = await assertRejects(() => test.lockout.reserve("alice"), AccountLockedError);
  assertEquals([error.retryAfterMs, error.message], [
    58_500,
    "The account is locked for 59 s; try again then",
  ]);
});

Deno.test("a lock still holds when the clock jumps ahead and its record expires", async () => {
  await using test = opened(1);
  await test.lockout.reserve("alice");
  assertEquals(await test.attempt(), false);
  test.clock.step(2 * 86_400_000);
  assertEquals(await test.attempt(), false);
  test.clock.advance(60_000);
  assert(await test.attempt());
});
