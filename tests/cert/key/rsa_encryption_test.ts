import { assertEquals, assertRejects } from "@std/assert";
import { decodeHex } from "@std/encoding/hex";
import { DariError } from "../../../lib/base/errors.ts";
import { rsaDecrypt, rsaEncrypt } from "../../../lib/cert/key/rsa_encryption.ts";
import { CertificateError } from "../../../lib/cert/reasons.ts";
import { sharedKeyPair } from "../../support/key_pairs.ts";
import { testVectors, type Wycheproof } from "../../support/vectors.ts";

testVectors<
  Wycheproof<{ privateKeyPkcs8: string }, { msg: string; ct: string; label: string }>
>(
  "rsaDecrypt() opens what Wycheproof calls valid, and nothing else",
  "rsa_oaep_2048_sha256_mgf1sha256_test.json",
  async ({ testGroups }) => {
    for (const { privateKeyPkcs8, tests } of testGroups) {
      for (const { tcId, comment, msg, ct, label, result } of tests) {
        const opened = await rsaDecrypt(decodeHex(privateKeyPkcs8), decodeHex(ct)).catch(() =>
          null
        );
        // dari uses no label: what was sealed with one is not for it.
        const expected = result === "valid" && label === "" ? decodeHex(msg) : null;
        assertEquals(opened, expected, `${tcId} ${comment}`);
      }
    }
  },
);

Deno.test("rsaEncrypt() takes as much as fits, and says how much that is", async () => {
  const { publicKey, privateKey } = await sharedKeyPair("rsa-2048");
  const full = crypto.getRandomValues(new Uint8Array(190));
  assertEquals(await rsaDecrypt(privateKey, await rsaEncrypt(publicKey, full)), full);
  await assertRejects(
    () => rsaEncrypt(publicKey, new Uint8Array(191)),
    DariError,
    "at most 190",
  );
});

Deno.test("rsaEncrypt() refuses keys that cannot encrypt", async () => {
  const { publicKey } = await sharedKeyPair("ecdsa-p256");
  const message = new Uint8Array(1);
  await assertRejects(() => rsaEncrypt(publicKey, message), CertificateError, "Only an RSA key");
});

Deno.test("rsaDecrypt() says nothing about why a message does not open", async () => {
  const { publicKey, privateKey } = await sharedKeyPair("rsa-2048");
  const sealed = await rsaEncrypt(publicKey, new Uint8Array(10));
  const messages = new Set<string>();
  for (const at of [0, 100, 255]) {
    const changed = sealed.slice();
    changed[at]! ^= 1;
    const error = await assertRejects(() => rsaDecrypt(privateKey, changed), DariError);
    assertEquals(error.cause, undefined);
    messages.add(error.message);
  }
  assertEquals(messages.size, 1);
});
