import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { dari } from "../../../support/dari_command.ts";
import { type CertDirectory, certDirectory } from "../../../support/cert_directory.ts";

/** Commands, each with its exit code and a part of what it says; `DATA` and `OUT` are filled in. */
type Refusals = readonly (readonly [string, number, string])[];

/** Runs commands that must be refused, and leave every file as it was. */
function refusals(name: string, prepare: (shop: CertDirectory) => Promise<unknown>, all: Refusals) {
  Deno.test(`dari cert refuses ${name}, and writes nothing`, async () => {
    await using shop = await certDirectory();
    await prepare(shop);
    const before = shop.snapshot();
    for (const [line, exitCode, message] of all) {
      const { code, out, err } = await dari(shop.words(line), { input: shop.input });
      assertEquals(code, exitCode, `${line}: ${err}`);
      assertStringIncludes(err, message, line);
      assert(!out.includes("BEGIN"));
      assertEquals(shop.snapshot(), before, line);
    }
  });
}

const nothing = () => Promise.resolve();
const usesOfTheKey = [
  "issue a.internal --out OUT/a --data DATA",
  "sign OUT/r.csr --data DATA",
  "renew --all --data DATA",
  "crl --data DATA",
  "rotate --dry-run --data DATA",
  "rotate --apply --data DATA",
];

refusals(
  "an authority's key that others can use",
  (shop) => Deno.chmod(`${shop.data}/ca.key`, 0o640),
  usesOfTheKey.map((line) => [line, 78, "others can use it (mode 0640); run chmod 600"]),
);

refusals("a symbolic link in the place of the authority's key", async ({ data }) => {
  await Deno.rename(`${data}/ca.key`, `${data}/elsewhere`);
  await Deno.symlink(`${data}/elsewhere`, `${data}/ca.key`);
}, usesOfTheKey.map((line) => [line, 78, "it is a symbolic link"]));

refusals("a FIFO in the place of the authority's key", async ({ data, fifo }) => {
  await Deno.remove(`${data}/ca.key`);
  await fifo(`${data}/ca.key`);
}, usesOfTheKey.map((line) => [line, 78, "not a regular file"]));

refusals("a FIFO in the place of any certificate or request", async ({ path, data, fifo }) => {
  await fifo(path("fifo"));
  await Deno.rename(`${data}/ca.crt`, path("ca.crt"));
  await fifo(`${data}/ca.crt`);
}, [
  ["inspect OUT/fifo", 78, "not a regular file"],
  ["verify OUT/fifo --ca OUT/ca.crt", 78, "not a regular file"],
  ["verify OUT/ca.crt --ca OUT/fifo", 78, "not a regular file"],
  ["verify OUT/ca.crt --ca OUT/ca.crt --untrusted OUT/fifo", 78, "not a regular file"],
  ["revoke OUT/fifo --data DATA", 78, "not a regular file"],
  ["sign OUT/fifo --data DATA", 78, "not a regular file"],
  ["issue a.internal --out OUT/a --data DATA", 78, "not a regular file"],
]);

refusals("an export of a key that others can use", async ({ path, run }) => {
  await run("issue a.internal --out OUT/loose --data DATA");
  await Deno.chmod(path("loose.key"), 0o604);
}, [
  ["export OUT/loose --passphrase-stdin", 78, "others can use it (mode 0604)"],
  ["export OUT/nobody --passphrase-stdin", 74, "no such file"],
]);

for (const name of ["../x", "/etc/x", "a/b", ".", "..", ""]) {
  refusals(`the name ${JSON.stringify(name)}`, nothing, [
    [`issue ${name} --data DATA`, 64, "makes no file name"],
    [`issue ${name} --out OUT/a --data DATA`, 64, "not a name"],
    [`self-signed ${name}`, 64, "makes no file name"],
    [`self-signed ${name} --out OUT/a`, 64, "not a name"],
    [`request ${name}`, 64, "makes no file name"],
    [`request ${name} --out OUT/a`, 64, "not a name"],
    [
      `sign OUT/r.csr --name=${name} --data DATA`,
      64,
      name === "" ? "--name needs a value" : "not a name",
    ],
  ]);
}

refusals("a life that is empty, too long or no number", nothing, [
  ...["issue a.internal --out OUT/a --data DATA", "self-signed a.internal --out OUT/a"].flatMap(
    (line) =>
      [
        [`${line} --days 0`, 64, "more than 0"],
        [`${line} --days 0.000001`, 64, "more than 0"],
        [`${line} --days 826`, 64, "at most 825"],
        [`${line} --days=`, 64, "--days"],
        [`${line} --days=-1`, 64, "--days takes a number"],
        [`${line} --days 1e3`, 64, "--days takes a number"],
        [`${line} --days soon`, 64, "--days takes a number"],
      ] as const,
  ),
  ["sign OUT/r.csr --data DATA --days 0", 64, "more than 0"],
  ["init --data OUT/new --days 0", 64, "more than 0"],
  ["init --data OUT/new --days 99999999", 64, "at most 36525"],
]);

