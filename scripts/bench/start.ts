/**
 * `deno task bench start`: how long `dari --version` takes beside an empty file.
 *
 * @module
 */

import { layOut } from "./report.ts";
import { median } from "./statistics.ts";

/** Median times, in milliseconds. */
export interface StartFigures {
  /** `deno run` of an empty file. */
  readonly emptyMs: number;
  /** `deno run cli.ts --version`. */
  readonly versionMs: number;
  /** The second by the first; the goal is 2 at most. */
  readonly ratio: number;
}

const CLI = new URL("../../cli.ts", import.meta.url).pathname;

async function time(args: string[]): Promise<number> {
  const start = performance.now();
  const { success } = await new Deno.Command(Deno.execPath(), { args, stdin: "null" }).output();
  if (!success) throw new Error(`deno ${args.join(" ")} failed`);
  return performance.now() - start;
}

/** Measures, the two in turn. */
export async function runStartBench(rounds: number): Promise<StartFigures> {
  const empty = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    const permissions = ["--allow-read", "--allow-env=DARI_DATA,NO_COLOR"];
    const runs = { empty: [] as number[], version: [] as number[] };
    for (let round = 0; round <= rounds; round++) {
      const emptyMs = await time(["run", empty]);
      const versionMs = await time(["run", ...permissions, CLI, "--version"]);
      if (round === 0) continue; // fills the caches
      runs.empty.push(emptyMs);
      runs.version.push(versionMs);
    }
    const [emptyMs, versionMs] = [median(runs.empty), median(runs.version)];
    return { emptyMs, versionMs, ratio: versionMs / emptyMs };
  } finally {
    await Deno.remove(empty);
  }
}

/** The figures as a table. */
export function describeStart({ emptyMs, versionMs, ratio }: StartFigures): string[] {
  return layOut([{ title: "start-up", left: true }, { title: "ms" }, { title: "ratio" }], [
    ["an empty file", emptyMs.toFixed(1), "1.00"],
    ["dari --version", versionMs.toFixed(1), ratio.toFixed(2)],
  ]);
}
