import { assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { encodePem, encodePrivateKeyPem, makeSelfSigned } from "../../../lib/cert/mod.ts";
import { renewAt } from "../../../lib/cli/renewal/renew_at.ts";

Deno.test("renewAt() takes nothing but another certificate for the same key", async () => {
  const { certificate, privateKey } = await makeSelfSigned("api.internal", {
    algorithm: "ecdsa-p256",
  });
  const other = await makeSelfSigned("api.internal", { algorithm: "ecdsa-p256" });
  const key = await encodePrivateKeyPem(privateKey);
  const challenge = { server: "s", challenge: "bm9uY2U", algorithm: "P-256", bindings: [] };
  const pem = (der: Uint8Array<ArrayBuffer>) => encodePem("CERTIFICATE", der);
  const answers: readonly [unknown, unknown][] = [
    [{}, undefined],
    [{ ...challenge, algorithm: "none" }, undefined],
    [challenge, {}],
    [challenge, { certificate: 7 }],
    [challenge, { certificate: "no PEM" }],
    [challenge, { certificate: pem(other.certificate.der) }],
    [challenge, { certificate: pem(certificate.der) }], // the one that there is
  ];
  for (const [first, second] of answers) {
    const replies = [first, second];
    const client = { call: () => Promise.resolve(replies.shift()) } as never;
    const error = await assertRejects(() => renewAt(client, { certificate, key }), DariError);
    assertEquals(error.code, "data", error.message);
  }
});
