import { assertEquals, assertStringIncludes } from "@std/assert";
import { encodeHex } from "@std/encoding/hex";
import { systemClock } from "../../../lib/base/clock.ts";
import { limits } from "../../../lib/base/limits.ts";
import {
  checkRevocationLists,
  encodePem,
  type LedgerEntry,
  makeRevocationList,
  parseRevocationLists,
  type RevocationList,
  verifyCertificate,
} from "../../../lib/cert/mod.ts";
import { listPem, testList, type TestListOptions } from "../../support/revocation_list.ts";
import { NOON_MS, testAuthority, type TestIssuer, testLeaf } from "../../support/test_authority.ts";

const DAY_MS = 24 * 60 * 60 * 1_000;
const root = await testAuthority();
const middle = await testAuthority({ subject: "CN=middle", issuer: root, pathLength: 0 });
const leaf = await testLeaf(middle);
const path = await verifyCertificate(leaf, {
  authorities: [root.certificate],
  intermediates: [middle.certificate],
  timeMs: NOON_MS,
});

/** What an authority says is revoked. */
async function listOf(
  { certificate, signer }: TestIssuer,
  serials: readonly string[] = [],
): Promise<RevocationList> {
  const keyId = encodeHex(signer.keyId);
  const entries = serials.map((serial): LedgerEntry => ({
    ...{ serial, authority: keyId, atMs: 0, subject: "", names: [], purposes: [] },
    ...{ notBeforeMs: 0, notAfterMs: NOON_MS * 2, revoked: { atMs: 0, reason: "keyCompromise" } },
  }));
  const clock = { ...systemClock, now: () => NOON_MS };
  const der = await makeRevocationList({ certificate, signer, keyId }, entries, clock);
  return parseRevocationLists(encodePem("X509 CRL", der))[0];
}

async function outcome(lists: readonly RevocationList[], timeMs = NOON_MS): Promise<string> {
  return await checkRevocationLists(path, lists, timeMs).then(
    () => "trusted",
    ({ reason }) => reason,
  );
}

Deno.test("checkRevocationLists() trusts a leaf that its issuer's list does not name", async () => {
  assertEquals(await outcome([await listOf(root), await listOf(middle)]), "trusted");
  assertEquals(await outcome([await listOf(middle, ["01"])]), "trusted");
});

Deno.test("checkRevocationLists() refuses a leaf or an authority that a list names", async () => {
  assertEquals(await outcome([await listOf(middle, [leaf.serial])]), "revoked");
  const lists = [await listOf(middle), await listOf(root, [middle.certificate.serial])];
  assertEquals(await outcome(lists), "revoked");
});

Deno.test("checkRevocationLists() needs a list of the leaf's issuer, in date to the second", async () => {
  const own = await listOf(middle);
  assertEquals(await outcome([]), "revocation_unknown");
  assertEquals(await outcome([await listOf(root)]), "revocation_unknown");
  assertEquals(await outcome([own], NOON_MS + limits.revocationListLifeMs), "trusted");
  assertEquals(
    await outcome([own], NOON_MS + limits.revocationListLifeMs + 1),
    "revocation_outdated",
  );
  assertEquals(await outcome([own], NOON_MS - 1), "revocation_outdated");
});

Deno.test("checkRevocationLists() says until when the latest of several old lists was good", async () => {
  const lists = [];
  for (const days of [3, 1, 2]) {
    const der = await testList({
      ...{ signer: middle.signer, subject: middle.certificate.subject.der },
      ...{ thisUpdateMs: NOON_MS - 9 * DAY_MS, nextUpdateMs: NOON_MS - days * DAY_MS },
    });
    lists.push(...parseRevocationLists(listPem(der)));
  }
  const message = await checkRevocationLists(path, lists, NOON_MS).catch(String);
  assertStringIncludes(String(message), `good until ${new Date(NOON_MS - DAY_MS).toISOString()}`);
});

Deno.test("checkRevocationLists() takes no list that another key has signed", async () => {
  const impostor = await testAuthority({ subject: "CN=middle" });
  assertEquals(await outcome([await listOf(impostor)]), "revocation_unknown");
  const lists = [await listOf(impostor, [leaf.serial]), await listOf(middle)];
  assertEquals(await outcome(lists), "trusted"); // a stranger can revoke nothing either
});

Deno.test("checkRevocationLists() takes no list of an authority that may not sign lists", async () => {
  const issuer = await testAuthority({ subject: "CN=mute", keyUsage: ["keyCertSign"] });
  const own = await testLeaf(issuer);
  const issued = await verifyCertificate(own, {
    authorities: [issuer.certificate],
    timeMs: NOON_MS,
  });
  const reason = await checkRevocationLists(issued, [await listOf(issuer)], NOON_MS)
    .then(() => "trusted", (error) => error.reason);
  assertEquals(reason, "revocation_unknown");
});

const stranger = await testAuthority({ subject: "CN=stranger" });
const ofStranger = { signer: stranger.signer, subject: stranger.certificate.subject.der };

// The cases of x509-limbo about revocation lists, by their names there. The list is of the leaf's
// issuer and names another certificate, unless the case says otherwise.
for (
  const [name, change, expected] of [
    ["revoked-certificate-with-crl", { serials: [leaf.serial] }, "revoked"],
    ["crlnumber-missing", { number: null }, "malformed"],
    ["crlnumber-critical", { isNumberCritical: true }, "malformed"],
    ["certificate-not-on-crl", {}, "trusted"],
    ["crl-empty", { serials: [] }, "trusted"],
    ["crl-invalid-signature", { signer: stranger.signer }, "revocation_unknown"],
    [
      "certificate-serial-on-crl-different-issuer",
      { ...ofStranger, serials: [leaf.serial] },
      "revocation_unknown",
    ],
    ["crl-unknown-critical-extension", { unknown: { of: "list", isCritical: true } }, "malformed"],
    [
      "crl-unknown-noncritical-extension",
      { unknown: { of: "list", isCritical: false } },
      "trusted",
    ],
    [
      "entry-unknown-critical-extension",
      { serials: [leaf.serial], unknown: { of: "entry", isCritical: true } },
      "malformed",
    ],
    [
      "entry-unknown-noncritical-extension",
      { serials: [leaf.serial], unknown: { of: "entry", isCritical: false } },
      "revoked",
    ],
    ["this-update-in-future", { thisUpdateMs: NOON_MS + DAY_MS }, "revocation_outdated"],
    [
      "next-update-in-past",
      { thisUpdateMs: NOON_MS - 60 * DAY_MS, nextUpdateMs: NOON_MS - 30 * DAY_MS },
      "revocation_outdated",
    ],
  ] as const satisfies readonly (readonly [string, Partial<TestListOptions>, string])[]
) {
  Deno.test(`checkRevocationLists() finds ${expected} in the limbo case ${name}`, async () => {
    const der = await testList({
      ...{ signer: middle.signer, subject: middle.certificate.subject.der, serials: ["4a0b"] },
      ...{ thisUpdateMs: NOON_MS - DAY_MS, nextUpdateMs: NOON_MS + 60 * DAY_MS },
      ...change,
    });
    const found = await Promise.resolve(listPem(der)).then(parseRevocationLists).then(
      outcome,
      ({ reason }) => reason,
    );
    assertEquals(found, expected);
  });
}
