// Every bound of lib/auth at its value and one beyond.

import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { checkCount } from "../../lib/auth/account/account.ts";
import { Lockout } from "../../lib/auth/account/lockout.ts";
import { checkText } from "../../lib/auth/account/names.ts";
import { signCall } from "../../lib/auth/credential/signed_request.ts";
import { Uses } from "../../lib/auth/credential/uses.ts";
import { systemRandom } from "../../lib/auth/proof/bytes.ts";
import { AccountLockedError } from "../../lib/auth/mod.ts";
import {
  formatPasswordHash,
  parsePasswordHash,
  passwordBytes,
} from "../../lib/auth/proof/password.ts";
import { checkNewPassword } from "../../lib/auth/proof/password_policy.ts";
import { createScramClient } from "../../lib/auth/proof/scram_client.ts";
import { deadline } from "../../lib/base/abort.ts";
import { DariError } from "../../lib/base/errors.ts";
import { rsaKeyFault } from "../../lib/base/key_check.ts";
import { limits } from "../../lib/base/limits.ts";
import { createMemoryStore } from "../../lib/store/mod.ts";
import { TestClock } from "../support/clock.ts";
import { FakeTimers } from "../support/fake_timers.ts";
import { PASSWORD, testIdentity } from "../support/identity.ts";

const LATE_MS = 10_000;

Deno.test("an account has as many items of a kind as its bound says, and not one more", async () => {
  const items = (length: number) => Array.from({ length }, (_, at) => `role${at}`);
  assertEquals(checkCount(items(limits.maxAccountItems), "roles").length, limits.maxAccountItems);
  assertThrows(() => checkCount(items(limits.maxAccountItems + 1), "roles"), DariError, "at most");
  const policy = { roles: { ["r".repeat(limits.maxRoleLength)]: ["*"] } };
  await using test = await testIdentity({ policy });
  const add = (name: string, length: number) =>
    test.identity.accounts.add({ name, roles: ["r".repeat(length)] });
  await add("longest", limits.maxRoleLength);
  await assertRejects(() => add("longer", limits.maxRoleLength + 1), DariError);
});

Deno.test("a text of an account, and the name of a program, end at their bounds", async () => {
  assertEquals(checkText("x".repeat(limits.maxTextLength), "e-mail").length, limits.maxTextLength);
  assertThrows(() => checkText("x".repeat(limits.maxTextLength + 1), "e-mail"), DariError);
  await using test = await testIdentity();
  for (const length of [limits.maxAgentLength, limits.maxAgentLength + 1]) {
    const agent = "a".repeat(length);
    const login = { username: "alice", password: PASSWORD, agent };
    await test.connection().call("rpc.login", login);
  }
  const sessions = await test.identity.sessions.list();
  assertEquals(
    sessions.map(({ agent }) => agent.length),
    [limits.maxAgentLength, limits.maxAgentLength],
  );
  assertEquals(sessions.every(({ id }) => id.length === limits.sessionIdLength), true);
});

Deno.test("a password has at most its bytes, and a new one at least its characters", async () => {
  assertEquals(passwordBytes("x".repeat(limits.maxPasswordBytes)).length, limits.maxPasswordBytes);
  assertThrows(() => passwordBytes("x".repeat(limits.maxPasswordBytes + 1)));
  assertThrows(() => passwordBytes("é".repeat(limits.maxPasswordBytes / 2) + "x"));
  const words = "quartz hammock violin";
  await checkNewPassword(words.slice(0, limits.minPasswordCharacters), []);
  const short = words.slice(0, limits.minPasswordCharacters - 1);
  await assertRejects(() => checkNewPassword(short, []), DariError, "choose at least");
  const least = limits.minPasswordCharactersAllowed;
  await checkNewPassword(words.slice(0, least), [], { minCharacters: least });
  await assertRejects(() => checkNewPassword(words, [], { minCharacters: least - 1 }), RangeError);
});

Deno.test("a stored hash has as many iterations and bytes as its bounds say", () => {
  const parse = (iterations: number, bytes: number) =>
    parsePasswordHash(formatPasswordHash({
      iterations,
      salt: new Uint8Array(limits.passwordSaltBytes),
      hash: new Uint8Array(bytes),
    }));
  const { maxPasswordIterations: most, minPasswordHashBytes: least } = limits;
  assertEquals(parse(most, least).iterations, most);
  assertThrows(() => parse(most + 1, least), DariError, "out of range");
  assertThrows(() => parse(most, least - 1), DariError, "out of range");
});

Deno.test("a SCRAM client takes the iterations of its bounds, and none beyond", async () => {
  const ask = async (iterations: number) => {
    const client = createScramClient({ username: "alice", password: PASSWORD, nonce: "n" });
    return await client.answer(`r=nonce,s=c2FsdA==,i=${iterations}`);
  };
  await ask(limits.minScramIterations);
  for (const beyond of [limits.minScramIterations - 1, limits.maxPasswordIterations + 1]) {
    await assertRejects(() => ask(beyond), Error, `asks for ${beyond} SCRAM iterations`);
  }
});

