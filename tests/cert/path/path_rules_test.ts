import { assertEquals, assertMatch } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { oid } from "../../../lib/cert/der/oid.ts";
import { checkNames, checkPath, checkProfile } from "../../../lib/cert/path/path_rules.ts";
import type { CertificateReason } from "../../../lib/cert/reasons.ts";
import type { Certificate } from "../../../lib/cert/x509/certificate.ts";
import type { Extensions } from "../../../lib/cert/x509/extension.ts";
import { NOON_MS, testAuthority, testLeaf } from "../../support/test_authority.ts";

const root = await testAuthority();
const leaf = await testLeaf(root);

/** A certificate as it is but for some of its extensions. */
function extended(certificate: Certificate, more: Partial<Extensions>): Certificate {
  return { ...certificate, extensions: { ...certificate.extensions, ...more } };
}

function reasonOf(
  certificate: Certificate,
  issuers: readonly Certificate[] = [root.certificate],
  timeMs = NOON_MS,
): CertificateReason | undefined {
  return checkPath([certificate, ...issuers], "server", timeMs)?.reason;
}

Deno.test("checkPath() finds nothing wrong with a leaf right below its authority", () => {
  assertEquals(reasonOf(leaf), undefined);
});

for (
  const [reason, certificate] of [
    ["old_version", { ...leaf, version: 1 }],
    ["bad_serial", { ...leaf, serialFault: "is zero" }],
    ["unknown_extension", extended(leaf, { critical: ["1.2.3"] })],
    ["wrong_purpose", extended(leaf, { extKeyUsage: [oid.clientAuth] })],
    ["expired", { ...leaf, notAfterMs: NOON_MS - 1 }],
    ["not_yet_valid", { ...leaf, notBeforeMs: NOON_MS + 1 }],
    ["wrong_purpose", extended(leaf, { keyUsage: new Set(["keyCertSign"]) })],
    ["is_authority", extended(leaf, { basicConstraints: { isAuthority: true } })],
  ] as const
) {
  Deno.test(`checkPath() says ${reason} of a leaf, and which one it is`, () => {
    const fault = checkPath([certificate, root.certificate], "server", NOON_MS);
    assertEquals(fault?.reason, reason);
    assertMatch(fault?.message ?? "", new RegExp(`^certificate ${leaf.serial} \\(CN=leaf\\) `));
  });
}

Deno.test("checkPath() counts both ends of a life as valid", () => {
  const { notBeforeMs, notAfterMs } = leaf;
  const reasons = [notBeforeMs - 1, notBeforeMs, notAfterMs, notAfterMs + 1]
    .map((timeMs) => reasonOf(leaf, [], timeMs));
  assertEquals(reasons, ["not_yet_valid", undefined, undefined, "expired"]);
});

Deno.test("checkPath() takes anyExtendedKeyUsage and its absence for every purpose", async () => {
  assertEquals(reasonOf(extended(leaf, { extKeyUsage: [oid.anyExtendedKeyUsage] })), undefined);
  const { extKeyUsage: _, ...free } = leaf.extensions;
  assertEquals(reasonOf({ ...leaf, extensions: free }), undefined);
  const clients = await testAuthority({ purposes: ["client"] });
  assertEquals(reasonOf(leaf, [clients.certificate]), "wrong_purpose", "an authority confines it");
});

for (
  const [what, issuer] of [
    ["a leaf", leaf],
    [
      "an authority whose key may not sign",
      extended(root.certificate, {
        keyUsage: new Set(["cRLSign"]),
      }),
    ],
  ] as const
) {
  Deno.test(`checkPath() says not_an_authority where ${what} has signed`, () => {
    assertEquals(reasonOf(leaf, [issuer, root.certificate]), "not_an_authority");
  });
}

