import { assertEquals } from "@std/assert";
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
import { NOON_MS, testAuthority, type TestIssuer, testLeaf } from "../../support/test_authority.ts";

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
