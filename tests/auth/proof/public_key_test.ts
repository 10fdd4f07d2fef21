import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { decodeBase64, encodeBase64 } from "@std/encoding/base64";
import { decodeHex } from "@std/encoding/hex";
import { utf8 } from "../../../lib/auth/proof/bytes.ts";
import {
  ALGORITHMS,
  createDecoyKey,
  importPrivateKey,
  importPublicKey,
  parsePublicKey,
  verifySignature,
} from "../../../lib/auth/proof/public_key.ts";
import { DariError } from "../../../lib/base/errors.ts";
import { encodePem } from "../../../lib/cert/der/pem.ts";
import { brokenKeys } from "../../support/broken_key.ts";
import { keyPairAlgorithms, pemPair, rsa } from "../../support/identity_keys.ts";
import { testVectors, type Wycheproof } from "../../support/vectors.ts";

Deno.test("parsePublicKey() refuses short RSA keys, other curves, private keys and noise", async () => {
  const createdAtMs = 0;
  const short = await pemPair(rsa("RSA-PSS", 1_024));
  const p384 = await pemPair({ name: "ECDSA", namedCurve: "P-384" } as { name: string });
  const ed25519 = await pemPair(keyPairAlgorithms.Ed25519);
  const refused = [short.publicKey, p384.publicKey, ed25519.privateKey, "", "ssh-ed25519 AAAA"];
  for (const pem of refused) {
    const error = await assertRejects(() => parsePublicKey(pem, { createdAtMs }), DariError);
    assertEquals(error.code, "invalid_params");
    assert(!error.message.includes(pem.slice(40, 80) || "-"), "the message shows no key");
  }
  await assertRejects(
    () => parsePublicKey(ed25519.publicKey, { createdAtMs, decrypts: true }),
    DariError,
    "RSA-OAEP",
  );
});

for (
  const [name, file] of [
    ["Ed25519", "ed25519_test.json"],
    ["P-256", "ecdsa_secp256r1_sha256_p1363_test.json"],
  ] as const
) {
  testVectors<Wycheproof<{ publicKeyPem: string }, { msg: string; sig: string }>>(
    `verifySignature() agrees with Wycheproof on ${name}`,
    file,
    async ({ testGroups }) => {
      for (const { publicKeyPem, tests } of testGroups) {
        const key = await parsePublicKey(publicKeyPem, { createdAtMs: 0 });
        for (const { tcId, msg, sig, result } of tests) {
          const right = await verifySignature(key, decodeHex(sig), decodeHex(msg));
          assertEquals(right, result === "valid", `case ${tcId}`);
        }
      }
    },
  );
}

Deno.test("parsePublicKey() gives a key one id, whatever its PEM looks like", async () => {
  const { publicKey } = await pemPair(keyPairAlgorithms["P-256"]);
  const key = await parsePublicKey(publicKey, { createdAtMs: 5, name: "laptop" });
  assertEquals([key.algorithm, key.name, key.createdAtMs], ["P-256", "laptop", 5]);
  assertMatch(key.id, /^[0-9a-f]{32}$/);
  const reflowed = `\n ${publicKey.replace(/([A-Za-z0-9+/=])\n(?=[A-Za-z0-9+/=])/g, "$1\r\n  ")}\n`;
  assertEquals((await parsePublicKey(reflowed, { createdAtMs: 5, name: "laptop" })).id, key.id);
});

Deno.test("createDecoyKey() makes keys that look like others and verify nothing", async () => {
  for (const algorithm of ALGORITHMS) {
    const decoy = await createDecoyKey(algorithm);
    assertEquals(decoy.algorithm, algorithm);
    await importPublicKey(decoy);
    assertEquals(await verifySignature(decoy, new Uint8Array(64), utf8("text")), false);
    assert((await createDecoyKey(algorithm)).spki !== decoy.spki);
  }
});

Deno.test("verifySignature() takes RSA-PSS with a salt of 32 octets alone, as other programs write it", async () => {
  const { publicKey, privateKey } = await crypto.subtle.generateKey(
    keyPairAlgorithms["RSA-PSS"],
    true,
    ["sign", "verify"],
  );
  const spki = new Uint8Array(await crypto.subtle.exportKey("spki", publicKey));
  const key = await parsePublicKey(encodePem("PUBLIC KEY", spki), { createdAtMs: 0 });
  const verified = await Promise.all([31, 32, 33].map(async (saltLength) => {
    const use = { name: "RSA-PSS", saltLength };
    const signature = new Uint8Array(await crypto.subtle.sign(use, privateKey, utf8("text")));
    return await verifySignature(key, signature, utf8("text"));
  }));
  assertEquals(verified, [false, true, false]);
});

Deno.test("createDecoyKey() makes RSA keys that could be registered", async () => {
  for (let i = 0; i < 16; i++) {
    const { spki } = await createDecoyKey(i % 2 === 0 ? "RSA-PSS" : "RSA-OAEP");
    const pem = encodePem("PUBLIC KEY", decodeBase64(spki));
    await parsePublicKey(pem, { createdAtMs: 0, decrypts: i % 2 === 1 });
  }
});

Deno.test("importPrivateKey() shows no part of a malformed key", async () => {
  const pem = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0c2VjcmV0c2VjcmV0!\n-----END PRIVATE KEY-----";
  const error = await assertRejects(() => importPrivateKey(pem, "Ed25519"), DariError, "not PEM");
  assert(!error.message.includes("c2VjcmV0"));
});

for (const { name, spki } of brokenKeys) {
  Deno.test(`parsePublicKey() refuses ${name}, and no signature is one of its`, async () => {
    const pem = encodePem("PUBLIC KEY", spki);
    for (const decrypts of [false, true]) {
      const parse = () => parsePublicKey(pem, { createdAtMs: 0, decrypts });
      assertEquals((await assertRejects(parse, DariError)).code, "invalid_params");
    }
    // Keys that were registered before keys were checked are still in stores.
    for (const algorithm of ["Ed25519", "P-256", "RSA-PSS"] as const) {
      const record = { id: "", algorithm, spki: encodeBase64(spki), name: "old", createdAtMs: 0 };
      assertEquals(await verifySignature(record, new Uint8Array(64), utf8("text")), false);
    }
  });
}
