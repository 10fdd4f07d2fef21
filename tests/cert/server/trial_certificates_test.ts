import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { parseCertificates, type Purpose, verifyCertificate } from "../../../lib/cert/mod.ts";
import { makeTrialCertificates } from "../../../lib/cert/server/trial_certificates.ts";
import { checkKeyPair } from "../../../lib/transport/tls/key_pair.ts";

Deno.test("makeTrialCertificates() makes a server and two clients of one authority, and a stranger", async () => {
  const { ca, server, member, revoked, stranger } = await makeTrialCertificates();
  const authorities = parseCertificates(ca);
  const verify = (pair: { cert: string; key: string }, purpose: Purpose) => {
    checkKeyPair(pair);
    return verifyCertificate(parseCertificates(pair.cert)[0], { authorities, purpose });
  };
  await verify(server, "server");
  await verify(member, "client");
  await verify(revoked, "client");
  await assertRejects(() => verify(stranger, "client"), DariError, "issuer");
  assertEquals(revoked.serial, parseCertificates(revoked.cert)[0].serial);
  assertNotEquals(revoked.serial, parseCertificates(member.cert)[0].serial);
});

Deno.test("makeTrialCertificates() makes certificates that are of no use soon after the trial", async () => {
  const { server, member } = await makeTrialCertificates();
  for (const { cert } of [server, member]) {
    const [{ notAfterMs }] = parseCertificates(cert);
    assert(notAfterMs < Date.now() + 60 * 60 * 1_000);
  }
});
