import { assert, assertEquals, assertRejects } from "@std/assert";
import { decodeBase64Url, encodeBase64Url } from "@std/encoding/base64url";
import { decodeHex } from "@std/encoding/hex";
import { answerChallenge } from "../../../lib/auth/proof/answer.ts";
import { hmacSha256 } from "../../../lib/auth/proof/bytes.ts";
import { challengeText } from "../../../lib/auth/proof/challenge.ts";
import { AuthenticationError } from "../../../lib/auth/proof/errors.ts";
import {
  importPrivateKey,
  parsePublicKey,
  verifySignature,
} from "../../../lib/auth/proof/public_key.ts";
import { keyPairAlgorithms, pemPair } from "../../support/identity_keys.ts";
import { testVectors, type Wycheproof } from "../../support/vectors.ts";

testVectors<Wycheproof<{ privateKeyPem: string }, { msg: string; ct: string; label: string }>>(
  "answerChallenge() decrypts what Wycheproof says can be decrypted, and nothing else",
  "rsa_oaep_2048_sha256_mgf1sha256_test.json",
  async ({ testGroups }) => {
    for (const { privateKeyPem, tests } of testGroups) {
      await importPrivateKey(privateKeyPem, "RSA-OAEP");
      for (const { tcId, msg, ct, label, result } of tests) {
        if (label !== "") continue;
        const challenge = encodeBase64Url(decodeHex(ct));
        const facts = { server: "s", username: "alice", challenge };
        const answer = await answerChallenge(privateKeyPem, "RSA-OAEP", facts).catch(() => null);
        const expected = await hmacSha256(decodeHex(msg), challengeText(facts));
        assertEquals(
          answer === null ? null : decodeBase64Url(answer),
          result === "invalid" ? null : expected,
          `case ${tcId}`,
        );
      }
    }
  },
);

const facts = { server: "server", username: "alice", challenge: "Y2hhbGxlbmdl" };

for (const algorithm of ["Ed25519", "P-256", "RSA-PSS"] as const) {
  Deno.test(`answerChallenge() signs what the challenge covers with ${algorithm}`, async () => {
    const { publicKey, privateKey } = await pemPair(keyPairAlgorithms[algorithm]);
    const key = await parsePublicKey(publicKey, { createdAtMs: 0 });
    const answer = decodeBase64Url(await answerChallenge(privateKey, algorithm, facts));
    assert(await verifySignature(key, answer, challengeText(facts)));
    const other = challengeText({ ...facts, server: "another" });
    assertEquals(await verifySignature(key, answer, other), false);
  });
}

Deno.test("answerChallenge() refuses a challenge that was made for another key", async () => {
  const { privateKey } = await pemPair(keyPairAlgorithms["RSA-OAEP"]);
  await assertRejects(
    () => answerChallenge(privateKey, "RSA-OAEP", facts),
    AuthenticationError,
    "not made for this key",
  );
});

Deno.test("answerChallenge() refuses a key of another algorithm than the server asks for", async () => {
  const { privateKey } = await pemPair(keyPairAlgorithms.Ed25519);
  await assertRejects(
    () => answerChallenge(privateKey, "P-256", facts),
    AuthenticationError,
    "asks for a P-256 key",
  );
});
