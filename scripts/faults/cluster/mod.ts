/**
 * `deno task outages`: a cluster of three NATS servers and three of dari, each pair on a machine of its
 * own, under a load of clients, while its parts are killed, cut off and slowed. What clients were told
 * is judged in the end. Linux only, for users who may make networks.
 *
 * ```sh
 * deno task outages
 * deno task outages --times 1 --only "node cut off" --seed 7
 * ```
 *
 * Ctrl-C ends it behind the round that runs. The exit code is 1 where a promise was broken. What is
 * hit follows from the seed; what it is doing then does not.
 *
 * @module
 */

import { misuse, readArguments } from "../../arguments.ts";
import { layOut } from "../../bench/report.ts";
import { Random } from "../../sim/time/random.ts";
import { Cluster } from "./cluster.ts";
import { clusterFaults } from "./faults.ts";
import { type RoundResult, runRound } from "./round.ts";
import { columns, rowsOf } from "./table.ts";
import { Clients } from "./work/clients.ts";

const USAGE = `Usage: deno task outages [--times 10] [--only FAULT]... [--seed N] [--keep] [--json]
Faults: ${clusterFaults.map(({ name }) => name).join(", ")}`;
/** The most broken promises that are printed of a round, and the most letters of each. */
const SHOWN = 5, SHOWN_LETTERS = 2_000, REASON_LETTERS = 150;

async function main(): Promise<number> {
  const args = readArguments(USAGE, {
    values: ["times", "seed"],
    lists: ["only"],
    flags: ["keep", "json"],
  });
  const times = Number(args.times ?? 10), seed = Number(args.seed ?? Date.now() % 1_000_000);
  const { only } = args;
  const chosen = clusterFaults.filter(({ name }) => only.length === 0 || only.includes(name));
  const isValid = Number.isSafeInteger(times) && times > 0 && Number.isSafeInteger(seed) &&
    chosen.length >= only.length;
  if (!isValid) {
    return misuse(USAGE);
  }
  console.error(`seed ${seed}`);
  const directory = await Deno.makeTempDir({ prefix: "dari_outages_" });
  const results = await runAll(directory, chosen, times, seed);
  if (results === undefined) {
    console.error("nothing was run: it takes a user who may make networks (ip netns)");
    return 0;
  }
  if (args.json) console.log(JSON.stringify({ seed, results }));
  else for (const line of layOut(columns, rowsOf(results))) console.log(line);
  const broken = results.flatMap((result) => result.broken);
  console.error(`${broken.length} promises were broken`);
  if (args.keep || broken.length > 0) console.error(`logs and stores are in ${directory}`);
  else await Deno.remove(directory, { recursive: true });
  return broken.length === 0 ? 0 : 1;
}

/** Runs each fault so many times; a cluster that did not recover ends it. */
async function runAll(
  directory: string,
  chosen: typeof clusterFaults,
  times: number,
  seed: number,
): Promise<RoundResult[] | undefined> {
  await using cluster = await Cluster.start(directory);
  if (cluster === undefined) return undefined;
  await using clients = await Clients.open(cluster, new Random(seed, "clients"));
  const results: RoundResult[] = [];
  let isStopped = false;
  Deno.addSignalListener("SIGINT", () => void (isStopped = true));
  for (let round = 0; round < times; round++) {
    for (const fault of chosen) {
      if (isStopped) return results;
      const refusal = fault.refusal?.(cluster);
      if (refusal !== undefined) {
        if (round === 0) console.error(`${fault.name} is left out: ${refusal}`);
        continue;
      }
      const result = await runRound(cluster, clients, fault, seed + round);
      results.push(result);
      tell(result, round);
      if (!result.isWell) return results;
    }
  }
  return results;
}

function tell(result: RoundResult, round: number): void {
  const { fault, othersMs, backMs, revokedMs, answers, failures, broken } = result;
  const failed = Object.values(failures).reduce((sum, count) => sum + count, 0);
  const ms = (value: number) => `${Math.round(value)} ms`;
  console.error(
    `${round + 1} ${fault}: others ${ms(othersMs)}, back ${ms(backMs)}, revoked ${
      ms(revokedMs)
    }, ` +
      `${failed} of ${answers} failed, ${broken.length} broken`,
  );
  const reasons = Object.entries(failures).sort(([, one], [, other]) => other - one);
  for (const [reason, count] of reasons.slice(0, SHOWN)) {
    console.error(`  ${count} ${reason.slice(0, REASON_LETTERS)}`);
  }
  for (const { promise, what } of broken.slice(0, SHOWN)) {
    console.error(`  NOT ${promise}: ${what.slice(0, SHOWN_LETTERS)}`);
  }
}

if (import.meta.main) Deno.exit(await main());
