import { assertEquals, assertRejects } from "@std/assert";
import { revocationFault } from "../../../lib/cert/path/revocation_check.ts";
import { verifyCertificate } from "../../../lib/cert/path/verify.ts";
import { CertificateError, type CertificateReason } from "../../../lib/cert/reasons.ts";
import { parseRevocationList } from "../../../lib/cert/x509/revocation_list.ts";
import { testList, type TestListOptions } from "../../support/revocation_list.ts";
import { NOON_MS, testAuthority, type TestIssuer, testLeaf } from "../../support/test_authority.ts";

const DAY_MS = 24 * 60 * 60 * 1_000;
const root = await testAuthority();
const lower = await testAuthority({ subject: "CN=lower", issuer: root });
const leaf = await testLeaf(lower);
const path = [leaf, lower.certificate, root.certificate] as const;

async function listOf(issuer: TestIssuer, options: Partial<TestListOptions> = {}) {
  const subject = issuer.certificate.subject.der;
  const times = { thisUpdateMs: NOON_MS - DAY_MS, nextUpdateMs: NOON_MS + DAY_MS };
  return parseRevocationList(
    await testList({ subject, signer: issuer.signer, ...times, ...options }),
  );
}

async function reasonOf(...lists: Awaited<ReturnType<typeof listOf>>[]) {
  return (await revocationFault(path, lists, NOON_MS))?.reason;
}

Deno.test("revocationFault() finds a revoked leaf and a revoked authority below the trusted one", async () => {
  assertEquals(await reasonOf(), undefined);
  assertEquals(await reasonOf(await listOf(lower), await listOf(root)), undefined);
  assertEquals(await reasonOf(await listOf(lower, { serials: [leaf.serial] })), "revoked");
  const { serial } = lower.certificate;
  assertEquals(await reasonOf(await listOf(root, { serials: [serial] })), "revoked");
  // Serial numbers are the issuer's own: the same one of another issuer is another certificate.
  assertEquals(await reasonOf(await listOf(root, { serials: [leaf.serial] })), undefined);
});

for (
  const [what, options, reason] of [
    ["is out of date", { nextUpdateMs: NOON_MS - 1_000 }, "expired"],
    ["is of a later time", { thisUpdateMs: NOON_MS + 1_000 }, "not_yet_valid"],
    [
      "is signed by another key",
      { signer: { ...root.signer, keyId: lower.signer.keyId } },
      "bad_signature",
    ],
  ] as const satisfies readonly (readonly [string, Partial<TestListOptions>, CertificateReason])[]
) {
  Deno.test(`revocationFault() refuses a path with a list that ${what}`, async () => {
    assertEquals(await reasonOf(await listOf(lower, options)), reason);
  });
}

Deno.test("revocationFault() takes a list to the millisecond of its dates", async () => {
  const edges = { thisUpdateMs: NOON_MS, nextUpdateMs: NOON_MS };
  assertEquals(await reasonOf(await listOf(lower, edges)), undefined);
});

Deno.test("revocationFault() refuses a list of an authority that may not sign lists", async () => {
  const mute = await testAuthority({ subject: "CN=mute", issuer: root, keyUsage: ["keyCertSign"] });
  const below = await testLeaf(mute);
  const fault = await revocationFault([below, mute.certificate], [await listOf(mute)], NOON_MS);
  assertEquals(fault?.reason, "not_an_authority");
});

Deno.test("verifyCertificate() refuses what a revocation list names", async () => {
  const options = {
    authorities: [root.certificate],
    intermediates: [lower.certificate],
    timeMs: NOON_MS,
  };
  const revocationLists = [await listOf(lower)];
  assertEquals((await verifyCertificate(leaf, { ...options, revocationLists })).length, 3);
  const revoking = [await listOf(lower, { serials: [leaf.serial] })];
  const error = await assertRejects(
    () => verifyCertificate(leaf, { ...options, revocationLists: revoking }),
    CertificateError,
    "was revoked by its issuer",
  );
  assertEquals(error.reason, "revoked");
});
