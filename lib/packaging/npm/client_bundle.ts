/**
 * The client for Node, Bun and Deno as a few JavaScript files without dependencies.
 *
 * @module
 */

import { collectFiles, type ProgramFile } from "../program.ts";
import { runDeno } from "../run_deno.ts";

/** What Node 20 lacks of the language's library, and what takes its place in the bundle. */
const lowered: readonly { pattern: RegExp; name: string; code: string }[] = [{
  pattern: /\bPromise\.withResolvers\(\)/g,
  name: "withResolvers",
  code: `function withResolvers() {
  let resolve, reject;
  const promise = new Promise((...settle) => [resolve, reject] = settle);
  return { promise, resolve, reject };
}
`,
}];

/**
 * Bundles the client.
 *
 * @param root The directory of dari's source.
 * @param entry The entry's path below it.
 * @returns The files; `mod.js` is the entry.
 * @throws {DariError} `failed_precondition` when the bundler cannot be had.
 */
export async function bundleClient(root: URL, entry: string): Promise<ProgramFile[]> {
  const directory = await Deno.makeTempDir({ prefix: "dari-client-" });
  try {
    await runDeno(
      [
        "bundle",
        "--quiet",
        "--platform=deno",
        "--code-splitting",
        // Only what writes certificates loads it, and a client writes none.
        "--external=node-forge",
        `--config=${new URL("deno.json", root).pathname}`,
        `--outdir=${directory}`,
        new URL(entry, root).pathname,
      ],
      "bundle the client",
      { directory: root },
    );
    return await collectFiles(directory, (code) => lowerForNode20(code));
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/**
 * Replaces what Node 20 does not have.
 *
 * @param code JavaScript of one bundled file.
 * @returns The same program.
 */
export function lowerForNode20(code: string): string {
  let text = code;
  for (const { pattern, name, code } of lowered) {
    const replaced = text.replaceAll(pattern, `${name}()`);
    if (replaced !== text) text = code + replaced;
  }
  return text;
}
