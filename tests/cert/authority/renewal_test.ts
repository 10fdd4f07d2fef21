import { assertEquals, assertRejects } from "@std/assert";
import { decodeHex } from "@std/encoding/hex";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { initAuthority, loadAuthority } from "../../../lib/cert/authority/directory.ts";
import { issueLeafFiles } from "../../../lib/cert/authority/leaf_files.ts";
import { isDueForRenewal, renewDue, renewLeaf } from "../../../lib/cert/authority/renewal.ts";
import { applyRotation } from "../../../lib/cert/authority/rotation.ts";
import { makeAuthority, openAuthority } from "../../../lib/cert/authority/authority.ts";
import { encodePem } from "../../../lib/cert/der/pem.ts";
import { generateKeyPair } from "../../../lib/cert/key/key_pair.ts";
import { openSigner } from "../../../lib/cert/key/signer.ts";
import { openFileLedger } from "../../../lib/cert/ledger/ledger.ts";
import { CertificateError } from "../../../lib/cert/reasons.ts";
import { parseCertificates } from "../../../lib/cert/x509/certificate.ts";
import { signCertificate } from "../../../lib/cert/x509/certificate_template.ts";
import { formatName, parseSubject } from "../../../lib/cert/x509/distinguished_name.ts";
import { parseSubjectName } from "../../../lib/cert/x509/general_name.ts";
import { dataLedger } from "../../../lib/endpoint/data_ledger.ts";
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
  assertEquals(await renewDue(authority, shop.ledger, { clock: shop.clock }), []);
  shop.clock.advance(21 * DAY_MS);
  await Deno.remove(lost.certFile);
  const results = await renewDue(authority, shop.ledger, { clock: shop.clock });
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

Deno.test("what ended with its authority is renewed by the next one for the life that it was to have", async () => {
  await using shop = await workshop();
  const { path, ledger, clock } = shop;
  clock.advance(limits.authorityLifeMs - 2 * DAY_MS);
  const old = await shop.issue("api");
  const authority = await loadAuthority(path);
  assertEquals(old.certificate.notAfterMs, authority.certificate.notAfterMs);
  // Renewed by the same authority it ends sooner still, and what it was to have is not forgotten.
  clock.advance(1.5 * DAY_MS);
  const [again] = await renewDue(authority, ledger, { clock });
  assertEquals(
    again?.kind === "renewed" && again.certificate.notAfterMs,
    old.certificate.notAfterMs,
  );
  await applyRotation(path, { ledger, clock });
  await applyRotation(path, { ledger, clock });
  const [moved] = await renewDue(await loadAuthority(path), ledger, {
    clock,
    previous: [authority],
  });
  const notAfterMs = clock.now() + limits.leafLifeMs;
  assertEquals(
    moved?.kind === "renewed" && Math.floor(moved.certificate.notAfterMs / 1_000),
    Math.floor(notAfterMs / 1_000),
  );
});

Deno.test("renewLeaf() renews what lives as long as a certificate may", async () => {
  await using shop = await workshop();
  const authority = await loadAuthority(shop.path);
  const old = await issueLeafFiles(authority, shop.ledger, `${shop.path}/long`, {
    ...{ names: ["long.internal"], lifeMs: limits.maxLeafLifeMs, clock: shop.clock },
  });
  const entry = await shop.ledger.entry(old.certificate.serial);
  const renewed = await renewLeaf(authority, shop.ledger, entry, { clock: shop.clock });
  assertEquals(renewed.notAfterMs, old.certificate.notAfterMs);
});

