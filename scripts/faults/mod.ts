/**
 * `deno task faults`: three servers under a steady load, one of which fails in a different way in each
 * round, beside gRPC for Node. Linux only.
 *
 * ```sh
 * deno task faults
 * deno task faults --only dari --fault frozen --fault "cut off" --rate 500 --seconds 5
 * ```
 *
 * The exit code is 1 where dari loses a call that may run twice, runs another one twice, takes longer
 * than {@linkcode GOALS} says, or has a caller see an error of a rolling restart.
 *
 * @module
 */

import { misuse, readArguments } from "../arguments.ts";
import { installPeers, peersDirectory } from "../bench/prepare.ts";
import { LineProcess } from "../bench/process.ts";
import { layOut } from "../bench/report.ts";
import { Cable } from "./cable.ts";
import { dari, type FaultContestant, grpcJs } from "./contestants.ts";
import type { Verdict } from "./judge.ts";
import type { LoadRecord, RunningLoad } from "./load.ts";
import { addressesOf, type RoundTimes, runRound, startScene } from "./round.ts";
import { type Scenario, scenarios } from "./scenarios.ts";
import { columns, rowOf, shortfalls } from "./table.ts";

const USAGE =
  `Usage: deno task faults [--only dari|grpc-js] [--fault NAME]... [--rate N] [--seconds N]
  [--json]
Faults: ${scenarios.map(({ name }) => name).join(", ")}`;
const PATIENCE_MS = 60_000;

/** Has a process carry a load. */
async function beginLoad(client: LineProcess, rate: number): Promise<RunningLoad> {
  await client.send(rate);
  const begunAt: number = JSON.parse(await client.readLine(PATIENCE_MS));
  return {
    begunAt,
    async stop(): Promise<LoadRecord> {
      await client.send("stop");
      return JSON.parse(await client.readLine(PATIENCE_MS));
    },
  };
}

async function run(
  contestant: FaultContestant,
  scenario: Scenario,
  rate: number,
  times: RoundTimes,
): Promise<Verdict | undefined> {
  await using cable = scenario.needsCable ? await Cable.lay() : undefined;
  if (scenario.needsCable && cable === undefined) return undefined;
  const directory = await Deno.makeTempDir({ prefix: "dari_faults_" });
  try {
    await using scene = await startScene(contestant.servers, directory, cable);
    await using client = new LineProcess(contestant.client(addressesOf(scene)));
    await client.readLine(PATIENCE_MS); // "connected"
    return await runRound(scene, () => beginLoad(client, rate), scenario, times);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

async function main(): Promise<number> {
  const args = readArguments(USAGE, {
    values: ["only", "rate", "seconds"],
    lists: ["fault"],
    flags: ["json"],
  });
  const rate = Number(args.rate ?? 2_000), seconds = Number(args.seconds ?? 8);
  const faults = args.fault;
  const chosen = scenarios.filter(({ name }) => faults.length === 0 || faults.includes(name));
  if (!(rate > 0 && seconds > 0) || chosen.length < faults.length) {
    return misuse(USAGE);
  }
  const contestants = [dari];
  if (args.only !== "dari") {
    await installPeers(peersDirectory());
    contestants.push(grpcJs(peersDirectory()));
  }
  const times = { quietMs: 2_000, faultMs: seconds * 1_000, afterMs: 2_000 };
  const rows: string[][] = [], wrong: string[] = [], figures: unknown[] = [];
  for (const scenario of chosen) {
    for (const contestant of contestants) {
      if (args.only !== undefined && args.only !== contestant.name) continue;
      const verdict = await run(contestant, scenario, rate, times);
      if (verdict === undefined) {
        console.error(`${scenario.name} is left out: it takes a user who may make networks`);
        continue;
      }
      rows.push(rowOf(scenario, contestant, verdict));
      figures.push({ fault: scenario.name, contestant: contestant.name, ...verdict });
      console.error(rows.at(-1)?.join("  "));
      if (contestant === dari) wrong.push(...shortfalls(scenario, verdict));
    }
  }
  if (args.json) console.log(JSON.stringify(figures));
  else for (const line of layOut(columns, rows)) console.log(line);
  for (const line of wrong) console.error(line);
  return wrong.length === 0 ? 0 : 1;
}

if (import.meta.main) Deno.exit(await main());
