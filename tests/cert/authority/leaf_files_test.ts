import { assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { temporaryFor } from "../../../lib/base/file/temporary_files.ts";
import {
  checkFree,
  ensureServerIdentity,
  initAuthority,
  issueLeafFiles,
  loadAuthority,
  openFileLedger,
  parseCertificates,
  writePair,
} from "../../../lib/cert/mod.ts";
import { makeSelfSigned } from "../../../lib/cert/authority/self_signed.ts";
import { tempDirectory } from "../../support/temp.ts";

async function workshop() {
  const directory = await tempDirectory();
  await initAuthority(directory.path);
  return {
    path: directory.path,
    authority: await loadAuthority(directory.path),
    ledger: openFileLedger(directory.path),
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}

function namesIn(directory: string): string[] {
  return Array.from(Deno.readDirSync(directory), ({ name }) => name).sort();
}

Deno.test("issueLeafFiles() writes leaf and key for their owner alone, and records where", async () => {
  await using shop = await workshop();
  const { authority, ledger, path } = shop;
  const names = ["a.internal"];
  const { certificate, certFile, keyFile } = await issueLeafFiles(authority, ledger, `${path}/a`, {
    names,
  });
  for (const file of [certFile, keyFile]) {
    assertEquals((await Deno.stat(file)).mode! & 0o777, 0o600);
  }
  assertEquals(parseCertificates(await Deno.readTextFile(certFile))[0].der, certificate.der);
  assertEquals((await ledger.entry(certificate.serial)).file, await Deno.realPath(certFile));
});

for (const name of ["a.crt", "a.key"]) {
  Deno.test(`issueLeafFiles() issues nothing where ${name} exists already`, async () => {
    await using shop = await workshop();
    const { authority, ledger, path } = shop;
    await Deno.writeTextFile(`${path}/${name}`, "precious");
    const before = namesIn(path);
    const error = await assertRejects(
      () => issueLeafFiles(authority, ledger, `${path}/a`, { names: ["a.internal"] }),
      DariError,
    );
    assertEquals(error.code, "already_exists");
    assertEquals(namesIn(path), before);
    assertEquals(await Deno.readTextFile(`${path}/${name}`), "precious");
    assertEquals((await ledger.entries()).length, 1, "the authority alone");
  });
}

Deno.test("checkFree() refuses a link to nowhere and a directory that is not there", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/a.crt`;
  await checkFree(path);
  assertEquals(namesIn(directory.path), []);
  await Deno.symlink("/nowhere", path);
  assertEquals((await assertRejects(() => checkFree(path), DariError)).code, "already_exists");
  const nowhere = `${directory.path}/none/a.crt`;
  assertEquals((await assertRejects(() => checkFree(nowhere), DariError)).code, "io");
});

Deno.test("writePair() leaves no key behind where the certificate cannot be written", async () => {
  await using directory = await tempDirectory();
  const { certificate, privateKey } = await makeSelfSigned("a.internal", {
    algorithm: "ecdsa-p256",
  });
  await Deno.writeTextFile(`${directory.path}/a.crt`, "precious");
  await assertRejects(() => writePair(`${directory.path}/a`, certificate, privateKey), DariError);
  assertEquals(namesIn(directory.path), ["a.crt"]);
  assertEquals(await Deno.readTextFile(`${directory.path}/a.crt`), "precious");
});

Deno.test("what killed processes left in a data directory goes with the next start, and with --out the next file", async () => {
  await using directory = await tempDirectory();
  const data = `${directory.path}/data`;
  const ledger = openFileLedger(data);
  await initAuthority(data, { ledger });
  const left = [`${data}/server.key`, `${directory.path}/a.key`].map(temporaryFor);
  const at = new Date(Date.now() - limits.temporaryFileLifeMs - 60_000);
  for (const path of left) {
    await Deno.writeTextFile(path, "half a key");
    await Deno.utime(path, at, at);
  }
  await ensureServerIdentity(data, { ledger });
  await issueLeafFiles(await loadAuthority(data), ledger, `${directory.path}/a`, {
    names: ["a.internal"],
  });
  for (const path of left) await assertRejects(() => Deno.lstat(path), Deno.errors.NotFound);
});
