import { assert, assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import {
  encodePem,
  encodePrivateKeyPem,
  ensureServerIdentity,
  initAuthority,
  loadAuthority,
  makeAuthority,
  openFileLedger,
  publicKeyOf,
  readAuthorityCertificates,
} from "../../../lib/cert/mod.ts";
import { tempDirectory } from "../../support/temp.ts";

Deno.test("initAuthority() keeps the key encrypted where there is a passphrase, and records itself", async () => {
  await using directory = await tempDirectory();
  const data = `${directory.path}/data`;
  const certificate = await initAuthority(data, { passphrase: "correct horse" });
  assert(
    (await Deno.readTextFile(`${data}/ca.key`)).startsWith("-----BEGIN ENCRYPTED PRIVATE KEY"),
  );
  assertEquals((await loadAuthority(data, "correct horse")).certificate.serial, certificate.serial);
  for (const passphrase of ["wrong", undefined]) {
    const error = await assertRejects(() => loadAuthority(data, passphrase), DariError);
    assertEquals(error.code, "permission_denied");
  }
  assertEquals(
    (await openFileLedger(data).entries()).map(({ serial, purposes }) => [serial, purposes]),
    [
      [certificate.serial, ["authority"]],
    ],
  );
});

Deno.test("initAuthority() makes one authority when several starts meet", async () => {
  await using directory = await tempDirectory();
  const starts = Array.from({ length: 5 }, () => initAuthority(`${directory.path}/data`));
  const made = (await Promise.allSettled(starts)).filter(({ status }) => status === "fulfilled");
  assertEquals(made.length, 1);
  await loadAuthority(`${directory.path}/data`);
});

Deno.test("initAuthority() refuses a directory that others can use", async () => {
  await using directory = await tempDirectory();
  await Deno.chmod(directory.path, 0o755);
  const error = await assertRejects(() => initAuthority(directory.path), DariError, "chmod 700");
  assertEquals([error.code, [...Deno.readDirSync(directory.path)]], ["configuration", []]);
});

Deno.test("loadAuthority() finds the certificate of its key among those that are trusted", async () => {
  await using directory = await tempDirectory();
  const ours = await initAuthority(directory.path);
  const other = await makeAuthority();
  const pem = encodePem("CERTIFICATE", other.certificate.der) + encodePem("CERTIFICATE", ours.der);
  await Deno.writeTextFile(`${directory.path}/ca.crt`, pem);
  assertEquals((await loadAuthority(directory.path)).certificate.serial, ours.serial);
  await Deno.writeTextFile(
    `${directory.path}/ca.key`,
    await encodePrivateKeyPem(other.privateKey),
  );
  const { signer } = await loadAuthority(directory.path);
  assertEquals(signer.publicKey, await publicKeyOf(other.privateKey));
});

Deno.test("readAuthorityCertificates() says how to make an authority where there is none", async () => {
  await using directory = await tempDirectory();
  const error = await assertRejects(
    () => readAuthorityCertificates(directory.path),
    DariError,
    "dari cert init",
  );
  assertEquals(error.code, "not_found");
});

for (const passphrase of [undefined, "correct horse"]) {
  const what = passphrase === undefined ? "a key" : "an encrypted key";
  Deno.test(`initAuthority() and ensureServerIdentity() never overwrite ${what} whose ca.crt is lost`, async () => {
    await using directory = await tempDirectory();
    const { path } = directory;
    await initAuthority(path, passphrase === undefined ? {} : { passphrase });
    await Deno.remove(`${path}/ca.crt`);
    const key = await Deno.readTextFile(`${path}/ca.key`);
    for (const use of [initAuthority, ensureServerIdentity]) {
      const error = await assertRejects(() => use(path), DariError, "copy ca.crt back");
      assertEquals(error.code, "failed_precondition");
    }
    assertEquals(await Deno.readTextFile(`${path}/ca.key`), key);
  });
}

Deno.test("an authority whose making was cut short is made again, or its key put in its place", async () => {
  await using directory = await tempDirectory();
  const data = `${directory.path}/data`;
  await initAuthority(data);
  await Deno.rename(`${data}/ca.key`, `${data}/ca.next.key`); // killed before the last step
  const { serial } = (await loadAuthority(data)).certificate;
  assertEquals([...Deno.readDirSync(data)].some(({ name }) => name === "ca.next.key"), false);
  await Deno.rename(`${data}/ca.key`, `${data}/ca.next.key`);
  const { certPem } = await ensureServerIdentity(data);
  assertEquals((await loadAuthority(data)).certificate.serial, serial);
  assertEquals((await ensureServerIdentity(data)).certPem, certPem);
  await Deno.rename(`${data}/ca.key`, `${data}/ca.next.key`); // killed before ca.crt was there
  await Deno.remove(`${data}/ca.crt`);
  const again = await initAuthority(data);
  assertEquals((await loadAuthority(data)).certificate.serial, again.serial);
});

for (
  const [what, spoil, message] of [
    [
      "ca.crt that others can change",
      (d: string) => Deno.chmod(`${d}/ca.crt`, 0o666),
      "chmod go-w",
    ],
    ["ca.key that others can read", (d: string) => Deno.chmod(`${d}/ca.key`, 0o640), "chmod 600"],
    ["directory that others can use", (d: string) => Deno.chmod(d, 0o777), "chmod 700"],
    ["ca.crt that is a link", async (d: string) => {
      await Deno.rename(`${d}/ca.crt`, `${d}/other`);
      await Deno.symlink("other", `${d}/ca.crt`);
    }, "a symbolic link"],
    ["ca.key that is a link", async (d: string) => {
      await Deno.rename(`${d}/ca.key`, `${d}/other`);
      await Deno.symlink("other", `${d}/ca.key`);
    }, "a symbolic link"],
  ] as const
) {
  Deno.test(`loadAuthority() and ensureServerIdentity() refuse a ${what}`, async () => {
    await using directory = await tempDirectory();
    const data = `${directory.path}/data`;
    await ensureServerIdentity(data); // nothing is due, so that ca.key itself is not needed
    await spoil(data);
    for (const use of [loadAuthority, ensureServerIdentity]) {
      const error = await assertRejects(() => use(data), DariError, message);
      assertEquals(error.code, "configuration");
    }
  });
}
