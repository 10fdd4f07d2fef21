import { assert, assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import {
  encodePem,
  encodePrivateKeyPem,
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