Deno.test("checkPath() does not count authorities that have issued themselves", async () => {
  const one = await testAuthority({ subject: "CN=one", issuer: root, pathLength: 0 });
  const narrow = extended(root.certificate, {
    basicConstraints: { isAuthority: true, pathLength: 0 },
  });
  assertEquals(reasonOf(leaf, [one.certificate, narrow]), "path_length");
  const selfIssued = { ...one.certificate, issuer: one.certificate.subject };
  assertEquals(reasonOf(leaf, [selfIssued, narrow]), undefined);
});

Deno.test("checkNames() looks at the subject and its e-mail address as well", async () => {
  const permitted = [{ kind: "email", value: "internal" }] as const;
  const { certificate } = await testAuthority({ permitted });
  const named = await testLeaf(root, { subject: "CN=a, emailAddress=ann@example.com" });
  const fault = checkNames([named, certificate]);
  assertEquals(fault?.reason, "name_constraint");
  assertMatch(
    fault?.message ?? "",
    /"ann@example.com" is not within "email:internal".*CN=test root/,
  );
  assertEquals(checkNames([leaf, certificate]), undefined);
});

for (
  const [reason, certificate] of [
    [undefined, leaf],
    ["old_version", { ...leaf, version: 1 }],
    ["bad_serial", { ...leaf, serialFault: "is zero" }],
    ["is_authority", extended(leaf, { basicConstraints: { isAuthority: true } })],
    ["wrong_purpose", extended(leaf, { extKeyUsage: [oid.anyExtendedKeyUsage] })],
    ["wrong_purpose", extended(leaf, { extKeyUsage: [oid.clientAuth] })],
    ["expired", { ...leaf, notAfterMs: NOON_MS - 1 }],
    ["not_yet_valid", { ...leaf, notBeforeMs: NOON_MS + 1 }],
  ] as const
) {
  Deno.test(`checkProfile() says ${reason ?? "nothing"}`, () => {
    assertEquals(checkProfile(certificate, "server", NOON_MS)?.reason, reason);
  });
}

Deno.test("checkProfile() insists on an extended key usage and on a name", () => {
  const { extKeyUsage: _, subjectAltName: __, ...rest } = leaf.extensions;
  const bare = { ...leaf, extensions: rest };
  assertEquals(checkProfile(bare, "server", NOON_MS)?.reason, "no_name");
  const named = extended(bare, { subjectAltName: [{ kind: "dns", value: "a" }] });
  assertEquals(checkProfile(named, "server", NOON_MS)?.reason, "wrong_purpose");
});

Deno.test("checkNames() holds a leaf with its issuer's name to the constraints, and not an authority", async () => {
  const permitted = [{ kind: "dns", value: "internal" }] as const;
  const { certificate, signer } = await testAuthority({ subject: "CN=leaf", permitted });
  const selfIssued = await testLeaf({ certificate, signer }, { names: ["evil.example.com"] });
  assertEquals(selfIssued.subject.der, selfIssued.issuer.der);
  assertEquals(checkNames([selfIssued, certificate])?.reason, "name_constraint");
  const newKey = { ...selfIssued };
  const inside = await testLeaf({ certificate, signer }, { names: ["a.internal"] });
  assertEquals(checkNames([inside, newKey, certificate]), undefined, "section 6.1.3 (b)");
});

Deno.test("checkNames() gives up on more comparisons than the limit, and not on as many", () => {
  const count = 500;
  const names = (prefix: string, size: number) =>
    Array.from(
      { length: size },
      (_, i) => ({ kind: "dns", value: `${prefix}${i}.internal` } as const),
    );
  const subjectAltName = names("a", count);
  const many = { ...extended(leaf, { subjectAltName }), subject: { ...leaf.subject, parts: [] } };
  const authority = (size: number) =>
    extended(root.certificate, { nameConstraints: { permitted: [], excluded: names("b", size) } });
  const most = limits.maxNameComparisons / count;
  assertEquals(checkNames([many, authority(most)]), undefined);
  assertEquals(checkNames([many, authority(most + 1)])?.reason, "too_complex");
});
