/**
 * `deno task crashes`: a server with queues and jobs under load, its producers and its workers, one of
 * which is killed (`kill -9`) or frozen in each round. Every program writes down what it does, and in
 * the end that is judged.
 *
 * ```sh
 * deno task crashes
 * deno task crashes --rounds 20 --seed 7
 * ```
 *
 * The exit code is 1 where a promise was broken. When somebody is struck follows from the seed; what
 * they are doing then does not.
 *
 * @module
 */

import { misuse, readArguments } from "../../arguments.ts";
import { run } from "./run.ts";

const USAGE = "Usage: deno task crashes [--rounds 200] [--seed N] [--keep]";
const QUIET_MS = 1_000;
/** The lease of a job, twice, and more. */
const SETTLE_MS = 120_000;
/** The most violations that are printed. */
const SHOWN = 20;

async function main(): Promise<number> {
  const args = readArguments(USAGE, { values: ["rounds", "seed"], flags: ["keep"] });
  const rounds = Number(args.rounds ?? 200);
  const seed = Number(args.seed ?? Date.now() % 1_000_000);
  if (!Number.isSafeInteger(rounds) || rounds < 1 || !Number.isSafeInteger(seed)) {
    return misuse(USAGE);
  }
  const directory = await Deno.makeTempDir({ prefix: "dari_crashes_" });
  const stage = { directory, records: `${directory}/records`, seed, hasJobs: true };
  await Deno.mkdir(stage.records);
  const options = { rounds, seed, quietMs: QUIET_MS, settleMs: SETTLE_MS };
  const outcome = await run(stage, { ...options, tell: (line) => console.error(line) });
  const { violations, counts, faults, again, refused, dead } = outcome;
  const count = (of: Iterable<readonly [string, number]>) =>
    [...of].map(([name, number]) => `${number} ${name}`).join(", ");
  console.log(`seed ${seed}: ${count(faults)}`);
  console.log(`written: ${count(counts)}`);
  console.log(`${again} runs again, ${refused} answers refused, ${dead} dead letters`);
  for (const { promise, what } of violations.slice(0, SHOWN)) {
    console.log(`NOT ${promise}: ${what}`);
  }
  console.log(`${violations.length} promises were broken`);
  if (args.keep || violations.length > 0) console.log(`what was written is in ${directory}`);
  else await Deno.remove(directory, { recursive: true });
  return violations.length === 0 ? 0 : 1;
}

if (import.meta.main) Deno.exit(await main());
