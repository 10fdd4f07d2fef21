import { assertEquals, assertThrows } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { oid } from "../../../lib/cert/der/oid.ts";
import { decodePem } from "../../../lib/cert/der/pem.ts";
import { type DerNode, loadDerWriter } from "../../../lib/cert/der/writer.ts";
import { sealNode, signatureAlgorithmNode } from "../../../lib/cert/key/signer.ts";
import { CertificateError, encodePem, parseRevocationLists } from "../../../lib/cert/mod.ts";
import { extensionNode } from "../../../lib/cert/x509/certificate_template.ts";
import { NOON_MS, testAuthority } from "../../support/test_authority.ts";

const root = await testAuthority();
const writer = await loadDerWriter();
const nothing = writer.sequence();

interface Parts {
  readonly version?: DerNode | undefined;
  readonly nextUpdate?: DerNode | undefined;
  readonly revoked?: DerNode | undefined;
  readonly extensions?: DerNode | undefined;
}

async function listWith(parts: Parts): Promise<string> {
  const tbs = writer.sequence(
    ...[
      "version" in parts ? parts.version : writer.integer(1),
      signatureAlgorithmNode(writer, root.signer),
      writer.raw(root.certificate.subject.der),
      writer.time(NOON_MS),
      "nextUpdate" in parts ? parts.nextUpdate : writer.time(NOON_MS + 1_000),
      parts.revoked,
      parts.extensions === undefined ? undefined : writer.explicit(0, parts.extensions),
    ],
  );
  return encodePem("X509 CRL", await sealNode(writer, tbs, root.signer));
}

function entry(serial: number, ...extensions: DerNode[]): DerNode {
  const list = extensions.length === 0 ? undefined : writer.sequence(...extensions);
  return writer.sequence(writer.integer(serial), writer.time(NOON_MS), list);
}

Deno.test("parseRevocationLists() reads serials, dates and issuer of every list", async () => {
  const reason = extensionNode(writer, oid.reasonCode, writer.enumerated(1));
  const text = await listWith({ revoked: writer.sequence(entry(0x4a), entry(7, reason)) });
  const [first, second] = parseRevocationLists(text + await listWith({ version: undefined }));
  assertEquals([...first.revoked], [["4a", NOON_MS], ["7", NOON_MS]]);
  assertEquals([first.thisUpdateMs, first.nextUpdateMs], [NOON_MS, NOON_MS + 1_000]);
  assertEquals(first.issuer.der, root.certificate.subject.der);
  assertEquals(second?.revoked.size, 0);
});

Deno.test("parseRevocationLists() takes bytes, of PEM or of one list in DER, and reads the issuer's key", async () => {
  const keyId = extensionNode(
    writer,
    oid.authorityKeyIdentifier,
    writer.sequence(writer.implicit(0, root.signer.keyId)),
  );
  const text = await listWith({ extensions: writer.sequence(keyId) });
  const [block] = decodePem(text);
  const key = root.certificate.extensions.subjectKeyId;
  for (const file of [text, new TextEncoder().encode(text), block!.bytes]) {
    assertEquals(parseRevocationLists(file).map(({ authorityKeyId }) => authorityKeyId), [key]);
  }
  assertEquals(parseRevocationLists(await listWith({}))[0].authorityKeyId, undefined);
});

const deltaIndicator = "2.5.29.27";
const certificateIssuer = "2.5.29.29";
const refusals: Record<string, [Parts, string]> = {
  "a version that does not exist": [{ version: writer.integer(2) }, "version 2"],
  "a list that never ends": [{ nextUpdate: undefined }, ""],
  "a delta list": [{
    extensions: writer.sequence(
      extensionNode(writer, deltaIndicator, writer.integer(1), true),
    ),
  }, deltaIndicator],
  "an indirect list": [{
    revoked: writer.sequence(
      entry(1, extensionNode(writer, certificateIssuer, nothing, true)),
    ),
  }, certificateIssuer],
};
for (const [what, [parts, message]] of Object.entries(refusals)) {
  Deno.test(`parseRevocationLists() refuses ${what}`, async () => {
    const text = await listWith(parts);
    assertThrows(() => parseRevocationLists(text), CertificateError, message);
  });
}

Deno.test("parseRevocationLists() refuses a text without a list, and one that is too large", () => {
  const none = assertThrows(() => parseRevocationLists("hello"), CertificateError);
  assertEquals(none.reason, "absent");
  for (const more of [0, 1]) {
    const text = encodePem("X509 CRL", new Uint8Array(limits.maxRevocationListBytes + more));
    const error = assertThrows(() => parseRevocationLists(text), CertificateError);
    assertEquals(error.reason, more === 0 ? "malformed" : "too_large");
  }
});
