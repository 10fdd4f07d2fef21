import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import {
  CertificateError,
  encodePem,
  ensureServerIdentity,
  formatGeneralName,
  initAuthority,
  issueLeafFiles,
  loadAuthority,
  openFileLedger,
  parseCertificates,
} from "../../../lib/cert/mod.ts";
import { certificateSource } from "../../../lib/cert/server/certificate_source.ts";
import { TestClock } from "../../support/clock.ts";
import { world } from "../../support/mutual_tls.ts";
import { tempDirectory } from "../../support/temp.ts";

const DAY_MS = 24 * 60 * 60 * 1_000;

Deno.test("certificateSource() gives text of the program as it is, and watches nothing", async () => {
  const { server: { cert, key }, authority } = await world();
  const source = certificateSource({
    tls: { cert, key },
    clientCa: authority.pem,
    data: "/none",
    hosts: ["localhost"],
  });
  assertEquals([source.files, source.renews], [[], false]);
  const { channelBindings, ...rest } = await source.load();
  assertEquals(rest, { cert, key, clientCa: authority.pem });
  assertEquals(channelBindings?.map(({ type }) => type), ["tls-server-end-point"]);
});

Deno.test("certificateSource() reads the user's files at each load, and watches all of them", async () => {
  await using directory = await tempDirectory();
  const { server, client, authority } = await world();
  const at = (name: string) => `${directory.path}/${name}`;
  await Deno.writeTextFile(at("ca"), authority.pem);
  await Deno.writeTextFile(at("crt"), server.cert);
  await Deno.writeTextFile(at("key"), server.key, { mode: 0o600 });
  const source = certificateSource({
    tls: { certFile: at("crt"), keyFile: at("key") },
    clientCa: { file: at("ca") },
    data: "/none",
    hosts: [],
  });
  assertEquals([source.files, source.renews], [[at("crt"), at("key"), at("ca")], false]);
  const first = await source.load();
  assertEquals([first.cert, first.key, first.clientCa], [server.cert, server.key, authority.pem]);
  await Deno.writeTextFile(at("crt"), client.cert);
  assertEquals((await source.load()).cert, client.cert);
});

Deno.test("certificateSource() refuses a key file that others can read", async () => {
  await using directory = await tempDirectory();
  const { server } = await world();
  const [certFile, keyFile] = [`${directory.path}/crt`, `${directory.path}/key`];
  await Deno.writeTextFile(certFile, server.cert);
  await Deno.writeTextFile(keyFile, server.key, { mode: 0o644 });
  const source = certificateSource({ tls: { certFile, keyFile }, data: "/none", hosts: [] });
  await assertRejects(() => source.load(), DariError, "0644");
});

Deno.test("certificateSource() makes one certificate with the names of all hosts, wildcards aside", async () => {
  await using directory = await tempDirectory();
  const data = `${directory.path}/data`;
  const hosts = ["localhost", "0.0.0.0", "a.internal", "b.internal", "::", "a.internal"];
  const source = certificateSource({ data, hosts });
  assertEquals([source.files, source.renews], [
    ["server.crt", "server.key", "ca.crt"].map((name) => `${data}/${name}`),
    true,
  ]);
  const { cert, clientCa } = await source.load();
  const names = parseCertificates(cert)[0].extensions.subjectAltName?.map(formatGeneralName);
  assertEquals(names, ["localhost", "127.0.0.1", "::1", "a.internal", "b.internal"]);
  assertEquals(clientCa, undefined);
});

Deno.test("certificateSource() renews the certificate of the data directory when it is due", async () => {
  await using directory = await tempDirectory();
  const data = `${directory.path}/data`;
  const clock = new TestClock(Date.now() - 25 * DAY_MS);
  const old = await ensureServerIdentity(data, { clock });
  const source = certificateSource({ data, hosts: ["localhost"], clock });
  // The authority follows the leaf, for clients that have nothing but its fingerprint.
  assertEquals((await source.load()).cert, old.certPem + old.caPem);
  clock.advance(25 * DAY_MS);
  const { cert } = await source.load();
  assertNotEquals(cert, old.certPem + old.caPem);
  assertEquals((await source.load()).cert, cert);
  assert(parseCertificates(cert)[0].notAfterMs > old.notAfterMs);
});

Deno.test("certificateSource() gives no certificate that the ledger knows as revoked", async () => {
  await using directory = await tempDirectory();
  const data = `${directory.path}/data`;
  const ledger = openFileLedger(data);
  await initAuthority(data, { ledger });
  const authority = await loadAuthority(data);
  const names = ["a.internal"];
  const { certificate, certFile, keyFile } = await issueLeafFiles(
    authority,
    ledger,
    `${directory.path}/a`,
    { names },
  );
  const source = certificateSource({
    tls: { certFile, keyFile },
    data,
    hosts: [],
    issuedIn: ledger,
  });
  assertEquals((await source.load()).cert, await Deno.readTextFile(certFile));
  await ledger.revoke(certificate.serial);
  const error = await assertRejects(() => source.load(), CertificateError, "is revoked");
  assertEquals([error.reason, error.code], ["revoked", "configuration"]);
});

Deno.test("certificateSource() names the file whose certificates cannot be read", async () => {
  await using directory = await tempDirectory();
  const { server } = await world();
  const at = (name: string) => `${directory.path}/${name}`;
  await Deno.writeTextFile(at("crt"), server.cert);
  await Deno.writeTextFile(at("bad"), encodePem("CERTIFICATE", Uint8Array.of(0x30, 1)));
  await Deno.writeTextFile(at("key"), server.key, { mode: 0o600 });
  const [good, bad] = [{ certFile: at("crt"), keyFile: at("key") }, {
    certFile: at("bad"),
    keyFile: at("key"),
  }];
  for (
    const options of [{ tls: bad }, { tls: good, clientCa: { file: at("bad") } }]
  ) {
    const source = certificateSource({ ...options, data: "/none", hosts: [] });
    await assertRejects(() => source.load(), CertificateError, `"${at("bad")}": Malformed`);
  }
});

Deno.test("certificateSource() asks again at each load by which names others reach the machine", async () => {
  await using directory = await tempDirectory();
  const data = `${directory.path}/data`;
  let found = ["10.0.0.5"];
  const findNames = () => ({ listened: found, all: [...found, "box"] });
  const source = certificateSource({ data, hosts: ["0.0.0.0"], names: ["box"], findNames });
  const namesNow = async () =>
    parseCertificates((await source.load()).cert)[0].extensions.subjectAltName
      ?.map(formatGeneralName).slice(3);
  assertEquals(await namesNow(), ["box", "10.0.0.5"]);
  found = ["10.0.0.6"];
  assertEquals(await namesNow(), ["box", "10.0.0.6"]);
});
