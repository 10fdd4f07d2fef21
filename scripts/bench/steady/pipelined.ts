/**
 * `deno task bench pipelined`: the memory of both ends while 30 million calls go over one connection.
 *
 * @module
 */

import { delay } from "../../../lib/base/abort.ts";
import { listContestants } from "../contestants/mod.ts";
import type { LoadResult, Scenario } from "../load.ts";
import { LineProcess } from "../process.ts";
import { formatMiB, formatRate, layOut } from "../report.ts";

/** What both ends held. */
export interface PipelinedFigure {
  readonly calls: number;
  readonly rate: number;
  readonly server: Growth;
  readonly client: Growth;
}

/** The memory of one end. */
export interface Growth {
  /** The most in the second tenth of the time: the first one warms up. */
  readonly earlyBytes: number;
  /** The most in the last tenth. */
  readonly lateBytes: number;
}

const IN_FLIGHT = 1_000;
const TRIED_SECONDS = 2;
const SAMPLES = 50;
const SPARE = 1.1;

/**
 * Measures.
 *
 * @param directory Where the certificates are.
 * @param calls How many.
 */
export async function runPipelinedBench(
  directory: string,
  calls: number,
): Promise<PipelinedFigure> {
  const dari = listContestants({ run: directory, peers: undefined })
    .find(({ name }) => name === "dari tcp");
  if (dari === undefined) throw new Error("there is no contestant for dari over tcp");
  await using server = new LineProcess(dari.server);
  await using client = new LineProcess(dari.client(await server.readAddress()));
  const tried = await run(client, TRIED_SECONDS);
  const seconds = calls / (tried.calls / tried.seconds) * SPARE;
  const running = run(client, seconds);
  const held = { server: [] as number[], client: [] as number[] };
  for (let sample = 0; sample < SAMPLES; sample++) {
    await delay(seconds * 1_000 / (SAMPLES + 1));
    held.server.push((await server.usage()).rssBytes);
    held.client.push((await client.usage()).rssBytes);
  }
  const result = await running;
  return {
    calls: result.calls,
    rate: result.calls / result.seconds,
    server: growthOf(held.server),
    client: growthOf(held.client),
  };
}

async function run(client: LineProcess, seconds: number): Promise<LoadResult> {
  const scenario: Scenario = {
    name: "pipelined",
    connections: 1,
    inFlight: IN_FLIGHT,
    work: "add",
  };
  const patienceMs = (seconds + 30) * 1_000;
  await client.send({ scenario, seconds });
  await client.readLine(patienceMs); // "warm"
  return JSON.parse(await client.readLine(patienceMs));
}

/**
 * Compares the beginning with the end.
 *
 * @param samples What was held, at equal distances.
 */
export function growthOf(samples: readonly number[]): Growth {
  const tenth = Math.ceil(samples.length / 10);
  return {
    earlyBytes: Math.max(...samples.slice(tenth, 2 * tenth)),
    lateBytes: Math.max(...samples.slice(-tenth)),
  };
}

/** The figure as a table. */
export function describePipelined({ calls, rate, server, client }: PipelinedFigure): string[] {
  const columns = [
    { title: `${formatRate(calls)} calls, ${IN_FLIGHT} in flight`, left: true },
    { title: "calls/s" },
    { title: "early" },
    { title: "late" },
  ];
  const rows = Object.entries({ server, client }).map(([name, { earlyBytes, lateBytes }]) => [
    name,
    formatRate(rate),
    formatMiB(earlyBytes),
    formatMiB(lateBytes),
  ]);
  return [...layOut(columns, rows), ""];
}
