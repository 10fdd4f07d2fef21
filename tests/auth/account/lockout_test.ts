import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  AccountLockedError,
  AuthenticationError,
  createScramClient,
  type Credentials,
  openIdentity,
  signIn,
} from "../../../lib/auth/mod.ts";
import { DariError } from "../../../lib/base/errors.ts";
import { generateKeyPair } from "../../../lib/cert/key/key_pair.ts";
import { encodePem } from "../../../lib/cert/mod.ts";
import { PeerLimit } from "../../../lib/auth/account/peer_limit.ts";
import { TestClock } from "../../support/clock.ts";
import { ITERATIONS, PASSWORD, type TestIdentity, testIdentity } from "../../support/identity.ts";

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

Deno.test("a success forgets the failures before it, and so does time", async () => {
  await using test = await testIdentity();
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 4; i++) await assertRejects(() => test.identity.verify("alice", "wrong"));
    if (round === 1) test.clock.advance(16 * 60_000);
    else await test.identity.verify("alice", PASSWORD);
  }
  await test.identity.verify("alice", PASSWORD);
});

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

Deno.test("of 100 proofs of SCRAM at once at most five are looked at, and a right one behind is not", async () => {
  await using test = await testIdentity();
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

Deno.test("of 100 guesses at once at most five are looked at", async () => {
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

Deno.test("a lock survives a restart, and steps of the clock neither end nor prolong it", async () => {
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

Deno.test("a lock of a clock that was a year ahead ends after five minutes all the same", async () => {
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

Deno.test("a lock is no weapon: sessions, API keys, keys and certificates go on", async () => {
  await using test = await testIdentity();
  const { gate, keys, certificates, publicKeys } = test.identity;
  const { token = "" } = await signIn(test.connection().call, {
    login: { username: "alice", password: PASSWORD },
  });
  const { text } = await keys.create({ account: "alice", name: "key" });
  await certificates.map("alice", "alice.example.com");
  const { publicKey, privateKey } = await generateKeyPair("ed25519");
  await publicKeys.add("alice", encodePem("PUBLIC KEY", publicKey));
  await lock(test);
  assertEquals((await gate.authenticate(token, "add", null)).name, "alice");
  assertEquals((await gate.authenticate(text, "add", null)).name, "alice");
  const ways: Credentials[] = [{ token }, { apiKey: text }, {
    key: { username: "alice", privateKey: encodePem("PRIVATE KEY", privateKey) },
  }];
  for (const credentials of ways) {
    const connection = test.connection();
    await signIn(connection.call, credentials);
    assertEquals(connection.principal()?.name, "alice", JSON.stringify(Object.keys(credentials)));
  }
  const certificate = {
    identity: "alice.example.com",
    subject: "CN=alice",
    serial: "1",
    fingerprint: "ab".repeat(32),
    notAfterMs: test.clock.now() + 1_000,
  };
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

Deno.test("one peer cannot spray many names", async () => {
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

Deno.test("a locked account does not tell a right proof of SCRAM by what it costs the peer", async () => {
  await using test = await testIdentity({ maxFailuresPerPeer: 3 });
  await lock(test);
  const login = { username: "alice", password: PASSWORD };
  const codes: string[] = [];
  for (let i = 0; i < 4; i++) {
    await signIn(test.connection().call, { login }).catch(({ code }) => codes.push(code));
  }
  assertEquals(codes, [...Array(3).fill("unauthenticated"), "resource_exhausted"]);
});

Deno.test("PeerLimit counts an IPv6 network as one peer, and an IPv4 host in its IPv6 form", () => {
  const limit = new PeerLimit(new TestClock(), 2);
  const allowed = (address: string) => {
    try {
      limit.check(address);
    } catch (error) {
      assert(error instanceof DariError && (error.retryAfterMs ?? 0) > 0);
      return false;
    }
    limit.failed(address);
    return true;
  };
  assert(allowed("[2001:db8::1]:1") && allowed("[2001:db8::ffff:2]:2"));
  assertEquals(allowed("[2001:db8:0:0:9::3]:3"), false);
  assert(allowed("[2001:db8:0:1::1]:1"));
  // What a listener on [::] calls clients that came over IPv4.
  assert(allowed("[::ffff:10.0.0.1]:1") && allowed("10.0.0.1:2"));
  assertEquals(allowed("[::ffff:a00:1]:3"), false);
  assert(allowed("[::ffff:10.0.0.2]:1") && allowed("[::1]:1"));
});

Deno.test("a flood of sign-ins is refused beyond the queue, without a write for the refused", async () => {
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
