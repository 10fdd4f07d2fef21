/**
 * `deno task release VERSION`: makes everything that a release consists of, in `dist/release`:
 * executables, the npm package, the bill of materials, their hashes, and the signature of those.
 *
 *     dari cert issue release.dari.example --client --out release
 *     deno task release 0.2.0 --cert release.crt --key release.key
 *
 * @module
 */

import { DariError } from "../lib/base/errors.ts";
import { readNamedSecretFile, readPublicFile } from "../lib/base/file/files.ts";
import { VERSION } from "../lib/base/version.ts";
import { signDetached, verifyDetached } from "../lib/cert/key/detached.ts";
import { decodePrivateKeyPem, parseCertificates } from "../lib/cert/mod.ts";
import { readCommit } from "../lib/packaging/build.ts";
import { targets } from "../lib/packaging/denort.ts";
import { bundleProgram } from "../lib/packaging/program.ts";
import { readReleaseNotes } from "../lib/packaging/release/changelog.ts";
import {
  CERTIFICATE,
  CHECKSUMS,
  formatChecksums,
  hashFile,
  SIGNATURE,
} from "../lib/packaging/release/checksums.ts";
import { billOfMaterials } from "../lib/packaging/release/sbom.ts";
import { misuse, readArguments } from "./arguments.ts";
import { lookAtDependencies } from "./audit.ts";
import { compile } from "./compile.ts";
import { writePackage } from "./package.ts";

const root = new URL("../", import.meta.url);

/** What a release is made of. */
export interface ReleaseOptions {
  /** The version; it must be the source's. */
  readonly version: string;
  /** The text of CHANGELOG.md. */
  readonly changelog: string;
  /** The certificate of the key that signs, with its chain, PEM. */
  readonly cert: string;
  /** That key, PEM. */
  readonly key: string;
  /** The folder; what is in it is replaced. */
  readonly output: string;
  /** The systems to make executables for. */
  readonly targets: readonly string[];
  /** Takes each line of the report. */
  readonly print: (line: string) => void;
}

/**
 * Makes a release.
 *
 * @param options What it is made of.
 * @throws {DariError} `failed_precondition` when the version or the changelog does not fit, `data`
 * when the key is not the certificate's.
 */
export async function makeRelease(options: ReleaseOptions): Promise<void> {
  const { version, changelog, cert, key, output, print } = options;
  if (version !== VERSION) {
    throw new DariError(
      "failed_precondition",
      `The source is version ${VERSION}, not ${version}: set it in deno.json and lib/base/version.ts`,
    );
  }
  const notes = readReleaseNotes(changelog, version);
  await Deno.remove(output, { recursive: true }).catch(() => {}); // there is none at first
  await Deno.mkdir(output, { recursive: true });
  await writeExecutables(options);
  const built = `${output}/build`;
  const tarball = await writePackage(built, print);
  await Deno.rename(tarball, tarball.replace("/build/", "/"));
  await Deno.remove(built, { recursive: true });
  const { bill, dependencies } = await describe(version);
  await Deno.writeTextFile(`${output}/dari-${version}.cdx.json`, bill);
  await Deno.writeTextFile(`${output}/dari-${version}.dependencies.json`, dependencies);
  await Deno.writeTextFile(`${output}/dari-${version}.md`, `${notes}\n`);
  await sign(output, cert, key);
  print(`${output}/${CHECKSUMS}: signed`);
}

async function writeExecutables(options: ReleaseOptions): Promise<void> {
  const { version, output, targets, print } = options;
  const files = targets.length === 0 ? [] : await bundleProgram(root);
  for (const target of targets) {
    const name = `dari-${version}-${target}${target.includes("windows") ? ".exe" : ""}`;
    try {
      await compile(files, `${output}/${name}`, target, print);
    } catch (error) {
      print(`no executable: ${error instanceof Error ? error.message : error}`);
    }
  }
}

/** The bill of materials, and beside it licence and age of each package at this moment. */
async function describe(version: string): Promise<{ bill: string; dependencies: string }> {
  const { license } = JSON.parse(await Deno.readTextFile(new URL("deno.json", root)));
  const lock = JSON.parse(await Deno.readTextFile(new URL("deno.lock", root)));
  const commit = await readCommit(root);
  const subject = { version, deno: Deno.version.deno, commit, license };
  const found = await lookAtDependencies(lock, Date.now());
  const licenses = new Map(
    found.flatMap(({ name, version, license }) =>
      license === undefined ? [] : [[`${name}@${version}`, license] as const]
    ),
  );
  return {
    bill: `${JSON.stringify(billOfMaterials(subject, lock, licenses), null, 2)}\n`,
    dependencies: `${JSON.stringify(found, null, 2)}\n`,
  };
}

async function sign(output: string, cert: string, key: string): Promise<void> {
  const checksums = new Map<string, string>();
  for await (const { name } of Deno.readDir(output)) {
    checksums.set(name, await hashFile(`${output}/${name}`) ?? "");
  }
  const list = new TextEncoder().encode(formatChecksums(checksums));
  const signature = await signDetached(await decodePrivateKeyPem(key), list);
  const [signer] = parseCertificates(cert);
  if (!await verifyDetached(signer.publicKey, list, signature)) {
    throw new DariError("data", "The key is not the certificate's; give the two of one dari cert");
  }
  await Deno.writeFile(`${output}/${CHECKSUMS}`, list);
  await Deno.writeFile(`${output}/${SIGNATURE}`, signature);
  await Deno.writeTextFile(`${output}/${CERTIFICATE}`, cert);
}

/** A release is what a commit says, so nothing may be changed that is not in it. */
async function requireCleanCheckout(): Promise<void> {
  const { success, stdout } = await new Deno.Command("git", {
    args: ["status", "--porcelain"],
    cwd: root,
  }).output();
  const changed = new TextDecoder().decode(stdout).trim();
  if (success && changed === "") return;
  const reason = success ? `these files are not committed:\n${changed}` : "this is no checkout";
  throw new DariError("failed_precondition", `Cannot make a release: ${reason}`);
}

if (import.meta.main) {
  const usage =
    "Usage: deno task release VERSION --cert FILE.crt --key FILE.key [--output dist/release]";
  const args = readArguments(usage, { values: ["cert", "key", "output"], words: 1 });
  const { words: [version], cert, key, output = "dist/release" } = args;
  if (version === undefined || cert === undefined || key === undefined) {
    Deno.exit(misuse(usage));
  }
  try {
    await requireCleanCheckout();
    await makeRelease({
      version,
      changelog: await Deno.readTextFile(new URL("CHANGELOG.md", root)),
      cert: await readPublicFile(cert),
      key: await readNamedSecretFile(key),
      output,
      targets,
      print: console.log,
    });
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    Deno.exit(1);
  }
}
