/**
 * `deno task bench latency`: how long calls take that are made at a given rate, beside the raw loop.
 *
 * @module
 */

import { listContestants } from "../contestants/mod.ts";
import type { LoadResult, Scenario } from "../load.ts";
import { LineProcess } from "../process.ts";
import { layOut } from "../report.ts";
import { median } from "../statistics.ts";

/** One rate. */
export interface LatencyFigure {
  /** Calls a second that were due. */
  readonly rate: number;
  /** The raw loop's median over the rounds. */
  readonly rawP99Ms: number;
  /** dari's. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** The median, over the rounds, of dari's by the raw loop's of the same round. */
  readonly ratio: number;
  /** The share of the calls that were due that dari answered in the time. */
  readonly answered: number;
}

const RATES = [20_000, 50_000];
const CONNECTIONS = 32;
/** Servers run for days: what the first seconds compile is none of this. */
const WARM_UP_SECONDS = 3;
const PATIENCE_MS = 60_000;

/**
 * Measures, raw loop and dari in turn.
 *
 * @param directory Where the certificates are.
 * @param options How many rounds, and how long each takes.
 */
export async function runLatencyBench(
  directory: string,
  { rounds, seconds }: { readonly rounds: number; readonly seconds: number },
): Promise<LatencyFigure[]> {
  const both = listContestants({ run: directory, peers: undefined })
    .filter(({ baseline }) => baseline === "raw tcp");
  const figures: LatencyFigure[] = [];
  for (const rate of RATES) {
    await using stack = new AsyncDisposableStack();
    const clients = new Map<string, LineProcess>();
    for (const { name, server: program, client: clientOf } of both) {
      const server = stack.use(new LineProcess(program));
      const client = stack.use(new LineProcess(clientOf(await server.readAddress())));
      await runAtRate(client, rate, WARM_UP_SECONDS);
      clients.set(name, client);
    }
    const results = new Map<string, LoadResult[]>(both.map(({ name }) => [name, []]));
    for (let round = 0; round < rounds; round++) {
      for (const [name, client] of clients) {
        results.get(name)?.push(await runAtRate(client, rate, seconds));
      }
    }
    figures.push(figureOf(rate, results.get("raw tcp") ?? [], results.get("dari tcp") ?? []));
  }
  return figures;
}

async function runAtRate(client: LineProcess, rate: number, seconds: number): Promise<LoadResult> {
  const connections = CONNECTIONS;
  const scenario: Scenario = { name: "at a rate", connections, inFlight: 1, work: "add", rate };
  await client.send({ scenario, seconds });
  await client.readLine(PATIENCE_MS); // "warm"
  return JSON.parse(await client.readLine(PATIENCE_MS));
}

/**
 * Sums the rounds up.
 *
 * @param rate Calls a second that were due.
 * @param raw The raw loop's rounds.
 * @param ours dari's, in the same order.
 */
export function figureOf(
  rate: number,
  raw: readonly LoadResult[],
  ours: readonly LoadResult[],
): LatencyFigure {
  const p99 = ({ p99Ms = NaN }: LoadResult) => p99Ms;
  return {
    rate,
    rawP99Ms: median(raw.map(p99)),
    p50Ms: median(ours.map(({ p50Ms = NaN }) => p50Ms)),
    p99Ms: median(ours.map(p99)),
    ratio: median(ours.map((one, round) => p99(one) / p99(raw[round] ?? one))),
    answered: median(ours.map(({ calls, seconds }) => calls / seconds / rate)),
  };
}

/** The figures as a table. */
export function describeLatency(figures: readonly LatencyFigure[]): string[] {
  const columns = [
    { title: `calls/s, ${CONNECTIONS} connections`, left: true },
    { title: "raw p99" },
    { title: "dari p99" },
    { title: "of raw" },
    { title: "dari p50" },
    { title: "answered" },
  ];
  const ms = (value: number) => `${value.toFixed(2)} ms`;
  const rows = figures.map(({ rate, rawP99Ms, p50Ms, p99Ms, ratio, answered }) => [
    String(rate),
    ms(rawP99Ms),
    ms(p99Ms),
    ratio.toFixed(2),
    ms(p50Ms),
    answered.toFixed(2),
  ]);
  return [...layOut(columns, rows), ""];
}
