import { assert, assertEquals, assertRejects } from "@std/assert";
import { decodeHex } from "@std/encoding/hex";
import { DariError } from "../../../lib/base/errors.ts";
import {
  generateKeyPair,
  publicKeyOf,
  rsaDecrypt,
  rsaEncrypt,
  type SignatureScheme,
  signMessage,
  verifyMessage,
} from "../../../lib/cert/key/keys.ts";
import { loadDerWriter } from "../../../lib/cert/der/writer.ts";
import { oid } from "../../../lib/cert/der/oid.ts";
import { keyIdText } from "../../../lib/cert/key/public_key.ts";
import { verifySignature } from "../../../lib/cert/key/signature.ts";
import { weakPublicKey } from "../../support/weak_key.ts";
import { testVectors, type Wycheproof } from "../../support/vectors.ts";

interface SignatureGroup {
  readonly publicKeyDer: string;
}
interface SignatureCase {
  readonly msg: string;
  readonly sig: string;
}

const message = new TextEncoder().encode("안녕하세요");

testVectors<Wycheproof<SignatureGroup, SignatureCase>>(
  "verifySignature() judges every ECDSA P-256 signature of Wycheproof in DER",
  "ecdsa_secp256r1_sha256_test.json",
  async ({ testGroups }) => {
    const writer = await loadDerWriter();
    const id = writer.sequence(writer.oid(oid.ecdsaWithSha256));
    const signatureAlgorithm = writer.encode(id);
    for (const { publicKeyDer, tests } of testGroups) {
      for (const { tcId, comment, msg, sig, result } of tests) {
        const signed = { tbs: decodeHex(msg), signature: decodeHex(sig), signatureAlgorithm };
        const verdict = await verifySignature(signed, decodeHex(publicKeyDer));
        assertEquals(verdict, result === "valid", `${tcId} ${comment}`);
      }
    }
  },
);

for (
  const [scheme, file] of [
    ["ecdsa-p256-sha256", "ecdsa_secp256r1_sha256_p1363_test.json"],
    ["ed25519", "ed25519_test.json"],
  ] as const
) {
  testVectors<Wycheproof<SignatureGroup, SignatureCase>>(
    `verifyMessage() judges every signature of Wycheproof with ${scheme}`,
    file,
    async ({ testGroups }) => {
      for (const { publicKeyDer, tests } of testGroups) {
        const publicKey = decodeHex(publicKeyDer);
        for (const { tcId, comment, msg, sig, result } of tests) {
          const verdict = await verifyMessage(scheme, publicKey, decodeHex(msg), decodeHex(sig));
          assertEquals(verdict, result === "valid", `${tcId} ${comment}`);
        }
      }
    },
  );
}

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

const kinds = [
  ["ecdsa-p256", "ecdsa-p256-sha256"],
  ["rsa-2048", "rsa-pss-sha256"],
  ["rsa-2048", "rsa-pkcs1-sha256"],
  ["ed25519", "ed25519"],
] as const;
for (const [algorithm, scheme] of kinds) {
  Deno.test(`a key of ${algorithm} signs with ${scheme}, and its public half verifies`, async () => {
    const { publicKey, privateKey } = await generateKeyPair(algorithm);
    assertEquals(await publicKeyOf(privateKey), publicKey);
    const signature = await signMessage(scheme, privateKey, message);
    assert(await verifyMessage(scheme, publicKey, message, signature));
    const other = await generateKeyPair(algorithm);
    assert(!await verifyMessage(scheme, other.publicKey, message, signature));
    assert(!await verifyMessage(scheme, publicKey, message.subarray(1), signature));
  });
}

Deno.test("rsaEncrypt() takes as much as fits, and says how much that is", async () => {
  const { publicKey, privateKey } = await generateKeyPair("rsa-2048");
  const full = crypto.getRandomValues(new Uint8Array(190));
  assertEquals(await rsaDecrypt(privateKey, await rsaEncrypt(publicKey, full)), full);
  await assertRejects(
    () => rsaEncrypt(publicKey, new Uint8Array(191)),
    DariError,
    "at most 190",
  );
});

Deno.test("rsaEncrypt() refuses keys that cannot encrypt", async () => {
  const { publicKey } = await generateKeyPair();
  await assertRejects(() => rsaEncrypt(publicKey, message), DariError, "Only an RSA key");
});

Deno.test("keys that are weak or do not fit their scheme are refused", async () => {
  const spki = await weakPublicKey();
  const verify = (scheme: SignatureScheme, key: Uint8Array<ArrayBuffer>) =>
    verifyMessage(scheme, key, message, new Uint8Array(64));
  await assertRejects(() => verify("rsa-pss-sha256", spki), DariError, "1024 bits");
  const { publicKey } = await generateKeyPair();
  await assertRejects(() => verify("ed25519", publicKey), DariError, "cannot be used with Ed25519");
  await assertRejects(() => publicKeyOf(publicKey), DariError, "neither RSA");
});

Deno.test("keyIdText() gives 20 octets that differ from key to key", async () => {
  const [a, b] = await Promise.all([generateKeyPair(), generateKeyPair()]);
  assertEquals((await keyIdText(a.publicKey)).length, 40);
  assert(await keyIdText(a.publicKey) !== await keyIdText(b.publicKey));
});
