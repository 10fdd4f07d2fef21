/**
 * A user's module as files that are packed beside dari's own.
 *
 * @module
 */

import type { ProgramFile } from "./program.ts";
import { runDeno } from "./run_deno.ts";

/** The name of the packed module. */
export const SERVICE_FILE = "service.js";

/**
 * Bundles a module with everything that it imports but dari, which the program brings: so its
 * methods and the program share classes, and `instanceof` holds.
 *
 * @param path The module.
 * @param library The name under which it imports dari's library.
 * @returns The bundle, as the file {@linkcode SERVICE_FILE}.
 * @throws {DariError} `failed_precondition` when an import does not resolve, or Deno's bundler
 * cannot be had: it is fetched from npm at first use.
 */
export async function bundleService(path: string, library: string): Promise<ProgramFile> {
  const directory = await Deno.makeTempDir({ prefix: "dari-service-" });
  try {
    const output = `${directory}/${SERVICE_FILE}`;
    await runDeno([
      "bundle",
      "--quiet",
      "--platform=deno",
      `--external=${library}`,
      `--external=${library}/*`,
      `--output=${output}`,
      path,
    ], `bundle ${path}`);
    return { name: SERVICE_FILE, bytes: await Deno.readFile(output) };
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}
