/**
 * `deno task sim`: clients, servers, a disk and a network in one process under one clock that follows
 * from a seed, and what must hold whatever goes wrong.
 *
 * ```sh
 * deno task sim --seed 42                  # one run of 200 steps
 * deno task sim --seed 42 --steps 40       # a shorter one
 * deno task sim --seed 1 --seeds 2000      # many
 * deno task sim --seconds 60 --jobs 2      # as many fresh ones as there is time for
 * deno task sim --seed 42 --trace          # and what happened, line by line
 * deno task sim --planted                  # mistakes in the code, and the seed that finds each
 * deno task sim --cluster --seed 42        # servers that share a store, in place of clients and servers
 * deno task sim --cluster --servers 100    # so many of them; by default the seed says
 * ```
 *
 * A run that breaks a promise is run again with ever fewer steps and faults; the command that is
 * printed replays what is left. The same seed and the same code give the same run to the byte, which
 * the hash of its trace shows. The exit code is 1 where a promise was broken, and with `--planted`
 * where a mistake was not found.
 *
 * @module
 */

import { misuse, readArguments } from "./arguments.ts";
import { clusterPlanOf } from "./sim/cluster/plan.ts";
import { runClusterPlan } from "./sim/cluster/run.ts";
import type { Outcome } from "./sim/outcome.ts";
import { clusterMistakes } from "./sim/planted/cluster_mistakes.ts";
import { findPlanted } from "./sim/planted/find.ts";
import { runPlan } from "./sim/run.ts";
import { replayArguments, shrink, type Shrinkable } from "./sim/shrink.ts";
import { planOf } from "./sim/work/plan.ts";

const USAGE = "Usage: deno task sim [--seed N] [--steps 200] [--seeds COUNT | --seconds S] " +
  "[--jobs 1] [--cluster] [--servers N] [--only-steps 1,2] [--only-faults 1] [--trace] " +
  "[--no-shrink] [--planted]";
/** How far apart the seeds of two processes begin. */
const SEEDS_APART = 1_000_000;
/** Mistakes are found as well, and sooner, with a few servers. */
const SMALL_CLUSTER = ["--cluster", "--servers", "5"];

const args = readArguments(USAGE, {
  values: ["seed", "steps", "seeds", "seconds", "jobs", "servers", "only-steps", "only-faults"],
  flags: ["trace", "planted", "no-shrink", "cluster"],
});
const [steps, jobs] = [Number(args.steps ?? 200), Number(args.jobs ?? 1)];
const seconds = args.seconds === undefined ? undefined : Number(args.seconds);
const seeds = args.seeds === undefined
  ? seconds === undefined ? 1 : Number.MAX_SAFE_INTEGER
  : Number(args.seeds);
const servers = args.servers === undefined ? undefined : Number(args.servers);
const seed = args.seed === undefined ? freshSeed() : Number(args.seed);

/** Another one each second, and short enough to be typed. */
function freshSeed(): number {
  return Math.floor(Date.now() / 1_000) % 10_000_000 * 1_000;
}

function isUsed(): boolean {
  const counts = [steps, seeds, jobs, seconds ?? 1, servers ?? 1];
  return counts.every((count) => Number.isSafeInteger(count) && count > 0) &&
    Number.isSafeInteger(seed);
}

/** What is simulated. */
interface World<P extends Shrinkable> {
  /** Makes the plan of a seed. */
  planOf(seed: number): P;
  /** Runs a plan. */
  run(plan: P, options?: { readonly keepsTrace?: boolean }): Promise<Outcome>;
  /** What chooses it among the arguments. */
  readonly arguments: string;
}

const clients = {
  planOf: (seed: number) => planOf(seed, steps),
  run: runPlan,
  arguments: "",
};

const cluster = {
  planOf: (seed: number) => clusterPlanOf(seed, steps, servers),
  run: runClusterPlan,
  arguments: `--cluster ${servers === undefined ? "" : `--servers ${servers} `}`,
};

/** The plan of a seed, as far as it was asked for. */
function asked<P extends Shrinkable>(plan: P): P {
  const only = <T extends { readonly id: number }>(items: readonly T[], ids?: string) =>
    ids === undefined ? items : items.filter(({ id }) => ids.split(",").includes(String(id)));
  return {
    ...plan,
    steps: only(plan.steps, args["only-steps"]),
    faults: only(plan.faults, args["only-faults"]),
  };
}

/** Runs one seed; says whether every promise held. */
async function holds<P extends Shrinkable>(world: World<P>, seed: number): Promise<boolean> {
  const plan = asked(world.planOf(seed));
  const outcome = await world.run(plan, { keepsTrace: args.trace === true });
  const { violations: [violation, ...others], hash, lines } = outcome;
  const again = (plan: P) => `deno task sim ${world.arguments}${replayArguments(plan, steps)}`;
  if (args.trace) console.log(lines.join("").trimEnd());
  if (seeds === 1) {
    const parts = `${plan.steps.length} steps, ${plan.faults.length} faults`;
    console.log(`seed ${seed}: ${parts}, trace ${hash}`);
  }
  if (violation === undefined) return true;
  console.log(`\nBROKEN in seed ${seed}: ${violation.promise}\n  ${violation.what}`);
  for (const { what } of others.slice(0, 4)) console.log(`  ${what}`);
  console.log(`  again: ${again(plan)}`);
  if (args["no-shrink"]) return false;
  const small = await shrink(plan, violation, world.run);
  const { violations } = await world.run(small);
  console.log(`  with ${small.steps.length} steps and ${small.faults.length} faults:`);
  console.log(`  ${violations[0]?.what ?? violation.what}`);
  console.log(`  ${again(small)} --trace`);
  return false;
}

/** Runs seeds until one breaks a promise, or there is no more time. */
async function sweep(): Promise<boolean> {
  const start = performance.now();
  const endsAt = start + (seconds ?? Infinity) * 1_000;
  let count = 0;
  for (; count < seeds && performance.now() < endsAt; count++) {
    const held = args.cluster
      ? await holds(cluster, seed + count)
      : await holds(clients, seed + count);
    if (!held) return false;
  }
  if (seeds === 1) return true;
  const rate = count / (performance.now() - start) * 1_000;
  const what = `${count} runs of ${steps} steps, seeds ${seed} to ${seed + count - 1}`;
  console.log(`Every promise held in ${what} (${rate.toFixed(0)} a second)`);
  return true;
}

/** The same in several processes, each with seeds of its own. */
async function sweepInProcesses(): Promise<boolean> {
  const amount = seconds === undefined ? ["--seeds", `${seeds}`] : ["--seconds", `${seconds}`];
  const ended = await Promise.all(
    Array.from({ length: jobs }, (_, job) =>
      new Deno.Command(Deno.execPath(), {
        args: [
          ...["run", "--quiet", "--no-check", "--allow-read", "scripts/sim.ts", ...amount],
          ...["--steps", `${steps}`, "--seed", `${seed + job * SEEDS_APART}`],
          ...(args.cluster ? cluster.arguments.trim().split(" ") : []),
        ],
        stdin: "null",
      }).spawn().status),
  );
  return ended.every(({ success }) => success);
}

function main(): Promise<boolean> {
  if (args.planted && args.cluster) return findPlanted(clusterMistakes, { world: SMALL_CLUSTER });
  if (args.planted) return findPlanted();
  return jobs > 1 ? sweepInProcesses() : sweep();
}

if (import.meta.main) {
  if (!isUsed()) Deno.exit(misuse(USAGE));
  Deno.exit(await main() ? 0 : 1);
}
