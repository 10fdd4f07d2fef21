/**
 * `deno task bench rpc`: dari beside the raw loop on the same transport, and beside its peers.
 *
 * @module
 */

import { choose } from "./choose.ts";
import { BEFORE, type Contestant, listContestants, type Places } from "./contestants/mod.ts";
import { LineProcess, runRound, type Sample } from "./process.ts";
import { formatMiB, formatMicroseconds, formatRange, formatRate, layOut } from "./report.ts";
import { scenarios } from "./scenarios.ts";
import { compare, type Comparison, type Figure, summarize } from "./statistics.ts";

/** What `runRpcBench` found. */
export interface RpcFigures {
  /** Every contestant in every scenario. */
  readonly figures: readonly Figure[];
  /** This checkout beside the other one, where one was given. */
  readonly comparisons: readonly Comparison[];
}

/** How much to measure. */
export interface RpcBenchOptions {
  /** Rounds of each contestant and scenario. */
  readonly rounds: number;
  /** The length of a round. */
  readonly seconds: number;
  /** Names of contestants or scenarios, or parts of them; empty takes all. */
  readonly only: readonly string[];
}

/** A contestant whose processes run. */
interface Running {
  readonly contestant: Contestant;
  readonly server: LineProcess;
  readonly client: LineProcess;
  /** Its rounds, by scenario. */
  readonly samples: Map<string, Sample[]>;
  /** Whether it takes no further part. */
  hasFailed: boolean;
}

function chooseContestants(all: readonly Contestant[], only: readonly string[]): Contestant[] {
  const chosen = choose(all, only);
  // A ratio needs its baseline in the same rounds.
  return all.filter((one) =>
    chosen.includes(one) || chosen.some(({ baseline }) => baseline === one.name)
  );
}

/** Prepares a contestant, and starts its processes. */
async function start(contestant: Contestant, stack: AsyncDisposableStack): Promise<Running> {
  await contestant.prepare?.();
  const server = stack.use(new LineProcess(contestant.server));
  const client = stack.use(new LineProcess(contestant.client(await server.readAddress())));
  return { contestant, server, client, samples: new Map(), hasFailed: false };
}

/**
 * Measures. The rounds of all contestants are interleaved, so that a busy moment of the machine
 * falls on all of them.
 *
 * @param places Where the certificate and the peers are.
 * @param options How much to measure.
 * @param report Takes a line for each scenario that is done.
 * @returns A figure for each contestant and scenario, and how the two checkouts compare.
 */
export async function runRpcBench(
  places: Places,
  { rounds, seconds, only }: RpcBenchOptions,
  report: (line: string) => void,
): Promise<RpcFigures> {
  await using stack = new AsyncDisposableStack();
  const running: Running[] = [];
  for (const contestant of chooseContestants(listContestants(places), only)) {
    try {
      running.push(await start(contestant, stack));
    } catch (cause) {
      if (!contestant.isPeer) throw cause;
      report(`${contestant.name} is skipped: ${cause instanceof Error ? cause.message : cause}`);
    }
  }
  for (const scenario of choose(scenarios, only)) {
    for (let round = 0; round < rounds; round++) {
      for (const one of running) {
        if (one.hasFailed) continue;
        if (scenario.work === "bytes" && !one.contestant.carriesBytes) continue;
        try {
          const sample = await runRound(one.server, one.client, scenario, seconds);
          const taken = one.samples.get(scenario.name);
          if (taken) taken.push(sample);
          else one.samples.set(scenario.name, [sample]);
        } catch (cause) {
          const message = `${one.contestant.name} failed at "${scenario.name}": ${cause}`;
          if (!one.contestant.isPeer) throw new Error(message, { cause });
          // A peer's trouble is not ours: it takes no further part, and its row is missing.
          report(message);
          one.samples.delete(scenario.name);
          one.hasFailed = true;
        }
      }
    }
    report(`${scenario.name}: ${rounds} rounds of ${seconds} s done`);
  }
  const figures = running.flatMap(({ contestant: { name, baseline }, samples }) => {
    const limit = running.find((one) => one.contestant.name === baseline);
    return [...samples].map(([scenario, taken]) =>
      summarize(name, scenario, taken, limit?.samples.get(scenario))
    );
  });
  return { figures, comparisons: running.flatMap((one) => comparisonsOf(one, running)) };
}

/** A contestant of this checkout beside its namesake of the other one. */
function comparisonsOf({ contestant, samples }: Running, all: readonly Running[]): Comparison[] {
  const namesake = contestant.name.replace(/^dari /, `${BEFORE} `);
  const other = all.find((one) => one.contestant.name === namesake);
  if (other === undefined || namesake === contestant.name) return [];
  return [...samples].map(([scenario, taken]) =>
    compare(contestant.name, scenario, taken, other.samples.get(scenario) ?? [])
  );
}

/** The table of the comparisons: rate and processor time by the other checkout's. */
export function describeComparisons(comparisons: readonly Comparison[]): string[] {
  if (comparisons.length === 0) return [];
  const rows = comparisons.map(({ scenario, contestant, rate, cpu, pairs }) => [
    scenario,
    contestant,
    rate.toFixed(3),
    cpu.toFixed(3),
    String(pairs),
  ]);
  const columns = [
    { title: "beside the other checkout", left: true },
    { title: "", left: true },
    { title: "rate" },
    { title: "CPU a call" },
    { title: "pairs" },
  ];
  return layOut(columns, rows);
}

/**
 * The table of the figures: one block a scenario, medians with the least and the most of the rounds
 * behind them, a `<` where dari misses its goal.
 */
export function describeFigures(figures: readonly Figure[]): string[] {
  return scenarios.flatMap(({ name, goal }) => {
    const group = figures.filter(({ scenario }) => scenario === name);
    const isTimed = group.some(({ p99Us }) => !Number.isNaN(p99Us));
    const rows = group.map((figure) => {
      const missed = figure.contestant.startsWith("dari") && (figure.ratio ?? 1) < goal;
      return [
        figure.contestant,
        formatRate(figure.rate),
        formatRange(figure.rates, formatRate),
        figure.ratio === undefined ? "-" : figure.ratio.toFixed(2),
        formatRange(figure.ratios, (ratio) => ratio.toFixed(2)),
        missed ? `< ${goal.toFixed(2)}` : "",
        figure.serverCpuUs.toFixed(1),
        figure.clientCpuUs.toFixed(1),
        ...(isTimed ? [formatMicroseconds(figure.p50Us), formatMicroseconds(figure.p99Us)] : []),
        formatMiB(figure.serverRssBytes),
        formatMiB(figure.clientRssBytes),
      ];
    });
    const columns = [
      { title: name, left: true },
      { title: "calls/s" },
      { title: "rounds" },
      { title: "of raw" },
      { title: "rounds" },
      { title: "", left: true },
      { title: "server µs/call" },
      { title: "client µs/call" },
      ...(isTimed ? [{ title: "p50 µs" }, { title: "p99 µs" }] : []),
      { title: "server RSS" },
      { title: "client RSS" },
    ];
    return rows.length === 0 ? [] : [...layOut(columns, rows), ""];
  });
}
