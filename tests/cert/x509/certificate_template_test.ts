import { assert, assertEquals } from "@std/assert";
import { oid } from "../../../lib/cert/der/oid.ts";
import { generateKeyPair } from "../../../lib/cert/key/key_pair.ts";
import { keyIdText } from "../../../lib/cert/key/public_key.ts";
import { openSigner } from "../../../lib/cert/key/signer.ts";
import { parseCertificate, serialText } from "../../../lib/cert/x509/certificate.ts";
import {
  type CertificateTemplate,
  type Issuer,
  randomSerial,
  signCertificate,
} from "../../../lib/cert/x509/certificate_template.ts";
import { parseSubject } from "../../../lib/cert/x509/distinguished_name.ts";
import { parseSubjectName } from "../../../lib/cert/x509/general_name.ts";

const { publicKey, privateKey } = await generateKeyPair();
const signer = await openSigner(privateKey);

async function certificateOf(more: Partial<CertificateTemplate> = {}, issuer: Issuer = { signer }) {
  return parseCertificate(
    await signCertificate({
      serial: Uint8Array.of(5),
      subject: parseSubject("CN=a"),
      publicKey,
      notBeforeMs: Date.parse("2026-01-01T00:00:00.500Z"),
      notAfterMs: Date.parse("2050-01-01T00:00:00.500Z"),
      keyUsage: ["digitalSignature"],
      ...more,
    }, issuer),
  );
}

Deno.test("randomSerial() is positive, never met twice, and always of one length", () => {
  const serials = Array.from({ length: 1_000 }, randomSerial);
  assertEquals(new Set(serials.map(serialText)).size, 1_000);
  assert(serials.every(([first]) => first! >= 0x40 && first! < 0x80));
  assert(serials.every((serial) => serialText(serial).length === 32));
});

Deno.test("signCertificate() writes dates in whole seconds, and version 3", async () => {
  const { version, serial, notBeforeMs, notAfterMs } = await certificateOf();
  assertEquals([version, serial], [3, "5"]);
  assertEquals(notBeforeMs, Date.parse("2026-01-01T00:00:00Z"));
  assertEquals(notAfterMs, Date.parse("2050-01-01T00:00:00.999Z"));
});

Deno.test("signCertificate() writes a leaf that is no authority", async () => {
  const { extensions } = await certificateOf({
    purposes: ["server", "client"],
    names: [parseSubjectName("a.internal")],
  });
  assertEquals(extensions.basicConstraints, { isAuthority: false });
  assertEquals(extensions.extKeyUsage, [oid.serverAuth, oid.clientAuth]);
  assertEquals(extensions.critical, [oid.basicConstraints, oid.keyUsage]);
  assertEquals(extensions.subjectKeyId, await keyIdText(publicKey));
});

Deno.test("signCertificate() marks the names critical where there is no subject", async () => {
  const { extensions } = await certificateOf({
    subject: [],
    names: [parseSubjectName("a.internal")],
  });
  assert(extensions.critical.includes(oid.subjectAltName));
});

Deno.test("signCertificate() writes an authority with its path length and constraints", async () => {
  const { extensions } = await certificateOf({
    pathLength: 2,
    permitted: [{ kind: "dns", value: "internal" }],
    keyUsage: ["keyCertSign", "cRLSign"],
  });
  assertEquals(extensions.basicConstraints, { isAuthority: true, pathLength: 2 });
  assertEquals(extensions.nameConstraints, {
    permitted: [{ kind: "dns", value: "internal" }],
    excluded: [],
  });
  assert(extensions.critical.includes(oid.nameConstraints));
});

Deno.test("signCertificate() names the issuer and its key, unless it signs itself", async () => {
  const own = await certificateOf();
  assertEquals(own.issuer.der, own.subject.der);
  assertEquals(own.extensions.authorityKeyId, undefined);
  const issued = await certificateOf({ subject: parseSubject("CN=b") }, {
    subject: own.subject.der,
    signer,
  });
  assertEquals(issued.issuer.der, own.subject.der);
  assertEquals(issued.extensions.authorityKeyId, own.extensions.subjectKeyId);
});