Deno.test("RSA keys have the bits of their bounds, and none beyond", () => {
  const exponent = new Uint8Array([1, 0, 1]);
  /** An odd number of so many bits. */
  const modulus = (bits: number) => {
    const octets = new Uint8Array(Math.ceil(bits / 8));
    octets[0] = 1 << ((bits - 1) % 8);
    octets[octets.length - 1]! |= 1;
    return octets;
  };
  for (const bits of [limits.minRsaBits, limits.maxRsaBits]) {
    assertEquals(rsaKeyFault(modulus(bits), exponent), undefined);
  }
  for (const bits of [limits.minRsaBits - 1, limits.maxRsaBits + 1]) {
    assertEquals(rsaKeyFault(modulus(bits), exponent)?.startsWith(`has ${bits} bits`), true);
  }
});

Deno.test("the failures of an account lock it at their bound, for its time and no longer", async () => {
  const clock = new TestClock();
  await using store = createMemoryStore({ clock });
  const lockout = new Lockout(store, clock, systemRandom);
  for (let failure = 1; failure <= limits.lockoutFailures; failure++) {
    await lockout.reserve("alice");
  }
  await assertRejects(() => lockout.reserve("alice"), AccountLockedError);
  clock.advance(limits.lockoutMs - 1);
  await assertRejects(() => lockout.reserve("alice"), AccountLockedError);
  clock.advance(1);
  await lockout.reserve("alice");
});

Deno.test("as many attempts of one account wait as their bound says, and one more is refused", async () => {
  await using test = await testIdentity({
    maxFailuresPerPeer: 1_000,
    lockout: { failures: 1_000 },
  });
  const codes: string[] = [];
  const verify = () =>
    test.identity.verify("alice", "a wrong password").catch(({ code }) => void codes.push(code));
  // One is being checked, the others wait.
  const attempts = Array.from({ length: limits.maxAttemptsWaiting + 1 }, verify);
  await verify();
  assertEquals(codes, ["resource_exhausted"]);
  await deadline(Promise.all(attempts), 6 * LATE_MS);
  assertEquals(codes.filter((code) => code === "resource_exhausted").length, 1);
});

Deno.test("uses are written down once their delay is over, and not before", () => {
  using timers = new FakeTimers();
  let commits = 0;
  using uses = new Uses({
    store: { batch: () => Promise.resolve(void commits++) as never },
    sessions: {
      touching: () => Promise.resolve("unchanged"),
      touch: () => Promise.resolve(true),
      touchMs: limits.touchMs,
    } as never,
    keys: { touching: (id: string) => ({ id }) } as never,
  });
  uses.apiKey("1");
  timers.advance(limits.useWriteDelayMs - 1);
  assertEquals(commits, 0);
  timers.advance(1);
  assertEquals(commits, 1);
});

Deno.test("a session ends unused at its bound, used at the other, and not before", async () => {
  await using test = await testIdentity();
  const { gate } = test.identity;
  const login = async () =>
    (await test.connection().call("rpc.login", { username: "alice", password: PASSWORD })) as {
      token: string;
    };
  const works = async (token: string) =>
    await Promise.resolve().then(() => gate.authenticate(token, "add", null))
      .then((principal) => (gate.authorize(principal, "add"), true), () => false);
  const unused = await login();
  test.clock.advance(limits.sessionIdleMs - 1);
  assertEquals(await works(unused.token), true);
  await test.identity.flush();
  test.clock.advance(limits.sessionIdleMs);
  assertEquals(await works(unused.token), false);
  const used = await login();
  const steps = 24;
  for (let step = 1; step < steps; step++) {
    test.clock.advance(limits.sessionMaxMs / steps);
    assertEquals(await works(used.token), true, `${step}`);
    await test.identity.flush();
  }
  test.clock.advance(limits.sessionMaxMs / steps);
  assertEquals(await works(used.token), false);
});

Deno.test("a signature is as old, and as early, as its bound says", async () => {
  await using test = await testIdentity();
  const { text } = await test.identity.keys.create({ account: "alice", name: "k", signs: true });
  const isAccepted = async (offMs: number) => {
    const clock = { now: () => test.clock.now() + offMs };
    const auth = await signCall(text, "add", null, clock);
    return await Promise.resolve().then(() => test.identity.gate.authenticate(auth, "add", null))
      .then(() => true, () => false);
  };
  const { signatureSkewMs: most } = limits;
  const offsets = [-most - 1, -most, most, most + 1];
  assertEquals(await Promise.all(offsets.map(isAccepted)), [false, true, true, false]);
});

Deno.test("the old secret of a rotated key works for as long as its bound says", async () => {
  await using test = await testIdentity();
  const { keys } = test.identity;
  const { text, key } = await keys.create({ account: "alice", name: "k" });
  await keys.rotate(key.id);
  const works = () =>
    Promise.resolve().then(() => test.identity.gate.authenticate(text, "add", null))
      .then(() => true, () => false);
  test.clock.advance(limits.keyOverlapMs - 1);
  assertEquals(await works(), true);
  test.clock.advance(1);
  assertEquals(await works(), false);
});
