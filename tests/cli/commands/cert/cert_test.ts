import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ensureServerIdentity } from "../../../../lib/cert/server/server_identity.ts";
import { dari } from "../../../support/dari_command.ts";
import { runCert } from "../../../support/cert_command.ts";
import { hasOpenssl, openssl } from "../../../support/openssl.ts";
import { tempDirectory } from "../../../support/temp.ts";

/** A data directory with an authority, and a way to run commands on it. */
async function workshop(...init: string[]) {
  const directory = await tempDirectory();
  const data = `${directory.path}/data`;
  const run = (verb: string, ...words: string[]) => runCert(verb, [...words, "--data", data]);
  assertEquals((await run("init", ...init)).exitCode, 0);
  return {
    data,
    run,
    path: (name: string) => `${directory.path}/${name}`,
    directory: directory.path,
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}

Deno.test("dari cert init says what it made, and refuses to replace it", async () => {
  await using shop = await workshop();
  const again = await shop.run("init");
  assertEquals(again.exitCode, 65);
  assertStringIncludes(again.err, "exists already");
  const { out } = await runCert("inspect", [`${shop.data}/ca.crt`]);
  assertStringIncludes(out, "permitted  localhost, internal, 127.0.0.0/8, ::1/128");
  assertStringIncludes(out, "authority  yes, with 0 below it");
});

Deno.test("dari cert issue writes a pair that dari cert verify trusts", async () => {
  await using shop = await workshop();
  const issued = await shop.run("issue", "api.internal", "127.0.0.1", "--out", shop.path("api"));
  assertEquals(issued.exitCode, 0, issued.err);
  assertEquals((await Deno.stat(shop.path("api.key"))).mode! & 0o777, 0o600);
  assertEquals((await Deno.stat(shop.path("api.crt"))).mode! & 0o777, 0o600);
  const ca = ["--ca", `${shop.data}/ca.crt`];
  const good = await runCert("verify", [shop.path("api.crt"), ...ca, "--name", "127.0.0.1"]);
  assertEquals([good.exitCode, good.out.slice(0, 24)], [0, "trusted: CN=api.internal"]);
  const bad = await runCert("verify", [shop.path("api.crt"), ...ca, "--name", "x.internal"]);
  assertEquals(bad.exitCode, 65);
  assertStringIncludes(bad.err, '"x.internal" is not among its names');
  const late = await runCert("verify", [shop.path("api.crt"), ...ca, "--time", "2099-01-01"]);
  assertStringIncludes(late.err, "expired");
});

Deno.test("dari cert verify --json says why in one word", async () => {
  await using shop = await workshop();
  await shop.run("issue", "api.internal", "--out", shop.path("api"));
  const words = [shop.path("api.crt"), "--ca", `${shop.data}/ca.crt`, "--json"];
  for (
    const [more, reason] of [
      [["--name", "x.internal"], "name_mismatch"],
      [["--time", "2099-01-01"], "expired"],
      [["--time", "1999-01-01"], "not_yet_valid"],
      [["--purpose", "client"], "wrong_purpose"],
    ] as const
  ) {
    const { code, out } = await dari(["cert", "verify", ...words, ...more]);
    const { error } = JSON.parse(out);
    assertEquals([code, error.code, error.reason], [65, "data", reason], error.message);
  }
  const trusted = JSON.parse((await runCert("verify", words)).out);
  assertEquals([trusted.trusted, trusted.error], [true, undefined]);
});

for (
  const [words, exitCode, message] of [
    [["../x"], 64, "makes no file name"],
    [["../x", "--out", "OUT"], 64, "not a name"],
    [[""], 64, "makes no file name"],
    [["a.internal", "--days", "0"], 64, "more than 0"],
    [["a.internal", "--days", "9999"], 64, "at most 825"],
    [["a.internal", "--days", "soon"], 64, "--days takes a number"],
    [["example.com", "--out", "OUT"], 77, "is not within"],
    [["a.internal", "--subject", "CN=", "--out", "OUT"], 64, "subject's CN"],
    [["a.internal", "--algorithm", "rsa-1024"], 64, "--algorithm takes one of"],
    [[], 64, "at least one name"],
  ] as const
) {
  Deno.test(`dari cert issue ${JSON.stringify(words)} is refused and leaves nothing`, async () => {
    await using shop = await workshop();
    const before = await Deno.readTextFile(`${shop.data}/dari.db`);
    const given = words.map((word) => (word === "OUT" ? shop.path("out") : word));
    const refused = await shop.run("issue", ...given);
    assertEquals(refused.exitCode, exitCode, refused.err);
    assertStringIncludes(refused.err, message);
    assertEquals(await Deno.readTextFile(`${shop.data}/dari.db`), before);
    assertEquals(Array.from(Deno.readDirSync(shop.directory), ({ name }) => name), ["data"]);
  });
}

Deno.test("dari cert issue refuses links and FIFOs in the place of its files", async () => {
  await using shop = await workshop();
  await Deno.symlink("/dev/null", shop.path("link.key"));
  await new Deno.Command("mkfifo", { args: [shop.path("fifo.key")] }).output();
  for (const name of ["link", "fifo"]) {
    const refused = await shop.run("issue", "a.internal", "--out", shop.path(name));
    assertEquals(refused.exitCode, 65);
    assertStringIncludes(refused.err, "exists already");
  }
});

Deno.test("dari cert asks for the passphrase of the authority's key", async () => {
  await using directory = await tempDirectory();
  const data = ["--data", `${directory.path}/data`, "--passphrase-stdin"];
  assertEquals((await runCert("init", data, { input: "correct horse\n" })).exitCode, 0);
  const out = ["a.internal", "--out", `${directory.path}/a`, ...data];
  const wrong = await runCert("issue", out, { input: "wrong\n" });
  assertEquals([wrong.exitCode, wrong.err], [
    77,
    "The passphrase does not open the private key",
  ]);
  const none = await runCert("issue", out.slice(0, -1));
  assertEquals([none.exitCode, none.out], [64, ""]);
  assertStringIncludes(none.err, "--passphrase-stdin");
  assertEquals((await runCert("issue", out, { input: "correct horse\n" })).exitCode, 0);
});

Deno.test("dari cert request and sign give a certificate without the key leaving home", async () => {
  await using shop = await workshop();
  const made = await runCert("request", ["w.internal", "--out", shop.path("w")]);
  assertEquals(made.exitCode, 0, made.err);
  const signed = await shop.run("sign", shop.path("w.csr"), "--client");
  assertEquals(signed.exitCode, 0, signed.err);
  const ca = `${shop.data}/ca.crt`;
  const words = [shop.path("w.crt"), "--ca", ca, "--purpose", "client", "--json"];
  assertEquals(JSON.parse((await runCert("verify", words)).out).trusted, true);
});

Deno.test("dari cert revoke, list and crl agree", async () => {
  await using shop = await workshop();
  await shop.run("issue", "a.internal", "--client", "--out", shop.path("a"));
  await shop.run("issue", "b.internal", "--out", shop.path("b"));
  const words = [shop.path("a.crt"), "--reason", "keyCompromise"];
  assertEquals((await shop.run("revoke", ...words)).exitCode, 0);
  assertStringIncludes((await shop.run("revoke", ...words)).err, "is revoked since");
  assertStringIncludes((await shop.run("revoke", "00ff")).err, "no certificate with serial");
  const rows = JSON.parse((await shop.run("list", "--json")).out);
  assertEquals(rows.map(({ state }: { state: string }) => state), ["valid", "revoked", "valid"]);
  const csv = (await shop.run("list", "--csv", "--purpose", "client")).out.split("\n");
  assertEquals(csv.length, 2);
  assertStringIncludes((await shop.run("crl")).out, "1 revoked");
});

Deno.test("dari cert renew keeps the key and marks the old certificate as renewed", async () => {
  await using shop = await workshop();
  await shop.run("issue", "a.internal", "--out", shop.path("a"));
  const key = await Deno.readTextFile(shop.path("a.key"));
  const renewed = await shop.run("renew", shop.path("a.crt"));
  assertEquals(renewed.exitCode, 0, renewed.err);
  assertEquals(await Deno.readTextFile(shop.path("a.key")), key);
  const rows = JSON.parse((await shop.run("list", "--name", "a.internal", "--json")).out);
  assertEquals(rows.map(({ state }: { state: string }) => state), ["renewed", "valid"]);
  assertEquals((await shop.run("renew", "--all")).out, "nothing is due");
});

Deno.test("dari cert rotate goes over in three steps and waits for who has not moved", async () => {
  await using shop = await workshop("--permit", ".internal", "--permit", "10.0.0.0/8");
  await shop.run("issue", "a.internal", "--out", shop.path("a"));
  const ca = ["--ca", `${shop.data}/ca.crt`];
  const verify = () => runCert("verify", [shop.path("a.crt"), ...ca]);
  assertStringIncludes((await shop.run("rotate", "--dry-run")).out, "next: prepare");
  assertStringIncludes((await shop.run("rotate", "--apply")).out, "done: prepare");
  assertEquals((await verify()).exitCode, 0);
  assertStringIncludes((await shop.run("rotate", "--apply")).out, "done: switch");
  assertEquals((await verify()).exitCode, 0);
  const early = await shop.run("rotate", "--apply");
  assertEquals(early.exitCode, 78);
  assertStringIncludes(early.err, "1 certificates of the old authority are still valid");
  const both = JSON.parse((await shop.run("crl", "--json")).out).file;
  assertEquals((await Deno.readTextFile(both)).match(/BEGIN X509 CRL/g)?.length, 2);
  assertStringIncludes((await shop.run("renew", "--all")).out, "renewed as");
  const done = await shop.run("rotate", "--apply");
  assertEquals(done.exitCode, 0, done.err);
  assertEquals((await verify()).exitCode, 0);
  const [description] = JSON.parse((await runCert("inspect", [ca[1]!, "--json"])).out);
  assertEquals(description.permitted, ["internal", "10.0.0.0/8"]);
});

Deno.test("dari cert inspect shows the certificate of a server", async () => {
  await using directory = await tempDirectory();
  const { certPem, keyPem } = await ensureServerIdentity(`${directory.path}/data`);
  using listener = Deno.listenTls({ hostname: "127.0.0.1", port: 0, cert: certPem, key: keyPem });
  const serving = (async () => {
    using connection = await listener.accept();
    await connection.handshake().catch(() => {});
  })();
  const { exitCode, out, err } = await runCert("inspect", [`127.0.0.1:${listener.addr.port}`]);
  await serving;
  assertEquals(exitCode, 0, err);
  assertStringIncludes(out, "names      localhost, 127.0.0.1, ::1");
});

Deno.test("dari cert inspect says where it found no server", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const { exitCode, err } = await runCert("inspect", [`tls://127.0.0.1:${port}`]);
  assertEquals(exitCode, 69);
  assertStringIncludes(err, `127.0.0.1:${port}`);
});

