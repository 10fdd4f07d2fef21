/**
 * The types of dari's entries as `.d.ts` files. `deno pack` writes them from the documented, fully
 * typed exports alone; the code that it packs beside them is not taken.
 *
 * @module
 */

import { type ArchivedFile, readTarball } from "./tar.ts";
import { runDeno } from "../run_deno.ts";

/**
 * Writes the declarations of all entries in deno.json.
 *
 * @param root The directory of dari's source.
 * @returns The files, named by their paths below the root.
 * @throws {DariError} `failed_precondition` when an export has no explicit type.
 */
export async function readDeclarations(root: URL): Promise<ArchivedFile[]> {
  const directory = await Deno.makeTempDir({ prefix: "dari-types-" });
  try {
    const tarball = `${directory}/types.tgz`;
    const config = new URL("deno.json", root).pathname;
    await runDeno(
      ["pack", "--allow-dirty", "--no-source-maps", "--config", config, "--output", tarball],
      "write the types",
      { directory: root },
    );
    const files = await readTarball(await Deno.readFile(tarball));
    return files
      .filter(({ name }) => name.endsWith(".d.ts"))
      .map(({ name, bytes }) => ({ name: name.replace(/^package\//, ""), bytes }));
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}
