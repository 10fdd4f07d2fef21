import { assert, assertEquals, assertFalse } from "@std/assert";
import { decodeHex, encodeHex } from "@std/encoding/hex";
import {
  hmacSha256,
  importHmacKey,
  randomText,
  secretsEqual,
  sha256,
  systemRandom,
  utf8,
} from "../../../lib/auth/proof/bytes.ts";
import { testVectors, type Wycheproof } from "../../support/vectors.ts";

testVectors<Wycheproof<{ tagSize: number }, { key: string; msg: string; tag: string }>>(
  "hmacSha256() gives Wycheproof's tags",
  "hmac_sha256_test.json",
  async ({ testGroups }) => {
    for (const { tagSize, tests } of testGroups) {
      for (const { tcId, key, msg, tag, result } of tests) {
        const code = encodeHex(await hmacSha256(decodeHex(key), decodeHex(msg)));
        assertEquals(code.slice(0, tagSize / 4) === tag, result === "valid", `case ${tcId}`);
      }
    }
  },
);

Deno.test("sha256() gives the digest of FIPS 180-2, appendix B.1, for text and for bytes", () => {
  const digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  assertEquals(encodeHex(sha256("abc")), digest);
  assertEquals(encodeHex(sha256(utf8("abc"))), digest);
});

Deno.test("hmacSha256() gives the code of RFC 4231, section 4.3", async () => {
  assertEquals(
    encodeHex(await hmacSha256(utf8("Jefe"), "what do ya want for nothing?")),
    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
  );
});

Deno.test("hmacSha256() takes a key of any length, imported or as bytes, and imported keys stay inside", async () => {
  // RFC 2104 fills an empty key with zeros.
  assertEquals(
    encodeHex(await hmacSha256(new Uint8Array(), "")),
    "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad",
  );
  for (const length of [1, 32, 64, 65, 1_000]) {
    const key = systemRandom(length);
    const imported = await importHmacKey(key);
    assertEquals(imported.extractable, false);
    assertEquals(await hmacSha256(imported, "text"), await hmacSha256(key, utf8("text")));
  }
});

Deno.test("randomText() is the base64url of as many bytes as asked for", () => {
  const asked: number[] = [];
  const random = (length: number) => {
    asked.push(length);
    return new Uint8Array(length).fill(0xff);
  };
  assertEquals(randomText(random, 3), "____");
  assertEquals(asked, [3]);
});

Deno.test("systemRandom() never gives the same bytes twice", () => {
  const texts = Array.from({ length: 100 }, () => encodeHex(systemRandom(16)));
  assertEquals(new Set(texts).size, 100);
  assertEquals(texts[0]?.length, 32);
});

Deno.test("secretsEqual() tells secrets of any length apart, and does not throw", () => {
  assert(secretsEqual(utf8("secret"), utf8("secret")));
  for (const other of ["", "secre", "secret!", "Secret"]) {
    assertFalse(secretsEqual(utf8("secret"), utf8(other)), other);
  }
});
