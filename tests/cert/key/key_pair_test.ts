import { assertEquals, assertRejects } from "@std/assert";
import { generateKeyPair, publicKeyOf } from "../../../lib/cert/key/key_pair.ts";
import { publicKeyKind } from "../../../lib/cert/key/public_key.ts";
import { CertificateError } from "../../../lib/cert/reasons.ts";

for (
  const [algorithm, kind] of [
    ["ecdsa-p256", { kind: "ec", curve: "P-256" }],
    ["rsa-2048", { kind: "rsa", bits: 2_048 }],
    ["rsa-3072", { kind: "rsa", bits: 3_072 }],
    ["ed25519", { kind: "ed25519" }],
  ] as const
) {
  Deno.test(`generateKeyPair() makes a key of ${algorithm}, whose public half is found again`, async () => {
    const { publicKey, privateKey } = await generateKeyPair(algorithm);
    assertEquals(publicKeyKind(publicKey), kind);
    assertEquals(await publicKeyOf(privateKey), publicKey);
  });
}

Deno.test("publicKeyOf() refuses what is no private key", async () => {
  const { publicKey } = await generateKeyPair();
  for (const bytes of [publicKey, new Uint8Array(), Uint8Array.of(0x30, 0)]) {
    const error = await assertRejects(() => publicKeyOf(bytes), CertificateError, "neither RSA");
    assertEquals(error.reason, "unsupported");
  }
});
