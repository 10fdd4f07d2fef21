/**
 * dari's own code as the files of one directory: bundled from its source, or copied from the
 * executable that is running.
 *
 * @module
 */

import { encodeHex } from "@std/encoding/hex";
import { DariError } from "../base/errors.ts";
import { BUILD, readCommit } from "./build.ts";
import { collectFiles, type ProgramFile } from "./bundled_files.ts";
import { bundleForBrowsers } from "./client_bundle.ts";
import { CHART_FILES, readChartFile } from "./npm/browser/chart_files.ts";
import {
  BROWSER_BUNDLE,
  BROWSER_ENTRY,
  CONSOLE_FILES,
  CONSOLE_FOLDER,
  PAGE_FILES,
  PAGE_FOLDER,
} from "./npm/browser/modules.ts";
import { runDeno } from "./run_deno.ts";

/** Lists the files of an unpacked program; present beside its code, and nowhere else. */
export const LISTING = "program.json";

const encoder = new TextEncoder();

/**
 * The program as it is packed: its command line as `cli.js`, each export of the library as a file of
 * its own, so that a user's module imports `@dari/dari` and shares classes with the program.
 *
 * @returns The files.
 * @throws {DariError} `failed_precondition` where there is neither a source nor an executable, or
 * the bundler cannot be had.
 */
export async function readProgram(): Promise<ProgramFile[]> {
  const here = new URL(".", import.meta.url);
  const listing = await readOptional(new URL(LISTING, here));
  if (listing !== undefined) {
    const names: string[] = JSON.parse(new TextDecoder().decode(listing));
    return await Promise.all(names.map((name) => readFile(here, name)));
  }
  const root = new URL("../../", import.meta.url);
  const configuration = await readOptional(new URL("deno.json", root));
  if (configuration === undefined) {
    throw new DariError(
      "failed_precondition",
      "Cannot compile from here: this program carries no Deno; use npx dari compile, or a checkout " +
        "of dari's source",
    );
  }
  return await bundleProgram(root);
}

/**
 * The hash of a file as the launcher checks it.
 *
 * @param bytes The content.
 * @returns SHA-256 in hexadecimal.
 */
export async function hashOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return encodeHex(await crypto.subtle.digest("SHA-256", bytes));
}

/**
 * Bundles the program from its source.
 *
 * @param root The directory of dari's source.
 * @returns The files.
 * @throws {DariError} `failed_precondition` when the bundler cannot be had.
 */
