import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { VERSION } from "../../../lib/base/version.ts";
import { makeRelease } from "../../../scripts/release.ts";
import { dari } from "../../support/dari_command.ts";
import { hasOpenssl, openssl } from "../../support/openssl.ts";
import { release } from "../../support/release.ts";
import { tempDirectory } from "../../support/temp.ts";

const { output, options, printed, missing, folder, signer } = await release;
if (missing !== undefined) console.log(`the release is not tested: ${missing}`);

function test(sentence: string, fn: () => Promise<void>, ignore = false): void {
  Deno.test({ name: sentence, ignore: ignore || missing !== undefined, fn });
}

/** Checks a copy of the release after something was done to it. */
async function verify(change: (directory: string) => Promise<void>, ...more: string[]) {
  await using copy = await tempDirectory();
  for await (const { name } of Deno.readDir(output)) {
    await Deno.copyFile(`${output}/${name}`, `${copy.path}/${name}`);
  }
  await change(copy.path);
  const ca = `${folder}/data/ca.crt`;
  return await dari(["verify-release", copy.path, "--ca", ca, ...more]);
}

const asItIs = () => Promise.resolve();

test("a release has the package, the bill of materials, its notes, hashes and signature", async () => {
  const names = (await Array.fromAsync(Deno.readDir(output))).map(({ name }) => name).sort();
  assertEquals(names, [
    "SHA256SUMS",
    "SHA256SUMS.crt",
    "SHA256SUMS.sig",
    `dari-${VERSION}.cdx.json`,
    `dari-${VERSION}.dependencies.json`,
    `dari-${VERSION}.md`,
    `dari-${VERSION}.tgz`,
  ]);
  const notes = await Deno.readTextFile(`${output}/dari-${VERSION}.md`);
  assertEquals(notes, "- A first release.\n");
  const bill = JSON.parse(await Deno.readTextFile(`${output}/dari-${VERSION}.cdx.json`));
  assertEquals(bill.metadata.component.version, VERSION);
  assertStringIncludes(printed.at(-1) ?? "", "SHA256SUMS: signed");
});

test("dari verify-release names the signer and the files that are here and are not", async () => {
  const { code, out } = await verify((copy) => Deno.remove(`${copy}/dari-${VERSION}.md`));
  assertEquals(code, 0);
  assertEquals(out.split("\n").slice(1), [
    `ok      dari-${VERSION}.cdx.json`,
    `ok      dari-${VERSION}.dependencies.json`,
    `ok      dari-${VERSION}.tgz`,
    `absent  dari-${VERSION}.md`,
  ]);
  const { out: json } = await verify(asItIs, "--json");
  assertEquals(JSON.parse(json).absent, []);
  assertStringIncludes(JSON.parse(json).signer, "release.localhost");
});

test("dari verify-release refuses a changed file, a changed list and another's signature", async () => {
  const append = (name: string) => async (copy: string) =>
    await Deno.writeTextFile(`${copy}/${name}`, "\n", { append: true });
  const file = await verify(append(`dari-${VERSION}.tgz`));
  assertEquals(file.code, 65);
  assertStringIncludes(file.err, `"dari-${VERSION}.tgz" is not the released file`);
  const list = await verify(append("SHA256SUMS"));
  assertEquals(list.code, 65);
  assertStringIncludes(list.err, "SHA256SUMS.sig is not the signature of SHA256SUMS");
  const other = await signer("other.localhost");
  const swapped = await verify((copy) => Deno.writeTextFile(`${copy}/SHA256SUMS.crt`, other.cert));
  assertEquals(swapped.code, 65);
});

test("dari verify-release refuses the certificate of another authority", async () => {
  const more = ["--data", `${folder}/other`];
  await dari(["cert", "init", ...more]);
  const { code, err } = await dari([
    ...["verify-release", output, "--ca", `${folder}/other/ca.crt`],
  ]);
  assertEquals(code, 65);
  assertStringIncludes(err, "SHA256SUMS.crt");
});

test("openssl and sha256sum check a release as well", async () => {
  const { text: key } = await openssl(output, "x509", "-in", "SHA256SUMS.crt", "-pubkey", "-noout");
  await Deno.writeTextFile(`${folder}/key.pem`, key);
  const { text } = await openssl(
    output,
    ...["dgst", "-sha256", "-verify", `${folder}/key.pem`],
    ...["-signature", "SHA256SUMS.sig", "SHA256SUMS"],
  );
  assertEquals(text, "Verified OK\n");
  const { success } = await new Deno.Command("sha256sum", {
    args: ["--check", "--quiet", "SHA256SUMS"],
    cwd: output,
  }).output();
  assert(success);
}, !hasOpenssl || Deno.build.os !== "linux");

Deno.test("makeRelease() refuses another version and a changelog without its section", async () => {
  const quiet = { ...options, output: `${folder}/none`, print: () => {} };
  const version = await assertRejects(() => makeRelease({ ...quiet, version: "9.9.9" }), DariError);
  assertStringIncludes(version.message, `The source is version ${VERSION}, not 9.9.9`);
  await assertRejects(() => makeRelease({ ...quiet, changelog: "" }), DariError, "has no section");
});
