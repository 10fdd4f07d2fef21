/**
 * `deno task package`: makes `dist/npm/` and its tarball, which npm installs as `dari`.
 *
 *     deno task package
 *     deno task package --output /tmp/dari
 *
 * @module
 */

import { VERSION } from "../lib/base/version.ts";
import { PACKAGE_NAME, readNpmPackage } from "../lib/packaging/npm/npm_package.ts";
import { writeTarball } from "../lib/packaging/npm/tar.ts";
import { megabytes } from "../lib/packaging/self_extracting.ts";
import { readArguments } from "./arguments.ts";

const root = new URL("../", import.meta.url);

/**
 * Writes the package as a folder and as a tarball beside it.
 *
 * @param output The folder for both.
 * @param print Takes the line of the report.
 * @returns The path of the tarball.
 */
export async function writePackage(
  output: string,
  print: (line: string) => void,
): Promise<string> {
  const files = await readNpmPackage(root);
  const folder = `${output}/npm`;
  await Deno.remove(folder, { recursive: true }).catch(() => {}); // there is none at first
  for (const { name, bytes, isExecutable } of files) {
    const path = `${folder}/${name}`;
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    await Deno.writeFile(path, bytes, { mode: isExecutable ? 0o755 : 0o644 });
  }
  // npm unpacks what lies in this folder.
  const packed = files.map((file) => ({ ...file, name: `package/${file.name}` }));
  const tarball = `${output}/${PACKAGE_NAME}-${VERSION}.tgz`;
  const bytes = await writeTarball(packed);
  await Deno.writeFile(tarball, bytes);
  print(`${tarball}: ${files.length} files, ${megabytes(bytes.length)}`);
  return tarball;
}

if (import.meta.main) {
  const usage = "Usage: deno task package [--output dist]";
  const { output = "dist" } = readArguments(usage, { values: ["output"] });
  try {
    await writePackage(output, console.log);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    Deno.exit(1);
  }
}
