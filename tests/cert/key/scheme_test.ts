import { assert, assertEquals, assertRejects } from "@std/assert";
import { decodeHex } from "@std/encoding/hex";
import { DariError } from "../../../lib/base/errors.ts";
import {
  schemeFor,
  type SignatureScheme,
  signMessage,
  verifyMessage,
} from "../../../lib/cert/key/scheme.ts";
import { sharedKeyPair } from "../../support/key_pairs.ts";
import { testVectors, type Wycheproof } from "../../support/vectors.ts";
import { weakPublicKey } from "../../support/weak_key.ts";

interface SignatureGroup {
  readonly publicKeyDer: string;
}
interface SignatureCase {
  readonly msg: string;
  readonly sig: string;
}

const message = new TextEncoder().encode("안녕하세요");

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

const kinds = [
  ["ecdsa-p256", "ecdsa-p256-sha256"],
  ["rsa-2048", "rsa-pss-sha256"],
  ["rsa-2048", "rsa-pkcs1-sha256"],
  ["ed25519", "ed25519"],
] as const;
for (const [algorithm, scheme] of kinds) {
  Deno.test(`a key of ${algorithm} signs with ${scheme}, and its public half verifies`, async () => {
    const { publicKey, privateKey } = await sharedKeyPair(algorithm);
    const signature = await signMessage(scheme, privateKey, message);
    assert(await verifyMessage(scheme, publicKey, message, signature));
    const other = await sharedKeyPair(algorithm, "another");
    assert(!await verifyMessage(scheme, other.publicKey, message, signature));
    assert(!await verifyMessage(scheme, publicKey, message.subarray(1), signature));
  });
}

Deno.test("verifyMessage() refuses keys that are weak or do not fit their scheme", async () => {
  const verify = (scheme: SignatureScheme, key: Uint8Array<ArrayBuffer>) =>
    verifyMessage(scheme, key, message, new Uint8Array(64));
  const weak = await weakPublicKey();
  await assertRejects(() => verify("rsa-pss-sha256", weak), DariError, "1024 bits");
  const { publicKey } = await sharedKeyPair("ecdsa-p256");
  await assertRejects(() => verify("ed25519", publicKey), DariError, "cannot be used with Ed25519");
});

Deno.test("schemeFor() says how a key of each kind signs certificates", async () => {
  for (
    const [algorithm, scheme] of [
      ["ecdsa-p256", "ecdsa-p256-sha256"],
      ["rsa-2048", "rsa-pkcs1-sha256"],
      ["ed25519", "ed25519"],
    ] as const
  ) {
    assertEquals(schemeFor((await sharedKeyPair(algorithm)).publicKey), scheme);
  }
});
