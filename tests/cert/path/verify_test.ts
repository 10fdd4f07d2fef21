import { assert, assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { type Certificate, parseCertificate } from "../../../lib/cert/x509/certificate.ts";
import { constraintsOf } from "../../../lib/cert/authority/permit.ts";
import { makeSelfSigned } from "../../../lib/cert/authority/self_signed.ts";
import { CertificateError } from "../../../lib/cert/reasons.ts";
import { openSigner } from "../../../lib/cert/key/signer.ts";
import { verifyCertificate, type VerifyOptions } from "../../../lib/cert/path/verify.ts";
import { TestClock } from "../../support/clock.ts";
import { brokenKeys } from "../../support/broken_key.ts";
import { weakPublicKey } from "../../support/weak_key.ts";
import { NOON_MS, testAuthority, testEntity, testLeaf } from "../../support/test_authority.ts";

const DAY_MS = 24 * 60 * 60 * 1_000;
const root = await testAuthority();

async function pathLengthOf(leaf: Certificate, options: Partial<VerifyOptions> = {}) {
  const authorities = [root.certificate];
  return (await verifyCertificate(leaf, { authorities, timeMs: NOON_MS, ...options })).length;
}

async function assertRefused(leaf: Certificate, reason: string, options = {}) {
  const error = await assertRejects(() => pathLengthOf(leaf, options), DariError, reason);
  assertEquals(error.code, "data");
}

Deno.test("verifyCertificate() trusts a leaf of an authority", async () => {
  assertEquals(await pathLengthOf(await testLeaf(root)), 2);
});

for (const algorithm of ["ecdsa-p256", "rsa-2048", "ed25519"] as const) {
  Deno.test(`verifyCertificate() trusts an authority with a key of ${algorithm}`, async () => {
    const authority = await testAuthority({ algorithm });
    const leaf = await testLeaf(authority, { algorithm });
    assertEquals(await pathLengthOf(leaf, { authorities: [authority.certificate] }), 2);
  });
}

Deno.test("verifyCertificate() finds the way over intermediates in any order", async () => {
  const upper = await testAuthority({ subject: "CN=upper", issuer: root });
  const lower = await testAuthority({ subject: "CN=lower", issuer: upper });
  const intermediates = [lower.certificate, upper.certificate];
  assertEquals(await pathLengthOf(await testLeaf(lower), { intermediates }), 4);
  intermediates.reverse();
  assertEquals(await pathLengthOf(await testLeaf(lower), { intermediates }), 4);
});

Deno.test("verifyCertificate() refuses a leaf whose intermediate is missing", async () => {
  const lower = await testAuthority({ subject: "CN=lower", issuer: root });
  await assertRefused(await testLeaf(lower), "issuer is not among the authorities");
});

Deno.test("verifyCertificate() refuses another authority of the same name", async () => {
  const impostor = await testAuthority();
  await assertRefused(await testLeaf(impostor), "issuer is not among the authorities");
});

Deno.test("verifyCertificate() refuses a wrong signature", async () => {
  const leaf = await testLeaf(root);
  const der = leaf.der.slice();
  der[der.length - 1]! ^= 1;
  await assertRefused(parseCertificate(der), "signature");
});

Deno.test("verifyCertificate() refuses what was changed after signing", async () => {
  const leaf = await testLeaf(root, { names: ["leaf.internal"] });
  const at = new TextDecoder("latin1").decode(leaf.der).indexOf("leaf.internal");
  const der = leaf.der.slice();
  der.set(new TextEncoder().encode("evil"), at);
  await assertRefused(parseCertificate(der), "signature");
});

Deno.test("verifyCertificate() refuses an expired leaf, to the second", async () => {
  const leaf = await testLeaf(root, { notAfterMs: NOON_MS - 1_000 });
  await assertRefused(leaf, "expired at 2026-06-01T11:59:59");
  assertEquals(await pathLengthOf(leaf, { timeMs: NOON_MS - 1 }), 2);
});

Deno.test("verifyCertificate() refuses a leaf that is not valid yet", async () => {
  await assertRefused(await testLeaf(root, { notBeforeMs: NOON_MS + 1_000 }), "not valid before");
});

Deno.test("verifyCertificate() refuses an expired authority", async () => {
  const old = await testAuthority({ notAfterMs: NOON_MS - DAY_MS / 2 });
  await assertRefused(await testLeaf(old), "expired", { authorities: [old.certificate] });
});

Deno.test("verifyCertificate() refuses a leaf for the other purpose", async () => {
  await assertRefused(await testLeaf(root, { purposes: ["client"] }), "not for a server");
  await assertRefused(await testLeaf(root), "not for a client", { purpose: "client" });
});

Deno.test("verifyCertificate() refuses an authority as a leaf", async () => {
  const authority = await testAuthority({ subject: "CN=a", issuer: root });
  await assertRefused(authority.certificate, "must not serve as a leaf");
});

Deno.test("verifyCertificate() refuses an authority whose key may not sign certificates", async () => {
  const keyUsage = ["digitalSignature"] as const;
  const mute = await testAuthority({ subject: "CN=mute", issuer: root, keyUsage });
  const intermediates = [mute.certificate];
  await assertRefused(await testLeaf(mute), "may not sign certificates", { intermediates });
});

Deno.test("verifyCertificate() refuses a leaf that plays the authority", async () => {
  const server = await testEntity(root, { subject: "CN=server" });
  const intermediates = [server.certificate];
  await assertRefused(await testLeaf(server), "is no authority", { intermediates });
});

Deno.test("verifyCertificate() keeps to the path length", async () => {
  const narrow = await testAuthority({ pathLength: 0 });
  const authorities = [narrow.certificate];
  const lower = await testAuthority({ subject: "CN=lower", issuer: narrow });
  const intermediates = [lower.certificate];
  assertEquals(await pathLengthOf(await testLeaf(narrow), { authorities }), 2);
  await assertRefused(await testLeaf(lower), "allows 0 authorities below it", {
    authorities,
    intermediates,
  });
});

Deno.test("verifyCertificate() refuses a leaf without subjectAltName", async () => {
  await assertRefused(await testLeaf(root, { names: [] }), "no subjectAltName");
});

Deno.test("verifyCertificate() refuses serial numbers that are zero or too long", async () => {
  await assertRefused(await testLeaf(root, { serial: Uint8Array.of(0) }), "is zero");
  const huge = new Uint8Array(21).fill(0x11);
  await assertRefused(await testLeaf(root, { serial: huge }), "longer than 20 octets");
});

Deno.test("verifyCertificate() trusts a self-signed leaf that is itself named as trusted", async () => {
  const clock = new TestClock(NOON_MS);
  const { certificate } = await makeSelfSigned("leaf.internal", { algorithm: "ecdsa-p256", clock });
  assertEquals(await pathLengthOf(certificate, { authorities: [certificate] }), 1);
  await assertRefused(certificate, "issuer is not among the authorities");
});

Deno.test("verifyCertificate() does not let a trusted leaf vouch for others", async () => {
  const clock = new TestClock(NOON_MS);
  const { certificate, privateKey } = await makeSelfSigned("a.internal", { clock });
  const leaf = await testLeaf({ certificate, signer: await openSigner(privateKey) });
  await assertRefused(leaf, "is no authority", { authorities: [certificate] });
});

Deno.test("verifyCertificate() refuses a leaf whose key is weak", async () => {
  await assertRefused(await testLeaf(root, { publicKey: await weakPublicKey() }), "1024 bits");
});

for (const { name, spki } of brokenKeys) {
  Deno.test(`verifyCertificate() passes over an impostor of the intermediate with ${name}`, async () => {
    const lower = await testAuthority({ subject: "CN=lower", issuer: root });
    const leaf = await testLeaf(lower);
    // It has the key identifier of the right one as well, so that nothing but the key tells them apart.
    const made = await testAuthority({ subject: "CN=lower", issuer: root, publicKey: spki });
    const { subjectKeyId = "" } = lower.certificate.extensions;
    const impostor = {
      ...made.certificate,
      extensions: { ...made.certificate.extensions, subjectKeyId },
    };
    const intermediates = [impostor, lower.certificate];
    assertEquals(await pathLengthOf(leaf, { intermediates }), 3);
    await assertRefused(leaf, "key", { intermediates: [impostor] });
    await assertRefused(await testLeaf(root, { publicKey: spki }), "key");
  });
}

Deno.test("verifyCertificate() gives up on a maze of authorities of one name", async () => {
  const maze = await testAuthority({ subject: "CN=maze" });
  // One name and one key, so that each may have issued every other.
  const { publicKey } = maze.certificate;
  const turns = await Promise.all(
    Array.from({ length: 9 }, () => testAuthority({ subject: "CN=maze", issuer: maze, publicKey })),
  );
  const intermediates = turns.map(({ certificate }) => certificate);
  const leaf = await testLeaf(maze);
  const authorities = [(await testAuthority({ subject: "CN=elsewhere" })).certificate];
  await assertRefused(leaf, "hidden among too many certificates", { intermediates, authorities });
});

Deno.test("verifyCertificate() checks as many signatures as its bound says", async () => {
  const { certificate } = root;
  const { publicKey } = (await testAuthority()).certificate;
  const behind = (impostors: number) => ({
    authorities: [
      ...Array.from({ length: impostors }, () => ({ ...certificate, publicKey })),
      certificate,
    ],
  });
  const leaf = await testLeaf(root);
  assertEquals(await pathLengthOf(leaf, behind(limits.maxPathSignatures - 1)), 2);
  await assertRefused(leaf, "too many certificates of one name", behind(limits.maxPathSignatures));
});

const constrained = await testAuthority({
  ...constraintsOf([".internal", "10.0.0.0/8", "fd00::/8"]),
  subject: "CN=constrained",
});
Deno.test("verifyCertificate() holds names against what is excluded", async () => {
  const excluded = [{ kind: "dns", value: "secret.internal" }] as const;
  const authority = await testAuthority({ excluded });
  const authorities = [authority.certificate];
  for (const name of ["secret.internal", "a.secret.internal", "*.secret.internal"]) {
    const leaf = await testLeaf(authority, { names: [name] });
    await assertRefused(leaf, "is excluded by", { authorities });
  }
  assertEquals(await pathLengthOf(await testLeaf(authority), { authorities }), 2);
});

Deno.test("verifyCertificate() applies constraints from further up", async () => {
  const lower = await testAuthority({ subject: "CN=lower", issuer: constrained });
  const options = { authorities: [constrained.certificate], intermediates: [lower.certificate] };
  assertEquals(await pathLengthOf(await testLeaf(lower), options), 3);
  await assertRefused(await testLeaf(lower, { names: ["example.com"] }), "is not within", options);
});

Deno.test("verifyCertificate() wants the name that was asked for", async () => {
  const leaf = await testLeaf(root);
  assertEquals(await pathLengthOf(leaf, { name: "leaf.internal" }), 2);
  await assertRefused(leaf, "is not among its names", { name: "other.internal" });
});

Deno.test("verifyCertificate() allows as many authorities in between as it is told", async () => {
  const upper = await testAuthority({ subject: "CN=upper", issuer: root });
  // The same authority with a newer key: RFC 5280 section 6.1.4 (l) does not count it.
  const renewed = await testAuthority({ subject: "CN=upper", issuer: upper });
  const intermediates = [upper.certificate, renewed.certificate];
  const leaf = await testLeaf(renewed);
  assertEquals(await pathLengthOf(leaf, { intermediates, maxIntermediates: 1 }), 4);
  await assertRefused(leaf, "not among the authorities", { intermediates, maxIntermediates: 0 });
  assertEquals(await pathLengthOf(await testLeaf(root), { maxIntermediates: 0 }), 2);
});

Deno.test("verifyCertificate() takes a path of the most certificates, and none that is longer", async () => {
  let issuer = root;
  const intermediates: Certificate[] = [];
  for (let i = 2; i < limits.maxChainLength; i++) {
    issuer = await testAuthority({ subject: `CN=authority ${i}`, issuer });
    intermediates.push(issuer.certificate);
  }
  assertEquals(
    await pathLengthOf(await testLeaf(issuer), { intermediates }),
    limits.maxChainLength,
  );
  const lowest = await testAuthority({ subject: "CN=lowest", issuer });
  intermediates.push(lowest.certificate);
  for (const maxIntermediates of [limits.maxChainLength - 1, 99]) {
    const options = { intermediates, maxIntermediates };
    await assertRefused(await testLeaf(lowest), "not among the authorities", options);
  }
  await assertRefused(await testLeaf(lowest), "not among the authorities", { intermediates });
});

Deno.test("verifyCertificate() finds the path beside any damaged copy of the intermediate", async () => {
  const lower = await testAuthority({ subject: "CN=lower", issuer: root });
  const leaf = await testLeaf(lower);
  let tried = 0;
  for (let at = 0; at < lower.certificate.der.length; at++) {
    const der = lower.certificate.der.slice();
    der[at]! ^= 1 << (at % 8);
    let damaged: Certificate;
    try {
      damaged = parseCertificate(der);
    } catch (error) {
      assert(error instanceof CertificateError, String(error));
      continue;
    }
    tried++;
    const intermediates = [damaged, lower.certificate];
    assertEquals(await pathLengthOf(leaf, { intermediates }), 3, `octet ${at}`);
  }
  assert(tried > 100, `${tried} copies could be parsed`);
});
