import { assertEquals } from "@std/assert";
import {
  encodePem,
  encodePrivateKeyPem,
  makeSelfSigned,
  signMessage,
} from "../../../lib/cert/mod.ts";
import {
  openClientCertificate,
  verifyTlsSignature,
} from "../../../lib/endpoint/scan/tls_signature.ts";

const message = new TextEncoder().encode("the handshake so far");

Deno.test("what a client's certificate signs, the same certificate verifies", async () => {
  for (const algorithm of ["ecdsa-p256", "rsa-2048", "ed25519"] as const) {
    const made = await makeSelfSigned("client.internal", { algorithm });
    const certPem = encodePem("CERTIFICATE", made.certificate.der);
    const client = await openClientCertificate(certPem, await encodePrivateKeyPem(made.privateKey));
    const signature = await client.sign(message);
    const [leaf] = client.chain;
    const verify = (text: Uint8Array<ArrayBuffer>) =>
      verifyTlsSignature(leaf!, client.scheme, text, signature);
    assertEquals([algorithm, await verify(message)], [algorithm, true]);
    assertEquals([algorithm, await verify(message.slice(1))], [algorithm, false]);
  }
});

Deno.test("verifyTlsSignature() takes RSA with PKCS #1 of TLS 1.2, and says where it cannot tell", async () => {
  const { certificate, privateKey } = await makeSelfSigned("a.internal", {
    algorithm: "rsa-2048",
  });
  const signature = await signMessage("rsa-pkcs1-sha256", privateKey, message);
  const verify = (scheme: number, leaf = certificate.der) =>
    verifyTlsSignature(leaf, scheme, message, signature);
  assertEquals(await verify(0x0401), true);
  assertEquals(await verify(0x0501), false);
  // Ed448, a scheme that nobody has registered, a key of another kind, and no certificate.
  for (const scheme of [0x0808, 0x7777, 0x0403]) assertEquals(await verify(scheme), undefined);
  assertEquals(await verify(0x0401, new Uint8Array(3)), undefined);
});

Deno.test("verifyTlsSignature() refuses a signature of ECDSA that is not two numbers in DER", async () => {
  const { certificate } = await makeSelfSigned("a.internal", { algorithm: "ecdsa-p256" });
  assertEquals(
    await verifyTlsSignature(certificate.der, 0x0403, message, new Uint8Array(64)),
    false,
  );
});