refusals("a moment that is none, or not in the life of the certificate", nothing, [
  ["verify DATA/leaf.crt --ca DATA/ca.crt --time=", 64, "--time"],
  ["verify DATA/leaf.crt --ca DATA/ca.crt --time soon", 64, "--time takes a moment"],
  ["verify DATA/leaf.crt --ca DATA/ca.crt --time 2026-13-01", 64, "--time takes a moment"],
  ["verify DATA/leaf.crt --ca DATA/ca.crt --time 2027-02-29", 64, "--time takes a moment"],
  ["verify DATA/leaf.crt --ca DATA/ca.crt --time 2027-01-01T25:00:00Z", 64, "takes a moment"],
  ["verify DATA/leaf.crt --ca DATA/ca.crt --time 2099-01-01", 65, "expired at"],
  [
    "verify DATA/leaf.crt --ca DATA/ca.crt --time 2001-01-01T00:00:00+09:00",
    65,
    "not valid before",
  ],
]);

refusals(
  "a place where nothing can be written",
  ({ path }) => Deno.writeTextFile(path("file"), ""),
  [
    ["issue a.internal --out OUT/nowhere/a --data DATA", 74, "Cannot write"],
    ["issue a.internal --out OUT/file/a --data DATA", 74, "/file/a"],
    ["self-signed a.internal --out OUT/nowhere/a", 74, "Cannot write"],
    ["request a.internal --out OUT/nowhere/a", 74, "Cannot write"],
    ["sign OUT/r.csr --out OUT/nowhere/a.crt --data DATA", 74, "Cannot write"],
    ["crl --out OUT/nowhere/ca.crl --data DATA", 74, "Cannot write"],
    ["export DATA/leaf --out OUT/nowhere/a.p12 --passphrase-stdin", 74, "Cannot write"],
    ["init --data OUT/file/new", 74, "/file/new"],
    ["init --data OUT/file", 74, "Not a directory"],
  ],
);

refusals("to replace what is there", nothing, [
  ["init --data DATA", 65, "exists already"],
  ["issue a.internal --out DATA/leaf --data DATA", 65, "exists already"],
  ["self-signed a.internal --out DATA/leaf", 65, "exists already"],
  ["request a.internal --out DATA/leaf", 65, "exists already"],
  ["sign OUT/r.csr --out DATA/leaf.crt --data DATA", 65, "exists already"],
  ["export DATA/leaf --out DATA/leaf.crt --passphrase-stdin", 65, "exists already"],
]);

refusals("a data directory without an authority", nothing, [
  ["issue a.internal --out OUT/a --data OUT/none", 65, "dari cert init"],
  ["sign OUT/r.csr --data OUT/none", 65, "dari cert init"],
  ["renew --all --data OUT/none", 65, "dari cert init"],
  ["crl --data OUT/none", 65, "dari cert init"],
  ["rotate --apply --data OUT/none", 65, "dari cert init"],
  ["rotate --dry-run --data OUT/none", 65, "dari cert init"],
  ["revoke 00ff --data OUT/none", 65, "no certificate with serial"],
]);

refusals("what is no certificate, request or key", async ({ path }) => {
  await Deno.writeTextFile(path("text"), "hello\n");
  await Deno.writeTextFile(path("cut"), "-----BEGIN CERTIFICATE-----\nMAA=\n");
}, [
  ["inspect OUT/text", 65, "holds no certificate"],
  ["inspect OUT/cut", 65, "has no END line"],
  ["verify OUT/text --ca DATA/ca.crt", 65, "holds no certificate"],
  ["verify DATA/leaf.crt --ca OUT/text", 65, "holds no certificate"],
  ["revoke OUT/text --data DATA", 65, "holds no certificate"],
  ["renew OUT/text --data DATA", 65, "holds no certificate"],
  ["renew DATA/ca.crt --data DATA", 78, "no file that dari wrote"],
  ["sign OUT/text --data DATA", 65, "holds no certificate request"],
]);

refusals("words and options that it does not have", nothing, [
  ["frobnicate", 64, 'no command "cert frobnicate"'],
  ["init more --data OUT/new", 64, 'Unexpected "more"'],
  ["init --permit localhost --unconstrained --data OUT/new", 64, "exclude each other"],
  ["init --permit *.internal --data OUT/new", 64, "is not a permit"],
  ["init --algorithm rsa-1024 --data OUT/new", 64, "--algorithm takes one of"],
  ["init --subject X=1 --data OUT/new", 64, "subject"],
  ["issue --data DATA", 64, "Missing NAME"],
  ["issue a.internal --days 1 --unknown --data DATA", 64, "no option --unknown"],
  ["request", 64, "Missing NAME"],
  ["verify DATA/leaf.crt", 64, "Missing --ca FILE"],
  ["verify DATA/leaf.crt --ca DATA/ca.crt --purpose both", 64, "server or client"],
  ["verify DATA/leaf.crt --ca DATA/ca.crt --name a/b", 64, "not a name"],
  ["revoke DATA/leaf.crt --reason boredom --data DATA", 64, "--reason takes one of"],
  ["revoke 00ff --data DATA", 65, "no certificate with serial"],
  ["list --state lost --data DATA", 64, "--state takes one of"],
  ["rotate --data DATA", 64, "one of --dry-run and --apply"],
  ["rotate --apply --dry-run --data DATA", 64, "one of --dry-run and --apply"],
  ["export", 64, "Missing PREFIX"],
  ["inspect", 64, "Missing FILE|ADDRESS"],
]);
