/**
 * Checks habits that a linter does not know: short files, small folders, names that say something,
 * and no work left for later.
 *
 * @module
 */

import { listSources } from "./module_graph.ts";

const MAX_LINES = 300;
const MAX_FILES = 15;

const VAGUE_NAMES = /^(utils?|helpers?|common|misc|shared|stuff)$/;
const VAGUE_CLASS = /^\s*(?:export )?(?:abstract )?class (\w*(?:Manager|Helper|Impl|Util|Utils))\b/;
/** Rooms whose code runs for each connection and each call. */
const BUSY_ROOMS = /^lib\/(?:protocol|rpc|transport)\//;
const OLD_CLOSURE = /^\s+[\w.#]+\.#?\w+ (?:\?\?)?= (?:async )?(?:\([^()]*\)|\w+) =>/;
const LEFT_FOR_LATER = /\b(?:TO[D]O|FIX[M]E|XX[X]|HAC[K])\b/;

/**
 * Checks one file.
 *
 * @param path The file, relative to the project's root.
 * @param text Its content.
 * @returns One line for each habit that it breaks.
 */
export function checkStyle(path: string, text: string): string[] {
  const found: string[] = [];
  const lines = text.split("\n");
  const length = lines.length - 1;
  if (length > MAX_LINES) {
    found.push(`${path}: ${length} lines; split it, ${MAX_LINES} are the most`);
  }
  for (const part of path.replace(/\.ts$/, "").split("/")) {
    if (VAGUE_NAMES.test(part)) found.push(`${path}: "${part}" does not say what is in it`);
    if (/[A-Z-]/.test(part)) found.push(`${path}: "${part}" is not snake_case`);
  }
  for (const [index, line] of lines.entries()) {
    const at = `${path}:${index + 1}`;
    const vague = VAGUE_CLASS.exec(line);
    if (vague) found.push(`${at}: class "${vague[1]}" has a name that does not say what it does`);
    if (BUSY_ROOMS.test(path) && OLD_CLOSURE.test(line)) {
      found.push(
        `${at}: V8 puts a function that is written as the value of a member where only a full ` +
          "collection ends it; write it as a const, and assign that",
      );
    }
    if (LEFT_FOR_LATER.test(line)) found.push(`${at}: work is left for later; do it now`);
  }
  return found;
}

/**
 * Checks that no folder of the library has so many files that nobody finds the right one.
 *
 * @param paths Every source file, relative to the project's root.
 * @returns One line for each folder of lib with too many files; a `mod.ts` does not count.
 */
export function checkFolders(paths: readonly string[]): string[] {
  const sizes = new Map<string, number>();
  for (const path of paths) {
    if (!path.startsWith("lib/") || path.endsWith("/mod.ts")) continue;
    const folder = path.slice(0, path.lastIndexOf("/"));
    sizes.set(folder, (sizes.get(folder) ?? 0) + 1);
  }
  return [...sizes].filter(([, size]) => size > MAX_FILES).map(([folder, size]) =>
    `${folder}: ${size} files; make folders of it, ${MAX_FILES} files are the most`
  );
}

if (import.meta.main) {
  const sources = await listSources(Deno.cwd(), ["lib", "tests", "scripts"]);
  const found = checkFolders(sources);
  for (const path of sources) found.push(...checkStyle(path, await Deno.readTextFile(path)));
  for (const line of found) console.error(line);
  if (found.length > 0) Deno.exit(1);
  console.log(`${sources.length} files keep the habits of the house`);
}