export async function bundleProgram(root: URL): Promise<ProgramFile[]> {
  const { name, exports }: { name: string; exports: Record<string, string> } = JSON.parse(
    await Deno.readTextFile(new URL("deno.json", root)),
  );
  const directory = await Deno.makeTempDir({ prefix: "dari-bundle-" });
  try {
    const stage = `${directory}/stage`;
    await Deno.mkdir(stage);
    const entries = new Map([["cli", "./cli.ts"]]);
    const keys = Object.keys(exports).filter((key) => key !== "./cli");
    for (const key of keys) entries.set(entryOf(key), exports[key] ?? "");
    const workers = await findWorkers(root);
    for (const worker of workers) entries.set(worker.name, worker.path);
    // Entries of one folder make outputs of one folder, wherever the sources lie.
    for (const [entry, path] of entries) {
      const url = new URL(path, root);
      const text = entry === "cli"
        ? (await Deno.readTextFile(url)).replaceAll(' from "./', ` from "${root.href}`)
        : `export * from ${JSON.stringify(url.href)};\n`;
      await Deno.writeTextFile(`${stage}/${entry}.ts`, text);
    }
    await runDeno(
      [
        "bundle",
        "--quiet",
        "--platform=deno",
        "--code-splitting",
        `--config=${new URL("deno.json", root).pathname}`,
        `--outdir=${directory}/out`,
        ...[...entries.keys()].map((entry) => `${stage}/${entry}.ts`),
      ],
      "bundle the program",
      { directory: root },
    );
    const workerNames = new Set(workers.map((worker) => worker.name));
    const files = (await collectFiles(`${directory}/out`, loadLate))
      .map(({ name, bytes }) => ({ name: nameWorker(name, workerNames), bytes }));
    files.push(...await forBrowsers(root), importMap(name, keys), {
      name: BUILD,
      bytes: await describeBuild(root),
    });
    const names = [...files.map((file) => file.name), LISTING].sort();
    return [...files, { name: LISTING, bytes: encoder.encode(JSON.stringify(names)) }];
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** What a server gives to browsers: its pages, and the client. They are read, and never imported. */
async function forBrowsers(root: URL): Promise<ProgramFile[]> {
  const client = await bundleForBrowsers(root, BROWSER_ENTRY, "one file");
  const page = PAGE_FILES.map((name) => readFile(new URL(PAGE_FOLDER, root), name));
  const console = CONSOLE_FILES.map((name) => readFile(new URL(CONSOLE_FOLDER, root), name));
  return [
    ...client.map(({ bytes }) => ({ name: BROWSER_BUNDLE, bytes })),
    ...await Promise.all([...page, ...console]),
    ...await Promise.all(Object.keys(CHART_FILES).map(chartFile)),
  ];
}

async function chartFile(name: string): Promise<ProgramFile> {
  const text = await readChartFile(name);
  if (text !== undefined) return { name, bytes: encoder.encode(text) };
  throw new DariError("failed_precondition", `"${name}" of uPlot is missing; run deno install`);
}

/**
 * Finds dari's workers. The bundler does not follow the relative URLs by which they are started.
 *
 * @param root The directory of dari's source.
 * @returns Their names without `.ts`, and their paths below the root.
 */
export async function findWorkers(root: URL): Promise<{ name: string; path: string }[]> {
  const found = new Map<string, string>();
  const walk = async (folder: string): Promise<void> => {
    for await (const entry of Deno.readDir(new URL(folder, root))) {
      const path = `${folder}${entry.name}`;
      if (entry.isDirectory) await walk(`${path}/`);
      else if (entry.name.endsWith(".ts")) {
        const text = await Deno.readTextFile(new URL(path, root));
        for (const [, name] of text.matchAll(/new URL\("\.\/(\w+)\.ts", import\.meta\.url\)/g)) {
          if (name !== undefined) found.set(name, `${folder}${name}.ts`);
        }
      }
    }
  };
  await walk("lib/");
  return [...found].map(([name, path]) => ({ name, path }));
}

/** The program asks for its workers by the names that they have in its source. */
function nameWorker(name: string, workers: ReadonlySet<string>): string {
  const stem = name.replace(/\.js$/, "");
  return workers.has(stem) ? `${stem}.ts` : name;
}

/**
 * Before a program starts, Deno analyses every file that an `import()` names by a string literal: a
 * quarter of the time of `dari --version`. It loads a computed name only when that `import()` runs.
 */
function loadLate(code: string): string {
  return code.replaceAll(/\bimport\(("\.\/[\w.-]+\.js")\)/g, "import(String($1))");
}

async function describeBuild(root: URL): Promise<Uint8Array<ArrayBuffer>> {
  return encoder.encode(JSON.stringify({ commit: await readCommit(root) }));
}

function importMap(name: string, keys: readonly string[]): ProgramFile {
  // A user's module has either name of the library, that of JSR or that of npm.
  const imports = Object.fromEntries(
    [name, "dari"].flatMap((library) =>
      keys.map((key) => [`${library}${key.slice(1)}`, `./${entryOf(key)}.js`])
    ),
  );
  // For the ports that the threads of a server share.
  const configuration = { unstable: ["net"], imports };
  return { name: "deno.json", bytes: encoder.encode(JSON.stringify(configuration)) };
}

function entryOf(key: string): string {
  return key === "." ? "mod" : key.slice(2);
}

async function readFile(directory: URL, name: string): Promise<ProgramFile> {
  return { name, bytes: await Deno.readFile(new URL(name, directory)) };
}

async function readOptional(url: URL): Promise<Uint8Array<ArrayBuffer> | undefined> {
  if (url.protocol !== "file:") return undefined;
  try {
    return await Deno.readFile(url);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