Deno.test("renewDue() makes good a renewal that was recorded and did not reach its file", async () => {
  await using shop = await workshop();
  const authority = await loadAuthority(shop.path);
  const { certificate, certFile } = await shop.issue("a");
  const old = await Deno.readTextFile(certFile);
  shop.clock.advance(21 * DAY_MS);
  assertEquals((await renewDue(authority, shop.ledger, { clock: shop.clock })).length, 1);
  assertEquals(await renewDue(authority, shop.ledger, { clock: shop.clock }), []);
  await Deno.writeTextFile(certFile, old); // as a crash between ledger and file leaves it
  const [again] = await renewDue(authority, shop.ledger, { clock: shop.clock });
  assertEquals([again?.kind, again?.entry.serial], ["renewed", certificate.serial]);
  assertEquals(await renewDue(authority, shop.ledger, { clock: shop.clock }), []);
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

Deno.test("renewLeaf() takes nothing from the file but the key that the ledger recorded", async () => {
  await using shop = await workshop();
  const authority = await loadAuthority(shop.path);
  const { certificate, certFile } = await shop.issue("a");
  const { serial, notBeforeMs, notAfterMs, publicKey } = certificate;
  const entry = await shop.ledger.entry(serial);
  const impostor = await generateKeyPair();
  const put = async (key: Uint8Array<ArrayBuffer>) => {
    const der = await signCertificate({
      ...{ serial: decodeHex(serial.padStart(32, "0")), notBeforeMs, notAfterMs, publicKey: key },
      subject: parseSubject("CN=evil.internal"),
      names: [parseSubjectName("evil.internal")],
      keyUsage: ["digitalSignature"],
      purposes: ["client"],
    }, { signer: await openSigner(impostor.privateKey) });
    await Deno.writeTextFile(certFile, encodePem("CERTIFICATE", der));
  };
  const renew = () => renewLeaf(authority, shop.ledger, entry, { clock: shop.clock });
  await put(impostor.publicKey);
  const error = await assertRejects(renew, CertificateError, "was not issued for");
  assertEquals([error.reason, error.code], ["key_mismatch", "failed_precondition"]);
  await put(publicKey);
  const renewed = await renew();
  assertEquals(formatName(renewed.subject), "CN=a.internal");
  assertEquals(renewed.extensions.subjectAltName, certificate.extensions.subjectAltName);
  assertEquals(renewed.extensions.extKeyUsage, certificate.extensions.extKeyUsage);
});

Deno.test("renewLeaf() trusts the authority's signature where an older ledger has no key", async () => {
  await using shop = await workshop();
  const [authority, { certificate }] = [await loadAuthority(shop.path), await shop.issue("a")];
  const path = `${shop.path}/certificates.jsonl`;
  const old = (await Deno.readTextFile(path)).replaceAll(/,"key":"[0-9a-f]+"/g, "");
  await Deno.writeTextFile(path, old);
  const ledger = openFileLedger(shop.path, shop.clock);
  const entry = await ledger.entry(certificate.serial);
  assertEquals(entry.key, undefined);
  const stranger = await makeAuthority({ clock: shop.clock });
  const next = await openAuthority(stranger.privateKey, [stranger.certificate]);
  const options = { clock: shop.clock };
  await assertRejects(() => renewLeaf(next, ledger, entry, options), DariError, "not issued for");
  const renewed = await renewLeaf(next, ledger, entry, { ...options, previous: [authority] });
  assertEquals(renewed.publicKey, certificate.publicKey);
});

Deno.test("of many renewals at once one is done, and its certificate is in the file", async () => {
  await using directory = await tempDirectory();
  const data = `${directory.path}/data`;
  await using ledger = dataLedger(data);
  await initAuthority(data, { ledger });
  const authority = await loadAuthority(data);
  const options = { names: ["a.internal"] };
  const { certificate, certFile } = await issueLeafFiles(
    authority,
    ledger,
    `${directory.path}/a`,
    options,
  );
  const entry = await ledger.entry(certificate.serial);
  const results = await Promise.allSettled(Array.from({ length: 12 }, async () => {
    await using own = dataLedger(data); // as another process has it
    return await renewLeaf(authority, own, entry);
  }));
  const won = results.filter((result) => result.status === "fulfilled").map(({ value }) => value);
  assertEquals(won.length, 1);
  assertEquals(parseCertificates(await Deno.readTextFile(certFile))[0].serial, won[0]?.serial);
  assertEquals((await ledger.entries()).length, 3);
});

Deno.test("a revocation that races renewals leaves no valid certificate of the key", async () => {
  await using directory = await tempDirectory();
  const data = `${directory.path}/data`;
  await using ledger = dataLedger(data);
  await initAuthority(data, { ledger });
  const authority = await loadAuthority(data);
  for (let round = 0; round < 15; round++) {
    const { certificate } = await issueLeafFiles(authority, ledger, `${directory.path}/${round}`, {
      names: ["a.internal"],
    });
    const entry = await ledger.entry(certificate.serial);
    await using rival = dataLedger(data);
    await using revoker = dataLedger(data);
    await Promise.allSettled([
      renewLeaf(authority, ledger, entry),
      renewLeaf(authority, rival, entry),
      revoker.revoke(certificate.serial, "keyCompromise"),
    ]);
    const same = await ledger.entriesOfSameKey(certificate.serial);
    assertEquals(same.filter(({ revoked }) => revoked === undefined), [], `round ${round}`);
  }
});

Deno.test("processes that renew and revoke at once leave one renewal, and it is revoked", async () => {
  await using directory = await tempDirectory();
  const data = `${directory.path}/data`;
  const program = new URL("../../../cli.ts", import.meta.url).pathname;
  const run = async (...words: string[]) => {
    const args = ["run", "-A", "--quiet", "--no-check", program, "cert", ...words, "--data", data];
    const { code } = await new Deno.Command(Deno.execPath(), {
      args,
      stdout: "null",
      stderr: "null",
    }).output();
    return code;
  };
  const file = `${directory.path}/a`;
  assertEquals(await run("init"), 0);
  assertEquals(await run("issue", "a.internal", "--out", file), 0);
  const [{ serial }] = parseCertificates(await Deno.readTextFile(`${file}.crt`));
  const codes = await Promise.all([
    ...Array.from({ length: 4 }, () => run("renew", `${file}.crt`)),
    run("revoke", serial),
  ]);
  assertEquals(codes.at(-1), 0);
  await using ledger = dataLedger(data);
  const same = await ledger.entriesOfSameKey(serial);
  assertEquals(same.filter(({ revoked }) => revoked === undefined), []);
  // Each renewal that was done began with the certificate that the one before had written.
  const replaced = same.map(({ replaces }) => replaces).filter((one) => one !== undefined);
  assertEquals(new Set(replaced).size, replaced.length);
});
