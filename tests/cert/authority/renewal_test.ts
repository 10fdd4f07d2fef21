import { assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { initAuthority, loadAuthority } from "../../../lib/cert/authority/directory.ts";
import { issueLeafFiles } from "../../../lib/cert/authority/leaf_files.ts";
import { isDueForRenewal, renewDue, renewLeaf } from "../../../lib/cert/authority/renewal.ts";
import { openFileLedger } from "../../../lib/cert/ledger/ledger.ts";
import { parseCertificates } from "../../../lib/cert/x509/certificate.ts";
import { TestClock } from "../../support/clock.ts";
import { tempDirectory } from "../../support/temp.ts";

const DAY_MS = 24 * 60 * 60 * 1_000;

async function workshop(clock = new TestClock()) {
  const directory = await tempDirectory();
  const { path } = directory;
  await initAuthority(path, { clock });
  const ledger = openFileLedger(path, clock);
  const issue = async (name: string) =>
    await issueLeafFiles(await loadAuthority(path), ledger, `${path}/${name}`, {
      names: [`${name}.internal`],
      clock,
    });
  return {
    path,
    ledger,
    clock,
    issue,
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}

Deno.test("isDueForRenewal() counts two thirds of a life", () => {
  const life = { notBeforeMs: 0, notAfterMs: 300 };
  assertEquals([200, 201].map((nowMs) => isDueForRenewal(life, nowMs)), [false, true]);
});

Deno.test("renewDue() renews what is past two thirds of its life and reports what it cannot", async () => {
  await using shop = await workshop();
  const [good, lost] = [await shop.issue("good"), await shop.issue("lost")];
  const authority = await loadAuthority(shop.path);
  assertEquals(await renewDue(authority, shop.ledger, shop.clock), []);
  shop.clock.advance(21 * DAY_MS);
  await Deno.remove(lost.certFile);
  const results = await renewDue(authority, shop.ledger, shop.clock);
  assertEquals(results.map(({ kind, entry }) => [kind, entry.serial]), [
    ["renewed", good.certificate.serial],
    ["failed", lost.certificate.serial],
  ]);
});

Deno.test("renewLeaf() keeps subject, names, purposes and key, and the length of life", async () => {
  await using shop = await workshop();
  const authority = await loadAuthority(shop.path);
  const first = `${"a".repeat(60)}.internal`; // too long for a common name: there is no subject
  for (const subject of [undefined, "O=Example, CN=a\\, b"]) {
    const { certificate: old, certFile } = await issueLeafFiles(
      authority,
      shop.ledger,
      `${shop.path}/${subject === undefined}`,
      {
        names: [first, "127.0.0.1"],
        purposes: ["client", "server"],
        lifeMs: 9 * DAY_MS,
        clock: shop.clock,
        ...(subject === undefined ? {} : { subject }),
      },
    );
    shop.clock.advance(DAY_MS);
    const entry = await shop.ledger.entry(old.serial);
    const renewed = await renewLeaf(authority, shop.ledger, entry, { clock: shop.clock });
    assertEquals(renewed.subject.der, old.subject.der);
    assertEquals(renewed.publicKey, old.publicKey);
    assertEquals(renewed.extensions.subjectAltName, old.extensions.subjectAltName);
    assertEquals(renewed.extensions.extKeyUsage, old.extensions.extKeyUsage);
    assertEquals(renewed.notAfterMs, old.notAfterMs + DAY_MS);
    assertEquals(parseCertificates(await Deno.readTextFile(certFile))[0].serial, renewed.serial);
  }
});

Deno.test("renewDue() makes good a renewal that was recorded and did not reach its file", async () => {
  await using shop = await workshop();
  const authority = await loadAuthority(shop.path);
  const { certificate, certFile } = await shop.issue("a");
  const old = await Deno.readTextFile(certFile);
  shop.clock.advance(21 * DAY_MS);
  assertEquals((await renewDue(authority, shop.ledger, shop.clock)).length, 1);
  assertEquals(await renewDue(authority, shop.ledger, shop.clock), []);
  await Deno.writeTextFile(certFile, old); // as a crash between ledger and file leaves it
  const [again] = await renewDue(authority, shop.ledger, shop.clock);
  assertEquals([again?.kind, again?.entry.serial], ["renewed", certificate.serial]);
  assertEquals(await renewDue(authority, shop.ledger, shop.clock), []);
});

Deno.test("renewLeaf() refuses what is revoked, renewed already or another file by now", async () => {
  await using shop = await workshop();
  const authority = await loadAuthority(shop.path);
  const [one, two] = [await shop.issue("one"), await shop.issue("two")];
  const renew = (serial: string) =>
    shop.ledger.entry(serial).then((entry) =>
      renewLeaf(authority, shop.ledger, entry, { clock: shop.clock })
    );
  await Deno.copyFile(two.certFile, one.certFile);
  await assertRejects(() => renew(one.certificate.serial), DariError, "instead of");
  await renew(two.certificate.serial);
  await assertRejects(() => renew(two.certificate.serial), DariError, "is renewed as");
  await shop.ledger.revoke(one.certificate.serial);
  await assertRejects(() => renew(one.certificate.serial), DariError, "is revoked");
});
