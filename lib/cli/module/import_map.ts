/**
 * What the bare names in a user's module mean: the import map of its own deno.json, and the packages
 * of its package.json.
 *
 * @see {@link https://html.spec.whatwg.org/multipage/webappapis.html#import-maps | Import maps}
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { parseJsonc } from "./jsonc.ts";

/** The import map of a project. */
export interface ImportMap {
  /** The project's folder, with a slash at its end. */
  readonly folder: URL;
  /** The configuration file that has it. */
  readonly file: string;
  /** Addresses by name; a name that ends with a slash stands for all that begin with it. */
  readonly imports: Readonly<Record<string, string>>;
  /** Further names for the files below a URL. */
  readonly scopes: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/**
 * Finds the import map of a module: that of the nearest deno.json, deno.jsonc or package.json above it.
 *
 * @param module The module's URL.
 * @returns `undefined` where there is none, or it names nothing.
 * @throws {DariError} `configuration` for a file that cannot be read.
 */
export async function findImportMap(module: URL): Promise<ImportMap | undefined> {
  for (let folder = new URL(".", module);; folder = new URL("..", folder)) {
    for (const name of ["deno.json", "deno.jsonc", "package.json"]) {
      const file = new URL(name, folder);
      const map = await readMap(file, folder);
      if (map === undefined) continue;
      const isEmpty = Object.keys({ ...map.imports, ...map.scopes }).length === 0;
      return isEmpty ? undefined : map;
    }
    if (folder.pathname === "/") return undefined;
  }
}

/**
 * Resolves a name as the import map says.
 *
 * @param map The map.
 * @param specifier What a module imports.
 * @param parent The URL of that module.
 * @returns An address, or `undefined` where the map does not know the name.
 */
export function resolveByMap(
  { folder, imports, scopes }: ImportMap,
  specifier: string,
  parent: string,
): string | undefined {
  const inScope = Object.entries(scopes)
    .map(([scope, names]) => [new URL(scope, folder).href, names] as const)
    .filter(([scope]) => parent === scope || (scope.endsWith("/") && parent.startsWith(scope)))
    .sort(([a], [b]) => b.length - a.length);
  for (const names of [...inScope.map(([, names]) => names), imports]) {
    const address = addressIn(names, specifier);
    if (address !== undefined) {
      return /^\.{0,2}\//.test(address) ? new URL(address, folder).href : address;
    }
  }
  return undefined;
}

/** The longest name that fits; one of npm and JSR stands for what is below it as well. */
function addressIn(
  names: Readonly<Record<string, string>>,
  specifier: string,
): string | undefined {
  if (Object.hasOwn(names, specifier)) return names[specifier];
  const prefixes = Object.keys(names).sort((a, b) => b.length - a.length);
  for (const name of prefixes) {
    const address = names[name]!;
    if (name.endsWith("/") && specifier.startsWith(name)) {
      return address + specifier.slice(name.length);
    }
    const isPackage = /^(npm|jsr):/.test(address);
    if (isPackage && specifier.startsWith(`${name}/`)) {
      return address + specifier.slice(name.length);
    }
  }
  return undefined;
}

async function readMap(file: URL, folder: URL): Promise<ImportMap | undefined> {
  const text = await readOptional(file);
  if (text === undefined) return undefined;
  const config = await inFile(file, () => parseJsonc(text));
  const { imports = {}, scopes = {}, importMap, dependencies = {} } = config;
  if (typeof importMap === "string") {
    const other = new URL(importMap, folder);
    return await readMap(other, new URL(".", other));
  }
  const packages = Object.entries(dependencies as Record<string, string>)
    .map((
      [name, range],
    ) => [name, /^[\w^~<>=*. |-]+$/.test(range) ? `npm:${name}@${range}` : name]);
  return {
    folder,
    file: decodeURIComponent(file.pathname),
    imports: { ...Object.fromEntries(packages), ...imports as Record<string, string> },
    scopes: scopes as ImportMap["scopes"],
  };
}

async function readOptional(file: URL): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return undefined;
    }
    throw error;
  }
}

function inFile(file: URL, read: () => unknown): Record<string, unknown> {
  try {
    return Object(read());
  } catch (cause) {
    const path = decodeURIComponent(file.pathname);
    throw new DariError("configuration", `Cannot read ${path}: ${(cause as Error).message}`, {
      cause,
    });
  }
}
