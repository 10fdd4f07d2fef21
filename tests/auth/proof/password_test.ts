import { assert, assertEquals, assertRejects } from "@std/assert";
import { decodeHex, encodeHex } from "@std/encoding/hex";
import {
  AuthenticationError,
  checkNewPassword,
  hashPassword,
  openIdentity,
  verifyPassword,
} from "../../../lib/auth/mod.ts";
import { createMemoryStore } from "../../../lib/store/mod.ts";
import { hmacSha256 } from "../../../lib/auth/proof/bytes.ts";
import { createDerivationQueue, pbkdf2 } from "../../../lib/auth/proof/derive.ts";
import { parsePasswordHash } from "../../../lib/auth/proof/password.ts";
import { DariError } from "../../../lib/base/errors.ts";
import { testVectors, type Wycheproof } from "../../support/vectors.ts";

const options = { iterations: 1_000 };

testVectors<
  Wycheproof<
    object,
    { password: string; salt: string; iterationCount: number; dkLen: number; dk: string }
  >
>(
  "pbkdf2() gives Wycheproof's keys",
  "pbkdf2_hmacsha256_test.json",
  async ({ testGroups }) => {
    for (const test of testGroups.flatMap((group) => group.tests)) {
      const { password, salt, iterationCount, dkLen, dk } = test;
      const key = await pbkdf2(decodeHex(password), decodeHex(salt), iterationCount, dkLen);
      assertEquals(encodeHex(key), dk, `case ${test.tcId}`);
    }
  },
);

testVectors<Wycheproof<{ tagSize: number }, { key: string; msg: string; tag: string }>>(
  "hmacSha256() gives Wycheproof's tags",
  "hmac_sha256_test.json",
  ({ testGroups }) => {
    for (const { tagSize, tests } of testGroups) {
      for (const { tcId, key, msg, tag, result } of tests) {
        const code = encodeHex(hmacSha256(decodeHex(key), decodeHex(msg)));
        assertEquals(code.slice(0, tagSize / 4) === tag, result === "valid", `case ${tcId}`);
      }
    }
  },
);

Deno.test("hashPassword() gives a PHC string with a salt of its own", async () => {
  const [first, second] = [
    await hashPassword("correct horse", options),
    await hashPassword("correct horse", options),
  ];
  assert(/^\$pbkdf2-sha256\$i=1000\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/.test(first), first);
  assert(first !== second);
  assertEquals(parsePasswordHash(first).salt.length, 16);
});

Deno.test("a password costs 600,000 iterations where nothing else is said", async () => {
  assert((await hashPassword("correct horse")).startsWith("$pbkdf2-sha256$i=600000$"));
  await using store = createMemoryStore();
  using identity = await openIdentity(store);
  await identity.accounts.add({ name: "alice", password: "correct horse battery" });
  const { password } = await identity.accounts.record("alice");
  assert(password?.phc.startsWith("$pbkdf2-sha256$i=600000$"));
  assertEquals(password?.scram.iterations, 600_000);
});

Deno.test("verifyPassword() tells the password from its neighbours", async () => {
  const kept = await hashPassword("Pässwörd 🙂 lang genug", options);
  assert(await verifyPassword("Pässwörd 🙂 lang genug", kept));
  assert(await verifyPassword("Pässwörd 🙂 lang genug".normalize("NFD"), kept));
  assert(await verifyPassword("Pässwörd\u00a0🙂 lang genug", kept));
  for (const wrong of ["pässwörd 🙂 lang genug", "Pässwörd 🙂 lang genu", "Passwort"]) {
    assertEquals(await verifyPassword(wrong, kept), false, wrong);
  }
});

Deno.test("verifyPassword() refuses what cannot be a password before it computes", async () => {
  const kept = await hashPassword("correct horse", options);
  for (const text of ["", "a\0b", "a\nb", "x".repeat(1_025), "x".repeat(1_048_576), "\ud800"]) {
    await assertRejects(() => verifyPassword(text, kept), AuthenticationError);
  }
  assertEquals(await verifyPassword("é".repeat(512), kept), false);
});

Deno.test("verifyPassword() refuses a damaged PHC string without showing it", async () => {
  for (
    const phc of [
      "",
      "$argon2id$v=19$m=1,t=1,p=1$c2FsdA$aGFzaA",
      "$pbkdf2-sha256$i=0$c2FsdA$aGFzaGhhc2hoYXNoaGFzaA",
      "$pbkdf2-sha256$i=99999999$c2FsdA$aGFzaGhhc2hoYXNoaGFzaA",
      "$pbkdf2-sha256$i=1000$c2FsdA$aGFzaA",
    ]
  ) {
    const error = await assertRejects(() => verifyPassword("correct horse", phc), DariError);
    assertEquals(error.code, "data");
    assert(!error.message.includes("aGFzaA"));
  }
});

Deno.test("checkNewPassword() asks for length and against common ones, and for nothing else", async () => {
  for (
    const password of [
      "aaaa bbbb cccc dddd",
      "비밀번호는 이렇게 길게 씁니다",
      "correct horse battery",
    ]
  ) {
    await checkNewPassword(password, ["alice"]);
  }
  const refused: [password: string, reason: string][] = [
    ["short", "at least 15"],
    ["SecurePass123!", "at least 15"],
    ["a".repeat(20), "most common"],
    ["123123123123123123", "most common"],
    ["1qaz2wsx3edc4rfv", "most common"],
    ["alice@example.com", "account's name"],
    ["AliceAliceAlice1", "account's name"],
    ["a".repeat(1_025), "1 to 1024 bytes"],
    ["nul\0nul\0nul\0nul\0", "control"],
  ];
  for (const [password, reason] of refused) {
    const error = await assertRejects(
      () => checkNewPassword(password, ["alice", "alice@example.com"]),
      DariError,
      reason,
    );
    assert(!error.message.includes(password));
  }
});

Deno.test("checkNewPassword() takes 8 characters with a second credential, and no fewer", async () => {
  await checkNewPassword("xk7#pq2v", [], { minCharacters: 8 });
  await assertRejects(() => checkNewPassword("password", [], { minCharacters: 8 }), DariError);
  await assertRejects(() => checkNewPassword("xk7#pq2", [], { minCharacters: 7 }), RangeError);
});

Deno.test("a derivation queue runs a few, lets some wait, and refuses the rest", async () => {
  const queue = createDerivationQueue({ running: 2, waiting: 3 });
  let running = 0;
  let most = 0;
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  const results = Array.from({ length: 8 }, () =>
    queue.run(async () => {
      most = Math.max(most, ++running);
      await gate;
      running--;
    }).then(() => "done", (error) => (error as DariError).code));
  open();
  const counts = Object.groupBy(await Promise.all(results), (result) => result);
  assertEquals(most, 2);
  assertEquals(counts["done"]?.length, 5);
  assertEquals(counts["resource_exhausted"]?.length, 3);
  assertEquals(await queue.run(() => Promise.resolve("free again")), "free again");
});
