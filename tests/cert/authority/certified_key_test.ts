import { assert, assertEquals } from "@std/assert";
import { makeCertifiedKey } from "../../../lib/cert/authority/certified_key.ts";
import { publicKeyOf } from "../../../lib/cert/key/key_pair.ts";
import { verifySignature } from "../../../lib/cert/key/signature.ts";
import { parseSubject } from "../../../lib/cert/x509/distinguished_name.ts";
import { TestClock } from "../../support/clock.ts";

for (const algorithm of ["ecdsa-p256", "ed25519"] as const) {
  Deno.test(`makeCertifiedKey() makes a ${algorithm} key and a certificate that it signs`, async () => {
    const clock = new TestClock();
    const { certificate, privateKey } = await makeCertifiedKey({
      subject: parseSubject("CN=a"),
      keyUsage: ["digitalSignature"],
      algorithm,
      lifeMs: 60_000,
      clock,
    });
    assertEquals(await publicKeyOf(privateKey), certificate.publicKey);
    assert(await verifySignature(certificate, certificate.publicKey));
    assertEquals(certificate.issuer.der, certificate.subject.der);
    assertEquals(certificate.notBeforeMs, clock.now() - 5 * 60_000, "for clocks that are slow");
    assertEquals(certificate.notAfterMs, clock.now() + 60_999, "to the end of its last second");
  });
}
