import { assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import {
  formatGeneralName,
  formatName,
  identityOf,
  makeSelfSigned,
  verifyCertificate,
} from "../../../lib/cert/mod.ts";
import { oid } from "../../../lib/cert/der/oid.ts";
import { publicKeyKind } from "../../../lib/cert/key/public_key.ts";
import { TestClock } from "../../support/clock.ts";

const DAY_MS = 24 * 60 * 60 * 1_000;

Deno.test("makeSelfSigned() makes the classic form", async () => {
  const clock = new TestClock();
  const { certificate } = await makeSelfSigned("localhost", { clock });
  const { extensions, notAfterMs, publicKey, subject, issuer } = certificate;
  assertEquals(publicKeyKind(publicKey), { kind: "rsa", bits: 2_048 });
  assertEquals(certificate.signatureAlgorithm.toHex(), "300d06092a864886f70d01010b0500", "SHA-256");
  assertEquals(formatName(subject), "C=KR, ST=Seoul, L=Seoul, O=My Company, CN=localhost");
  assertEquals(issuer.der, subject.der);
  assertEquals(extensions.subjectAltName?.map(formatGeneralName), ["localhost"]);
  assertEquals(extensions.basicConstraints, { isAuthority: false });
  assertEquals(extensions.keyUsage, new Set(["digitalSignature", "keyEncipherment"] as const));
  assertEquals(extensions.critical, [oid.basicConstraints, oid.keyUsage]);
  assertEquals(extensions.extKeyUsage, [oid.serverAuth, oid.clientAuth]);
  assertEquals(notAfterMs - 999, clock.now() + 365 * DAY_MS);
});

Deno.test("makeSelfSigned() takes another key, subject and life", async () => {
  const clock = new TestClock();
  const { certificate } = await makeSelfSigned("10.0.0.1", {
    algorithm: "ecdsa-p256",
    subject: "O=Example",
    lifeMs: DAY_MS,
    clock,
  });
  assertEquals(publicKeyKind(certificate.publicKey), { kind: "ec", curve: "P-256" });
  assertEquals(formatName(certificate.subject), "O=Example");
  assertEquals(certificate.extensions.keyUsage, new Set(["digitalSignature"] as const));
  assertEquals(certificate.notAfterMs - 999, clock.now() + DAY_MS);
  assertEquals(certificate.extensions.subjectAltName?.map(formatGeneralName), ["10.0.0.1"]);
});

Deno.test("makeSelfSigned() leaves a host that is too long out of the subject, not out of the names", async () => {
  const host = `${"a".repeat(60)}.internal`;
  const { certificate } = await makeSelfSigned(host, { algorithm: "ecdsa-p256" });
  assertEquals(formatName(certificate.subject), "C=KR, ST=Seoul, L=Seoul, O=My Company");
  assertEquals(identityOf(certificate), host);
});

Deno.test("makeSelfSigned() refuses hosts, subjects and lives that cannot be", async () => {
  await assertRejects(() => makeSelfSigned("../x"), DariError, "not a name");
  await assertRejects(() => makeSelfSigned(""), DariError, "not a name");
  await assertRejects(() => makeSelfSigned("localhost", { subject: "X=1" }), DariError, "subject");
  await assertRejects(() => makeSelfSigned("localhost", { lifeMs: 999 }), DariError, "a second");
  const lifeMs = limits.maxLeafLifeMs + 1;
  await assertRejects(() => makeSelfSigned("localhost", { lifeMs }), DariError, "at most 825");
});

Deno.test("makeSelfSigned() is valid for no longer than platforms accept", async () => {
  const lifeMs = limits.maxLeafLifeMs;
  const { certificate } = await makeSelfSigned("localhost", { algorithm: "ecdsa-p256", lifeMs });
  const seconds = (ms: number) => Math.floor(ms / 1_000);
  const { notBeforeMs, notAfterMs } = certificate;
  assertEquals(seconds(notAfterMs) - seconds(notBeforeMs) + 1, 825 * 24 * 60 * 60);
});

Deno.test("a self-signed certificate is trusted by its own file, for servers and clients", async () => {
  const { certificate } = await makeSelfSigned("localhost", { algorithm: "ecdsa-p256" });
  for (const purpose of ["server", "client"] as const) {
    const options = { authorities: [certificate], purpose, name: "localhost" };
    assertEquals(await verifyCertificate(certificate, options), [certificate]);
  }
});
