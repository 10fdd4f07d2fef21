/**
 * Mistakes that are planted in a copy of the code, to see that the simulation finds them.
 *
 * @module
 */

import { listSources } from "../../module_graph.ts";
import { type Mistake, mistakes } from "./mistakes.ts";

/** How many seeds a mistake may take to be found. */
const MAX_SEEDS = 2_000;
const SEEDS = ["--seed", "1", "--seeds", String(MAX_SEEDS)];
/** What the simulation is made of, beside `lib`. */
const FILES = [
  "scripts/arguments.ts",
  "deno.json",
  "deno.lock",
  "scripts/sim.ts",
  "scripts/module_graph.ts",
];

/** What looking for mistakes may be asked for. */
export interface FindOptions {
  /** Takes each line of the report. @default {console.log} */
  readonly tell?: (line: string) => void;
  /** What chooses the simulation. @default {that of clients and servers} */
  readonly world?: readonly string[];
  /** Gives, of what the simulation printed, the arguments to run it by once more. */
  readonly replay?: (output: string) => string[];
}

/**
 * Plants each mistake, and runs seeds until one breaks a promise.
 *
 * @param planted The mistakes.
 * @param options What is wanted.
 * @returns Whether each was found.
 */
export async function findPlanted(
  planted: readonly Mistake[] = mistakes,
  options: FindOptions = {},
): Promise<boolean> {
  const { tell = console.log, world = [], replay } = options;
  const directory = await Deno.makeTempDir({ prefix: "dari-sim-" });
  let missed = 0;
  try {
    await copy(directory);
    for (const mistake of planted) {
      const path = `${directory}/${mistake.path}`;
      const text = await Deno.readTextFile(path);
      await Deno.writeTextFile(path, plant(text, mistake));
      const shrinks = replay === undefined ? ["--no-shrink"] : [];
      const output = await simulate(directory, [...world, ...SEEDS, ...shrinks]);
      const how = verdict(output);
      if (how === undefined) missed++;
      tell(`${how === undefined ? "MISSED" : "found "} ${mistake.name}`);
      tell(`       ${how ?? `in none of ${MAX_SEEDS} seeds`}`);
      if (replay !== undefined) {
        tell(`       again: ${verdict(await simulate(directory, replay(output)))}`);
      }
      await Deno.writeTextFile(path, text);
    }
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
  tell(`${planted.length - missed} of ${planted.length} planted mistakes were found`);
  return missed === 0;
}

/** Runs the copy; gives what it printed. */
async function simulate(directory: string, args: readonly string[]): Promise<string> {
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-check", "--no-lock", "--cached-only", "--allow-read"],
      ...["scripts/sim.ts", ...args],
    ],
    cwd: directory,
    env: { NO_COLOR: "1" },
  }).output();
  return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
}

/** Which seed broke which promise; `undefined` where every promise held. */
function verdict(output: string): string | undefined {
  if (/^Every promise held/m.test(output)) return undefined;
  const [, seed, promise] = /^BROKEN in seed (\d+): (.*)$/m.exec(output) ?? [];
  if (seed === undefined) throw new Error(`The simulation did not run:\n${output.slice(-2_000)}`);
  return `by seed ${seed}: not true that ${promise}`;
}

/**
 * Plants a mistake in a text.
 *
 * @param text The content of its file.
 * @param mistake The mistake.
 * @returns The text with it.
 * @throws {Error} Where the place is not there, or not the only one.
 */
export function plant(text: string, { name, right, wrong }: Mistake): string {
  const parts = text.split(right);
  if (parts.length !== 2) throw new Error(`${parts.length - 1} places for: ${name}`);
  return parts.join(wrong);
}

async function copy(directory: string): Promise<void> {
  const sources = await listSources(Deno.cwd(), ["lib", "scripts/sim"]);
  for (const path of [...FILES, ...sources, ...await manifests()]) {
    await Deno.mkdir(`${directory}/${path.slice(0, path.lastIndexOf("/") + 1)}`, {
      recursive: true,
    });
    await Deno.copyFile(path, `${directory}/${path}`);
  }
}

/** The local forms of the @std packages, which deno.json links. */
async function manifests(): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir("lib/std")) {
    if (isDirectory) found.push(`lib/std/${name}/deno.json`);
  }
  return found;
}
