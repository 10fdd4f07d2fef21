import { assert, assertEquals, assertMatch } from "@std/assert";
import { DerReader } from "../../../lib/cert/der/reader.ts";
import { loadDerWriter } from "../../../lib/cert/der/writer.ts";
import { makeSelfSigned } from "../../../lib/cert/authority/self_signed.ts";
import { oid } from "../../../lib/cert/der/oid.ts";
import { checkPath } from "../../../lib/cert/path/path_rules.ts";
import { intermediateProfileFault, leafProfileFault } from "../../../lib/cert/path/profile.ts";
import type { Certificate } from "../../../lib/cert/x509/certificate.ts";
import { nameNode, parseSubject, readName } from "../../../lib/cert/x509/distinguished_name.ts";
import type { Extensions } from "../../../lib/cert/x509/extension.ts";
import type { GeneralName } from "../../../lib/cert/x509/general_name.ts";
import { parseIp } from "../../../lib/cert/x509/ip.ts";
import { NOON_MS, testAuthority, testLeaf } from "../../support/test_authority.ts";

const writer = await loadDerWriter();
const root = await testAuthority();
const lower = (await testAuthority({ subject: "CN=lower", issuer: root })).certificate;
const leaf = await testLeaf(root);
const noName = readName(new DerReader(writer.encode(writer.sequence())));

function nameOf(text: string) {
  return readName(new DerReader(writer.encode(nameNode(writer, parseSubject(text)))));
}

/** A certificate as it is but for some of its extensions; `undefined` takes one away. */
function extended(
  certificate: Certificate,
  more: { [name in keyof Extensions]?: Extensions[name] | undefined },
): Certificate {
  const extensions = { ...certificate.extensions, ...more };
  return { ...certificate, extensions: extensions as Extensions };
}

function critical(certificate: Certificate, ...ids: string[]): Certificate {
  const { all } = certificate.extensions;
  return extended(certificate, { all: [...all, ...ids], critical: ids });
}

const constraints = { permitted: [], excluded: [] };

for (
  const [what, certificate, reason] of [
    ["has no authority key identifier", extended(leaf, { authorityKeyId: undefined }), "profile"],
    ["has name constraints", extended(leaf, { nameConstraints: constraints }), "profile"],
    [
      "keyCertSign",
      extended(leaf, { keyUsage: new Set(["digitalSignature", "keyCertSign"]) }),
      "profile",
    ],
    ["has no subject, and its", { ...leaf, subject: noName }, "profile"],
    ["has an issuer without a name", { ...leaf, issuer: noName }, "profile"],
    ["as critical", critical(leaf, oid.authorityKeyIdentifier), "profile"],
    ["as critical", critical(leaf, oid.subjectKeyIdentifier), "profile"],
    [
      "as not critical",
      extended(leaf, { all: [...leaf.extensions.all, oid.policyConstraints] }),
      "profile",
    ],
    ["has a serial number that is zero", { ...leaf, serialFault: "is zero" }, "bad_serial"],
  ] as const
) {
  Deno.test(`leafProfileFault() refuses a leaf that ${what} (${reason})`, () => {
    const fault = leafProfileFault(certificate);
    assertEquals(fault?.reason, reason);
    assertMatch(fault?.message ?? "", new RegExp(what));
  });
}

Deno.test("leafProfileFault() finds nothing wrong with leaves that are as they should be", async () => {
  assertEquals(leafProfileFault(leaf), undefined);
  const nameless = { ...leaf, subject: noName };
  assertEquals(leafProfileFault(critical(nameless, oid.subjectAltName)), undefined);
  const { certificate } = await makeSelfSigned("a.internal", { algorithm: "ecdsa-p256" });
  assertEquals(certificate.extensions.authorityKeyId, undefined);
  assertEquals(leafProfileFault(certificate), undefined, "it has signed itself");
});

