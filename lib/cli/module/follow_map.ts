/**
 * Modules of a user's that import by their own project's import map, in a process that runs with
 * another: Deno has one map a process, so their names are resolved by hooks.
 *
 * @module
 */

import { registerHooks, stripTypeScriptTypes } from "node:module"; // Deno has no API of its own for it.
import { findImportMap, type ImportMap, resolveByMap } from "./import_map.ts";

/** What `import` and `export … from` name, and what stands in `import()`. */
const SPECIFIER = /(?:\bfrom\s*|\bimport\s*\(?\s*)(["'])([^"'\n]+)\1/g;

/** The project folders whose modules are followed already. */
const followed = new Set<string>();

/**
 * Lets a module and the files that it imports follow the import map of their project. It does nothing
 * where the project has none, or is the program's own.
 *
 * @param module The module's URL.
 * @throws {DariError} `configuration` for a configuration file that cannot be read.
 */
export async function followImportMap(module: string): Promise<void> {
  const map = await findImportMap(new URL(module));
  if (map === undefined || followed.has(map.folder.href)) return;
  if (import.meta.url.startsWith(map.folder.href)) return;
  followed.add(map.folder.href);
  await importPackages(module, map);
  registerHooks({
    resolve(specifier, context, next) {
      const parent = context.parentURL ?? "";
      if (!isOwn(parent, map)) return next(specifier, context);
      // The program's own copy, so that its classes are the same on both sides.
      if (isLibrary(specifier)) return next(specifier, { ...context, parentURL: import.meta.url });
      const url = resolveByMap(map, specifier, parent);
      return url === undefined ? next(specifier, context) : { url, shortCircuit: true };
    },
    load(url, context, next) {
      if (!isOwn(url, map) || !/\.m?[jt]s$/.test(url)) return next(url, context);
      const source = sourceOf(url, Deno.readTextFileSync(new URL(url)));
      return { format: "module", source, shortCircuit: true };
    },
  });
}

function isOwn(url: string, { folder }: ImportMap): boolean {
  return url.startsWith(folder.href) && !url.includes("/node_modules/");
}

function isLibrary(specifier: string): boolean {
  return /^(@dari\/)?dari(\/|$)/.test(specifier);
}

/** Lines and columns stay as they are, but for enums and the like, which leave a source map. */
function sourceOf(url: string, text: string): string {
  if (!/\.m?ts$/.test(url)) return text;
  try {
    return stripTypeScriptTypes(text);
  } catch {
    // Deno's types do not know this mode yet.
    const options = { mode: "transform", sourceMap: true, sourceUrl: url } as unknown as undefined;
    return stripTypeScriptTypes(text, options);
  }
}

/** A hook cannot wait until a package is there, so those that the files import come first. */
async function importPackages(module: string, map: ImportMap): Promise<void> {
  const seen = new Set([module]);
  const packages = new Set<string>();
  for (const url of seen) {
    const text = await Deno.readTextFile(new URL(url)).catch(() => "");
    for (const [, , specifier = ""] of text.matchAll(SPECIFIER)) {
      if (isLibrary(specifier)) continue;
      const address = resolveByMap(map, specifier, url) ?? specifier;
      if (/^(npm|jsr|https?):/.test(address)) packages.add(address);
      else if (/^(\.{1,2}\/|file:)/.test(address)) seen.add(new URL(address, url).href);
    }
  }
  // One after the other: a package may be there only when another has brought it.
  for (const address of packages) await import(address);
}
