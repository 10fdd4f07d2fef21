import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { DerReader, readBitStringOctets, readWhole, tag } from "../../../lib/cert/der/reader.ts";
import { loadDerWriter } from "../../../lib/cert/der/writer.ts";
import { keyIdOf } from "../../../lib/cert/key/public_key.ts";
import { verifySignature } from "../../../lib/cert/key/signature.ts";
import { openSigner, sealNode, signatureAlgorithmNode } from "../../../lib/cert/key/signer.ts";
import { CertificateError } from "../../../lib/cert/reasons.ts";
import { sharedKeyPair } from "../../support/key_pairs.ts";

const writer = await loadDerWriter();

for (const algorithm of ["ecdsa-p256", "rsa-2048", "ed25519"] as const) {
  Deno.test(`sealNode() signs with ${algorithm} what verifySignature() takes`, async () => {
    const { publicKey, privateKey } = await sharedKeyPair(algorithm);
    const signer = await openSigner(privateKey);
    assertEquals(signer.publicKey, publicKey);
    assertEquals(signer.keyId, await keyIdOf(publicKey));
    const toBeSigned = writer.sequence(writer.integer(7));
    const fields = readWhole(await sealNode(writer, toBeSigned, signer));
    const tbs = fields.element(tag.sequence).bytes;
    const signatureAlgorithm = fields.element(tag.sequence).bytes;
    const signature = readBitStringOctets(fields);
    fields.end();
    assertEquals(tbs, writer.encode(toBeSigned));
    assert(await verifySignature({ tbs, signatureAlgorithm, signature }, publicKey));
    const other = await sharedKeyPair(algorithm, "another");
    assert(!await verifySignature({ tbs, signatureAlgorithm, signature }, other.publicKey));
  });
}

Deno.test("signatureAlgorithmNode() writes NULL for RSA alone", async () => {
  const parametersOf = async (algorithm: "ecdsa-p256" | "rsa-2048" | "ed25519") => {
    const signer = await openSigner((await sharedKeyPair(algorithm)).privateKey);
    const fields = readWhole(writer.encode(signatureAlgorithmNode(writer, signer)));
    fields.element(tag.oid);
    return fields.peek();
  };
  assertEquals(await parametersOf("ecdsa-p256"), undefined);
  assertEquals(await parametersOf("ed25519"), undefined);
  assertEquals(await parametersOf("rsa-2048"), tag.null);
});

Deno.test("signatureAlgorithmNode() refuses RSA-PSS, in which certificates are not signed", async () => {
  const signer = await openSigner((await sharedKeyPair("rsa-2048")).privateKey);
  const pss = { ...signer, scheme: "rsa-pss-sha256" } as const;
  assertThrows(() => signatureAlgorithmNode(writer, pss), TypeError, "RSA-PSS");
});

Deno.test("openSigner() refuses a curve that dari does not sign with", async () => {
  const { privateKey } = await crypto.subtle.generateKey(
    { name: "ECDSA", namedCurve: "P-384" },
    true,
    ["sign"],
  ) as CryptoKeyPair;
  const pkcs8 = new Uint8Array(await crypto.subtle.exportKey("pkcs8", privateKey));
  const error = await assertRejects(() => openSigner(pkcs8), CertificateError);
  assertEquals(error.reason, "unsupported");
  assert(new DerReader(pkcs8).peek() === tag.sequence, "it is a key all the same");
});