for (
  const name of [
    { kind: "dns", value: "a_b.internal" },
    { kind: "dns", value: "a..internal" },
    { kind: "dns", value: ".internal" },
    { kind: "dns", value: "a.internal." },
    { kind: "dns", value: "a.*.internal" },
    { kind: "dns", value: "a b.internal" },
    { kind: "dns", value: "" },
    { kind: "dns", value: `${"a".repeat(64)}.internal` },
    { kind: "email", value: "ann" },
    { kind: "email", value: "ann@b@internal" },
    { kind: "email", value: "@internal" },
    { kind: "uri", value: "//a.internal" },
    { kind: "uri", value: "spiffe:" },
    { kind: "directory", name: noName },
  ] as const
) {
  Deno.test(`leafProfileFault() refuses the malformed name ${JSON.stringify(name).slice(0, 50)}`, () => {
    const odd = extended(leaf, { subjectAltName: [{ kind: "dns", value: "ok" }, name] });
    assertEquals(leafProfileFault(odd)?.reason, "bad_name");
  });
}

const dns = (value: string): GeneralName => ({ kind: "dns", value });
const ip = (text: string): GeneralName => ({ kind: "ip", octets: parseIp(text)! });
for (
  const [commonName, names, isTaken] of [
    ["a.internal", [dns("a.internal")], true],
    ["A.Internal", [dns("a.internal")], true],
    ["internal", [dns("a.internal")], true],
    ["a.internal", [dns("*.a.internal")], true],
    ["b.internal", [dns("a.internal")], false],
    ["\u03b2.internal", [dns("xn--nxa.internal")], false],
    ["xn--nxa.internal", [dns("a.internal")], false],
    ["a.internal", [ip("10.0.0.1")], true],
    ["10.0.0.1", [ip("10.0.0.1")], true],
    ["IP:10.0.0.1", [ip("10.0.0.1")], true],
    ["10.0.0.2", [ip("10.0.0.1")], false],
    ["10.0.0.1", [dns("a.internal")], false],
    ["010.0.0.1", [ip("10.0.0.1")], false],
    ["0x0a000001", [ip("10.0.0.1")], false],
    ["fd00::1", [ip("fd00::1")], true],
    ["FD00::1", [ip("fd00::1")], false],
    ["fd00:0::1", [ip("fd00::1")], false],
    ["worker 1.0", [dns("a.internal")], true],
    ["worker", [dns("a.internal")], true],
    ["10.0.0.1", [{ kind: "email", value: "ann@internal" }], true],
    ["ann.smith", [{ kind: "email", value: "ann@internal" }], true],
  ] as const
) {
  const list = names.map((name) => name.kind === "ip" ? "an address" : name.kind).join(", ");
  Deno.test(`leafProfileFault() ${isTaken ? "takes" : "refuses"} the common name ${commonName} beside ${list}`, () => {
    const certificate = {
      ...extended(leaf, { subjectAltName: names }),
      subject: nameOf(`CN=${commonName}`),
    };
    assertEquals(leafProfileFault(certificate)?.reason, isTaken ? undefined : "bad_name");
  });
}

for (
  const [what, certificate] of [
    ["no authority key identifier", extended(lower, { authorityKeyId: undefined })],
    ["no subject key identifier", extended(lower, { subjectKeyId: undefined })],
    ["basic constraints that are not critical", extended(lower, { critical: [] })],
    ["an issuer without a name", { ...lower, issuer: noName }],
    [
      "as not critical",
      extended(lower, { all: [...lower.extensions.all, oid.nameConstraints] }),
    ],
  ] as const
) {
  Deno.test(`intermediateProfileFault() refuses an authority that has ${what}`, () => {
    const fault = intermediateProfileFault(certificate);
    assertEquals(fault?.reason, "profile");
    assertMatch(fault?.message ?? "", new RegExp(what));
  });

  Deno.test(`checkPath() trusts an anchor that has ${what}, and no other authority`, () => {
    const below = { ...leaf, issuer: lower.subject };
    assertEquals(checkPath([below, certificate], "server", NOON_MS), undefined);
    const path = [below, certificate, root.certificate] as const;
    assertEquals(checkPath(path, "server", NOON_MS)?.reason, "profile");
  });
}

Deno.test("checkPath() trusts an anchor whose serial number is zero", () => {
  const anchor = { ...root.certificate, serialFault: "is zero" };
  assertEquals(checkPath([leaf, anchor], "server", NOON_MS), undefined);
  assert(leafProfileFault({ ...leaf, serialFault: "is zero" }) !== undefined);
});
