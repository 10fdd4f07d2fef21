/**
 * Builds the peers that are no scripts.
 *
 * @module
 */

import { PEERS, run } from "../prepare.ts";
import { requireTools, type Tool } from "./tools.ts";

/** How a peer's program is built. */
export interface Recipe {
  /** What it needs of the machine. */
  readonly tools: readonly Tool[];
  /** Its sources, below `peers/`. */
  readonly sources: readonly string[];
  /** Beside the benchmark's own environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** The commands, which find the sources in the directory that they run in. */
  readonly steps: readonly (readonly [command: string, ...args: string[]])[];
  /** The file that they make. */
  readonly target: string;
}

/**
 * Builds a program, where it is missing or older than its sources.
 *
 * @param recipe How.
 * @param directory Where the program goes; kept from run to run.
 * @throws {MissingToolError} Where a tool is missing.
 * @throws {Error} Where a command fails, with what it printed.
 */
export async function build(recipe: Recipe, directory: string): Promise<void> {
  await requireTools(recipe.tools);
  const target = `${directory}/${recipe.target}`;
  if (await isFresh(target, recipe.sources)) return;
  await Deno.mkdir(directory, { recursive: true });
  const place = await Deno.makeTempDir({ dir: directory, prefix: "build_" });
  try {
    for (const source of recipe.sources) {
      const name = source.slice(source.lastIndexOf("/") + 1);
      await Deno.copyFile(new URL(source, PEERS), `${place}/${name}`);
    }
    for (const [command, ...args] of recipe.steps) await run(command, args, place, recipe.env);
    // Another run may start the old program at this moment; it never sees half of the new one.
    await Deno.rename(`${place}/${recipe.target}`, target);
  } finally {
    await Deno.remove(place, { recursive: true });
  }
}

async function isFresh(target: string, sources: readonly string[]): Promise<boolean> {
  try {
    const built = (await Deno.stat(target)).mtime ?? new Date(0);
    const changes = await Promise.all(sources.map((source) => Deno.stat(new URL(source, PEERS))));
    return changes.every(({ mtime }) => mtime !== null && mtime <= built);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