Deno.test({
  name: "openssl takes what the commands write: chain, CRL, PKCS#12, encrypted key, classic form",
  ignore: !hasOpenssl,
  fn: async () => {
    await using shop = await workshop();
    const ask = async (...words: string[]) => {
      const { success, text } = await openssl(shop.directory, ...words);
      assert(success, text);
      return text;
    };
    await shop.run("issue", "a.internal", "--out", shop.path("a"));
    await ask("verify", "-x509_strict", "-CAfile", "data/ca.crt", "a.crt");
    await shop.run("revoke", shop.path("a.crt"), "--reason", "superseded");
    await shop.run("crl");
    assertStringIncludes(
      await ask("crl", "-in", "data/ca.crl", "-CAfile", "data/ca.crt", "-noout", "-text"),
      "Superseded",
    );
    const checked = await openssl(
      shop.directory,
      ...["verify", "-crl_check", "-CRLfile", "data/ca.crl", "-CAfile", "data/ca.crt", "a.crt"],
    );
    assertStringIncludes(checked.text, "certificate revoked");
    const exported = await runCert("export", [shop.path("a"), "--passphrase-stdin"], {
      input: "pâss\n",
    });
    assertEquals(exported.exitCode, 0, exported.err);
    const p12 = await ask("pkcs12", "-in", "a.p12", "-passin", "pass:pâss", "-nodes");
    assertStringIncludes(p12, "BEGIN PRIVATE KEY");
    await runCert("self-signed".replace("-", "_"), ["localhost", "--out", shop.path("s")]);
    const text = await ask("x509", "-in", "s.crt", "-noout", "-text");
    assertStringIncludes(text, "C = KR, ST = Seoul, L = Seoul, O = My Company, CN = localhost");
    assertStringIncludes(text, "Digital Signature, Key Encipherment");
    assertStringIncludes(text, "sha256WithRSAEncryption");
    await ask("verify", "-CAfile", "s.crt", "-verify_hostname", "localhost", "s.crt");
    await runCert("request", ["w.internal", "--out", shop.path("w")]);
    await ask("req", "-in", "w.csr", "-verify", "-noout");
  },
});
