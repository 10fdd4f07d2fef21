/**
 * The client as a few JavaScript files without dependencies: for Node, Bun and Deno, and for browsers.
 *
 * @module
 */

import { collectFiles, type ProgramFile } from "./bundled_files.ts";
import { browserModules } from "./npm/browser/modules.ts";
import { runDeno } from "./run_deno.ts";

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
 * Bundles the client for Node, Bun and Deno.
 *
 * @param root The directory of dari's source.
 * @param entry The entry's path below it.
 * @returns The files; the entry has its own name.
 * @throws {DariError} `failed_precondition` when the bundler cannot be had.
 */
export async function bundleClient(root: URL, entry: string): Promise<ProgramFile[]> {
  return await bundle(root, entry, "deno", new URL("deno.json", root).pathname);
}

/**
 * Bundles the client for browsers.
 *
 * @param root The directory of dari's source.
 * @param entry The entry's path below it.
 * @param parts Whether what is loaded later has files of its own, or the one file is small.
 * @returns The files; the entry has its own name.
 * @throws {DariError} `failed_precondition` when the bundler cannot be had, or something that no
 * browser has is needed.
 */
export async function bundleForBrowsers(
  root: URL,
  entry: string,
  parts: "several files" | "one file" = "several files",
): Promise<ProgramFile[]> {
  const { imports, links } = JSON.parse(await Deno.readTextFile(new URL("deno.json", root)));
  const own = Object.entries(browserModules).map((
    [name, path],
  ) => [name.startsWith("node:") ? name : new URL(name, root).href, new URL(path, root).href]);
  const configuration = {
    imports: { ...imports, ...Object.fromEntries(own) },
    links: links.map((path: string) => new URL(path, root).pathname),
  };
  const directory = await Deno.makeTempDir({ prefix: "dari-browser-" });
  try {
    await Deno.writeTextFile(`${directory}/deno.json`, JSON.stringify(configuration));
    return await bundle(root, entry, "browser", `${directory}/deno.json`, parts);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

async function bundle(
  root: URL,
  entry: string,
  platform: string,
  config: string,
  parts: "several files" | "one file" = "several files",
): Promise<ProgramFile[]> {
  const directory = await Deno.makeTempDir({ prefix: "dari-client-" });
  try {
    await runDeno(
      [
        "bundle",
        ...["--quiet", "--no-lock", `--platform=${platform}`],
        parts === "one file" ? "--minify" : "--code-splitting",
        // Only what writes certificates loads it, and a client writes none.
        "--external=node-forge",
        `--config=${config}`,
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
