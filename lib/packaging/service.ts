/**
 * A user's module as files that are packed beside dari's own. Its imports of dari are resolved when
 * it runs, to the program's own copy, so that `instanceof` works between the two.
 *
 * @module
 */

import { decodeBase64, encodeBase64 } from "@std/encoding/base64";
import { DariError } from "../base/errors.ts";
import { exists } from "../base/file/file_state.ts";
import type { ProgramFile } from "./bundled_files.ts";
import { runDeno } from "./run_deno.ts";

/** A packed module. */
export interface PackedService {
  /** Its files; their names begin with a folder that is theirs alone. */
  readonly files: readonly ProgramFile[];
  /** The name of the file to load. */
  readonly main: string;
}

/** The part of `deno info --json` that is read here. */
interface Graph {
  readonly roots: readonly string[];
  readonly modules: readonly {
    readonly specifier: string;
    readonly error?: string;
    readonly dependencies?: readonly {
      readonly specifier: string;
      readonly code?: { readonly specifier?: string; readonly error?: string };
    }[];
  }[];
}

const FOLDER = "service/";

/**
 * Packs a module. A module that imports only files is packed unchanged, which needs no bundler and
 * keeps the line numbers of stack traces; any other is bundled.
 *
 * @param path The module.
 * @param library The name under which it imports dari's library.
 * @returns Its files.
 * @throws {DariError} `data` for a module that does not load, `failed_precondition` when an import
 * does not resolve, or when Deno's bundler is needed and cannot be fetched from npm.
 */
export async function packService(path: string, library: string): Promise<PackedService> {
  // Of its own project, wherever the command runs.
  const config = await configOf(path);
  const info = ["info", "--json", ...config, path];
  const graph: Graph = JSON.parse(await runDeno(info, `read ${path}`));
  const files = localFiles(graph, library);
  return files === undefined ? await bundle(path, library, config) : await take(files);
}

/** @returns The URLs of the module and all that it imports, or `undefined` where not all are files. */
function localFiles({ roots, modules }: Graph, library: string): string[] | undefined {
  const byUrl = new Map(modules.map((module) => [module.specifier, module]));
  const reached = new Set(roots);
  for (const url of reached) {
    const module = byUrl.get(url);
    if (module?.error !== undefined) throw new DariError("data", `Cannot load ${module.error}`);
    for (const { specifier, code } of module?.dependencies ?? []) {
      const isLibrary = specifier === library || specifier.startsWith(`${library}/`);
      const isBuiltIn = specifier.startsWith("node:");
      if (isLibrary || isBuiltIn || code === undefined) continue;
      if (!code.specifier?.startsWith("file:") || !specifier.startsWith(".")) return undefined;
      reached.add(code.specifier);
    }
  }
  return [...reached];
}

async function take(urls: readonly string[]): Promise<PackedService> {
  const [main = ""] = urls;
  const folderOf = (url: string) => url.slice(0, url.lastIndexOf("/") + 1);
  let folder = folderOf(main);
  while (!urls.every((url) => url.startsWith(folder))) folder = folderOf(folder.slice(0, -1));
  const nameOf = (url: string) => FOLDER + decodeURIComponent(url.slice(folder.length));
  const odd = urls.map(nameOf).find((name) => !/^[\w./@+-]+$/.test(name));
  if (odd !== undefined) {
    throw new DariError("data", `Cannot pack "${odd}": use letters, digits and ._@+- in its path`);
  }
  const files = urls.map(async (url) => (
    { name: nameOf(url), bytes: await Deno.readFile(new URL(url)) }
  ));
  return { files: await Promise.all(files), main: nameOf(main) };
}

/**
 * Names the sources in a source map from the module's folder on: errors name file, line and column, and
 * nothing of the machine that bundled it.
 */
function withShortSources(code: string, output: string, module: string): string {
  const folder = module.slice(0, module.lastIndexOf("/") + 1);
  const base = new URL(folder, `file://${Deno.cwd()}/`).href;
  return code.replace(/(?<=^\/\/# sourceMappingURL=data:application\/json;base64,)\S+/m, (text) => {
    const { sources, sourcesContent: _, ...map } = JSON.parse(
      new TextDecoder().decode(decodeBase64(text)),
    );
    const short = (sources as string[]).map((source) =>
      new URL(source, output).href.replace(base, "./").replace(/^file:.*\//, "./")
    );
    return encodeBase64(JSON.stringify({ ...map, sources: short }));
  });
}

/** @returns The flag for the nearest deno.json above a module; none where there is none. */
async function configOf(path: string): Promise<string[]> {
  const names = ["deno.json", "deno.jsonc"];
  for (let folder = await Deno.realPath(path); folder !== "/";) {
    folder = folder.slice(0, folder.lastIndexOf("/")) || "/";
    for (const name of names) {
      const file = `${folder === "/" ? "" : folder}/${name}`;
      if (await exists(file)) return [`--config=${file}`];
    }
  }
  return [];
}

async function bundle(
  path: string,
  library: string,
  config: readonly string[],
): Promise<PackedService> {
  const directory = await Deno.makeTempDir({ prefix: "dari-service-" });
  try {
    const output = `${directory}/service.js`;
    await runDeno([
      "bundle",
      "--quiet",
      "--platform=deno",
      "--sourcemap=inline",
      ...config,
      `--external=${library}`,
      `--external=${library}/*`,
      `--output=${output}`,
      path,
    ], `bundle ${path}`);
    const name = `${FOLDER}service.js`;
    const code = withShortSources(await Deno.readTextFile(output), `file://${output}`, path);
    return { files: [{ name, bytes: new TextEncoder().encode(code) }], main: name };
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}
