/**
 * Checks that `tests/` mirrors `lib/`: at least three in five files have a test of their own name.
 * Given `--list`, it prints the files that have none.
 *
 * @module
 */

import { listSources } from "./module_graph.ts";

const MIN_SHARE = 0.6;

/** Declares something that exists when the program runs. */
const RUNS =
  /^(?:export )?(?:default )?(?:declare )?(?:async |abstract )?(?:function|class|const|let)\b/m;

/** Which files of the library have a test of their own name. */
export interface Mirror {
  /** The files that count, sorted. */
  readonly files: readonly string[];
  /** Those of them that have no namesake. */
  readonly missing: readonly string[];
  /** The share of the files that have one, from 0 to 1. */
  readonly share: number;
}

/**
 * The test that belongs to a file.
 *
 * @param path A file of lib, relative to the project's root.
 * @returns Its test's path.
 */
export function namesakeOf(path: string): string {
  return path.replace(/^lib\//, "tests/").replace(/\.ts$/, "_test.ts");
}

/**
 * Compares the library with its tests.
 *
 * @param library The library's files and their content.
 * @param tests Paths of the test files.
 * @returns Which files have a namesake. Barrels (`mod.ts`), the local forms of @std and files that
 * hold only types do not count.
 */
export function compare(
  library: ReadonlyMap<string, string>,
  tests: readonly string[],
): Mirror {
  const known = new Set(tests);
  const files = [...library.keys()].filter((path) =>
    !path.startsWith("lib/std/") && !path.endsWith("/mod.ts") && RUNS.test(library.get(path) ?? "")
  ).sort();
  const missing = files.filter((path) => !known.has(namesakeOf(path)));
  const share = files.length === 0 ? 1 : (files.length - missing.length) / files.length;
  return { files, missing, share };
}

if (import.meta.main) {
  const library = new Map<string, string>();
  for (const path of await listSources(Deno.cwd(), ["lib"])) {
    library.set(path, await Deno.readTextFile(path));
  }
  const { files, missing, share } = compare(library, await listSources(Deno.cwd(), ["tests"]));
  if (Deno.args.includes("--list")) { for (const path of missing) console.log(path); }
  const summary =
    `${files.length - missing.length} of ${files.length} files have a test of their ` +
    `own name (${(100 * share).toFixed(0)}%)`;
  if (share < MIN_SHARE) {
    console.error(`${summary}; at least ${100 * MIN_SHARE}% must. --list names the others`);
    Deno.exit(1);
  }
  console.log(summary);
}
