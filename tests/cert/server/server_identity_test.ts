import { assert, assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { initAuthority } from "../../../lib/cert/authority/directory.ts";
import { parseCertificates } from "../../../lib/cert/x509/certificate.ts";
import { formatGeneralName } from "../../../lib/cert/x509/general_name.ts";
import { generateKeyPair } from "../../../lib/cert/key/key_pair.ts";
import { openFileLedger } from "../../../lib/cert/ledger/ledger.ts";
import { encodePrivateKeyPem } from "../../../lib/cert/key/private_key.ts";
import { applyRotation } from "../../../lib/cert/authority/rotation.ts";
import { verifyCertificate } from "../../../lib/cert/path/verify.ts";
import { ensureServerIdentity } from "../../../lib/cert/server/server_identity.ts";
import { TestClock } from "../../support/clock.ts";
import { hasOpenssl, openssl } from "../../support/openssl.ts";
import { tempDirectory } from "../../support/temp.ts";

const DAY_MS = 24 * 60 * 60 * 1_000;

function namesOf(certPem: string): string[] {
  return (parseCertificates(certPem)[0].extensions.subjectAltName ?? []).map(formatGeneralName);
}

Deno.test("ensureServerIdentity() makes an authority and a leaf on the first start", async () => {
  await using directory = await tempDirectory();
  const data = `${directory.path}/data`;
  const identity = await ensureServerIdentity(data, { names: ["box.internal"] });
  assertEquals(namesOf(identity.certPem), ["localhost", "127.0.0.1", "::1", "box.internal"]);
  assertEquals((await Deno.stat(data)).mode! & 0o777, 0o700);
  for await (const { name } of Deno.readDir(data)) {
    assertEquals((await Deno.stat(`${data}/${name}`)).mode! & 0o777, 0o600, name);
  }
  assertEquals((await openFileLedger(data).entries()).map(({ purposes }) => purposes), [[
    "authority",
  ], [
    "server",
  ]]);
});

Deno.test("ensureServerIdentity() keeps what it finds", async () => {
  await using directory = await tempDirectory();
  const first = await ensureServerIdentity(directory.path);
  assertEquals(await ensureServerIdentity(directory.path), first);
});

Deno.test("ensureServerIdentity() makes one identity when several starts meet", async () => {
  await using directory = await tempDirectory();
  const starts = Array.from({ length: 8 }, () => ensureServerIdentity(directory.path));
  const serials = (await Promise.all(starts)).map(({ certPem }) => certPem);
  assertEquals(new Set(serials).size, 1);
});

Deno.test("ensureServerIdentity() renews past two thirds of the life and keeps the key", async () => {
  await using directory = await tempDirectory();
  const clock = new TestClock();
  const first = await ensureServerIdentity(directory.path, { clock });
  clock.advance(19 * DAY_MS);
  assertEquals((await ensureServerIdentity(directory.path, { clock })).certPem, first.certPem);
  clock.advance(2 * DAY_MS);
  const second = await ensureServerIdentity(directory.path, { clock });
  assert(second.notAfterMs > first.notAfterMs);
  assertEquals(second.keyPem, first.keyPem);
});

Deno.test("ensureServerIdentity() issues again for a name that the leaf lacks", async () => {
  await using directory = await tempDirectory();
  await ensureServerIdentity(directory.path);
  const { certPem } = await ensureServerIdentity(directory.path, { names: ["new.internal"] });
  assert(namesOf(certPem).includes("new.internal"));
});

Deno.test("ensureServerIdentity() issues again when the leaf does not fit its key", async () => {
  await using directory = await tempDirectory();
  const { keyFile, certPem } = await ensureServerIdentity(directory.path);
  const { privateKey } = await generateKeyPair();
  await Deno.writeTextFile(keyFile, await encodePrivateKeyPem(privateKey));
  assert((await ensureServerIdentity(directory.path)).certPem !== certPem);
});

Deno.test("ensureServerIdentity() refuses a name that the authority does not permit", async () => {
  await using directory = await tempDirectory();
  await ensureServerIdentity(directory.path);
  const error = await assertRejects(
    () => ensureServerIdentity(directory.path, { names: ["example.com"] }),
    DariError,
    '"example.com" is not within',
  );
  assertEquals(error.code, "permission_denied");
});

Deno.test("ensureServerIdentity() refuses what is no name before it makes a directory", async () => {
  await using directory = await tempDirectory();
  const data = `${directory.path}/data`;
  await assertRejects(() => ensureServerIdentity(data, { names: ["no name"] }), DariError);
  await assertRejects(() => Deno.stat(data), Deno.errors.NotFound);
});

Deno.test("ensureServerIdentity() leaves out what the authority does not permit and nobody asked for", async () => {
  await using directory = await tempDirectory();
  await initAuthority(directory.path, { permits: ["localhost", ".internal", "127.0.0.0/8"] });
  const first = await ensureServerIdentity(directory.path);
  assertEquals(namesOf(first.certPem), ["localhost", "127.0.0.1"]);
  assertEquals(await ensureServerIdentity(directory.path), first);
});

Deno.test("ensureServerIdentity() leaves a certificate of another authority alone", async () => {
  await using directory = await tempDirectory();
  await using elsewhere = await tempDirectory();
  await ensureServerIdentity(directory.path);
  const foreign = await ensureServerIdentity(elsewhere.path);
  await Deno.copyFile(foreign.certFile, `${directory.path}/server.crt`);
  await assertRejects(() => ensureServerIdentity(directory.path), DariError, "does not fit");
  await Deno.copyFile(foreign.keyFile, `${directory.path}/server.key`);
  assertEquals((await ensureServerIdentity(directory.path)).certPem, foreign.certPem);
});

Deno.test("ensureServerIdentity() serves a leaf that is due while the authority is locked", async () => {
  await using directory = await tempDirectory();
  const clock = new TestClock();
  const options = { clock, passphrase: "correct horse" };
  await initAuthority(directory.path, options);
  const first = await ensureServerIdentity(directory.path, options);
  clock.advance(25 * DAY_MS);
  assertEquals((await ensureServerIdentity(directory.path, { clock })).certPem, first.certPem);
  clock.advance(limits.leafLifeMs);
  const error = await assertRejects(
    () => ensureServerIdentity(directory.path, { clock }),
    DariError,
    "passphrase",
  );
  assertEquals(error.code, "permission_denied");
});

Deno.test("ensureServerIdentity() renews with the passphrase, and finds a wrong one at once", async () => {
  await using directory = await tempDirectory();
  const clock = new TestClock();
  const options = { clock, passphrase: "correct horse" };
  const first = await ensureServerIdentity(directory.path, options);
  assert((await Deno.readTextFile(`${directory.path}/ca.key`)).includes("ENCRYPTED"));
  for (const days of [0, 25]) { // a leaf that is good, and one that is due
    clock.advance(days * DAY_MS);
    const wrong = { clock, passphrase: "battery staple" };
    const error = await assertRejects(
      () => ensureServerIdentity(directory.path, wrong),
      DariError,
      "passphrase",
    );
    assertEquals(error.code, "permission_denied");
  }
  assert((await ensureServerIdentity(directory.path, options)).certPem !== first.certPem);
});

Deno.test("ensureServerIdentity() follows its authority's rotation", async () => {
  await using directory = await tempDirectory();
  const first = await ensureServerIdentity(directory.path);
  await applyRotation(directory.path);
  assertEquals((await ensureServerIdentity(directory.path)).certPem, first.certPem);
  await applyRotation(directory.path);
  const second = await ensureServerIdentity(directory.path);
  assert(second.certPem !== first.certPem);
  assertEquals((await applyRotation(directory.path)).notMoved, []);
  const third = await ensureServerIdentity(directory.path);
  assertEquals(third.certPem, second.certPem);
  const authorities = parseCertificates(third.caPem);
  assertEquals(authorities.length, 1);
  const [leaf] = parseCertificates(third.certPem);
  assertEquals((await verifyCertificate(leaf, { authorities })).length, 2);
});

for (const reason of ["keyCompromise", "superseded"] as const) {
  Deno.test(`ensureServerIdentity() makes a leaf with a new key once its leaf is revoked: ${reason}`, async () => {
    await using directory = await tempDirectory();
    const first = await ensureServerIdentity(directory.path);
    const ledger = openFileLedger(directory.path);
    const { serial } = parseCertificates(first.certPem)[0];
    await ledger.revoke(serial, reason);
    const second = await ensureServerIdentity(directory.path);
    assert(second.keyPem !== first.keyPem);
    const entry = await ledger.entry(parseCertificates(second.certPem)[0].serial);
    assertEquals([entry.revoked, entry.replaces], [undefined, undefined]);
    assertEquals(await ensureServerIdentity(directory.path), second);
  });
}

Deno.test("ensureServerIdentity() takes no revoked key for a new leaf", async () => {
  await using directory = await tempDirectory();
  const first = await ensureServerIdentity(directory.path);
  const ledger = openFileLedger(directory.path);
  await ledger.revoke(parseCertificates(first.certPem)[0].serial, "keyCompromise");
  await Deno.remove(first.certFile);
  assert((await ensureServerIdentity(directory.path)).keyPem !== first.keyPem);
});

Deno.test("ensureServerIdentity() goes on from a leaf that was renewed and did not reach its file", async () => {
  await using directory = await tempDirectory();
  const clock = new TestClock();
  const first = await ensureServerIdentity(directory.path, { clock });
  clock.advance(21 * DAY_MS);
  const lost = await ensureServerIdentity(directory.path, { clock });
  await Deno.writeTextFile(first.certFile, first.certPem); // as a crash before the write leaves it
  const third = await ensureServerIdentity(directory.path, { clock });
  const serials = [first, lost, third].map(({ certPem }) => parseCertificates(certPem)[0].serial);
  const entries = await openFileLedger(directory.path, clock).entries();
  assertEquals(entries.slice(1).map(({ replaces }) => replaces), [
    undefined,
    ...serials.slice(0, 2),
  ]);
});

Deno.test("ensureServerIdentity() refuses a ledger that is older than its leaf", async () => {
  await using directory = await tempDirectory();
  const { certFile, keyFile } = await ensureServerIdentity(directory.path);
  const path = `${directory.path}/certificates.jsonl`;
  const text = await Deno.readTextFile(path);
  await Deno.writeTextFile(path, text.slice(0, text.indexOf("\n") + 1)); // the authority alone
  const again = () => ensureServerIdentity(directory.path);
  assertEquals((await assertRejects(again, DariError, "of an earlier time")).code, "data");
  await Promise.all([Deno.remove(certFile), Deno.remove(keyFile)]);
  await again();
});

Deno.test("ensureServerIdentity() refuses a key that others can read", async () => {
  await using directory = await tempDirectory();
  const { keyFile } = await ensureServerIdentity(directory.path);
  await Deno.chmod(keyFile, 0o644);
  await assertRejects(() => ensureServerIdentity(directory.path), DariError, "chmod 600");
});

Deno.test("ensureServerIdentity() refuses a symbolic link in the place of the key", async () => {
  await using directory = await tempDirectory();
  const { keyFile } = await ensureServerIdentity(directory.path);
  await Deno.rename(keyFile, `${keyFile}.moved`);
  await Deno.symlink(`${keyFile}.moved`, keyFile);
  await assertRejects(() => ensureServerIdentity(directory.path), DariError, "symbolic link");
});

Deno.test("ensureServerIdentity() loads no encoder when nothing is to be made", async () => {
  await using directory = await tempDirectory();
  const run = async () => {
    const args = ["run", "-A", "--quiet", `--config=${directory.path}/deno.json`, "main.ts"];
    return await new Deno.Command(Deno.execPath(), { args, cwd: directory.path }).output();
  };
  const library = new URL("../../../lib/", import.meta.url).href;
  const imports = {
    "node-forge": "data:text/javascript,throw new Error('the encoder was loaded')",
    "@std/encoding/hex": `${library}std/encoding/hex.ts`,
    "@std/encoding/base64": `${library}std/encoding/base64.ts`,
  };
  await Deno.writeTextFile(`${directory.path}/deno.json`, JSON.stringify({ imports }));
  await Deno.writeTextFile(
    `${directory.path}/main.ts`,
    `import { ensureServerIdentity } from "${library}cert/mod.ts";
    await ensureServerIdentity("data");`,
  );
  assert(!(await run()).success); // it is needed on the first start, or the next line shows nothing
  await Deno.remove(`${directory.path}/data`, { recursive: true });
  await ensureServerIdentity(`${directory.path}/data`);
  const { success, stderr } = await run();
  assert(success, new TextDecoder().decode(stderr));
});

Deno.test({
  name: "openssl verifies what ensureServerIdentity() makes",
  ignore: !hasOpenssl,
  fn: async () => {
    await using directory = await tempDirectory();
    await ensureServerIdentity(directory.path);
    const { success, text } = await openssl(
      directory.path,
      ...["verify", "-x509_strict", "-purpose", "sslserver", "-verify_hostname", "localhost"],
      ...["-CAfile", "ca.crt", "server.crt"],
    );
    assert(success, text);
  },
});
