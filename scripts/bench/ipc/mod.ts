/**
 * `deno task bench ipc`: pipe, queue, shared memory and pool beside Python's multiprocessing, raw
 * postMessage, comlink and piscina. Every contestant is a process of its own.
 *
 * @module
 */

import { choose } from "../choose.ts";
import { ContestantProcess } from "./contestant_process.ts";
import { type Contestant, listScenarios, type Scenario } from "./scenarios.ts";
import type { RoundOrder } from "./round.ts";
import { type IpcFigure, type IpcSample, summarize } from "./statistics.ts";

export { describeIpc } from "./report.ts";

/** How much to measure. */
export interface IpcBenchOptions {
  /** Rounds of each contestant. */
  readonly rounds: number;
  /** The length of a round. */
  readonly seconds: number;
  /** The length of a flood, of which there is one. */
  readonly floodSeconds: number;
  /** Names of scenarios, or parts of them; empty takes all. */
  readonly only: readonly string[];
}

const WARM_UP_SECONDS = 0.3;

/**
 * Measures.
 *
 * @param peers The directory with the installed peers, where they are wanted.
 * @param options How much to measure.
 * @param report Takes a line for each scenario that is done.
 * @returns A figure for each contestant and scenario.
 */
export async function runIpcBench(
  peers: string | undefined,
  { rounds, seconds, floodSeconds, only }: IpcBenchOptions,
  report: (line: string) => void,
): Promise<IpcFigure[]> {
  const figures: IpcFigure[] = [];
  for (const scenario of choose(listScenarios(peers), only)) {
    const samples = scenario.isFlood
      ? await runRounds(scenario, 1, { warmUpSeconds: 0, seconds: floodSeconds }, report)
      : await runRounds(scenario, rounds, { warmUpSeconds: WARM_UP_SECONDS, seconds }, report);
    figures.push(...summarize(scenario, samples));
    report(`${scenario.name}: done`);
  }
  return figures;
}

/** The rounds of all contestants by turns, so that a busy moment of the machine falls on all. */
async function runRounds(
  { contestants }: Scenario,
  rounds: number,
  order: RoundOrder,
  report: (line: string) => void,
): Promise<Map<Contestant, IpcSample[]>> {
  await using stack = new AsyncDisposableStack();
  const processes = new Map(contestants.map((contestant) => [
    contestant,
    stack.use(new ContestantProcess(contestant.program)),
  ]));
  const samples = new Map<Contestant, IpcSample[]>(contestants.map((one) => [one, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [contestant, taken] of samples) {
      try {
        taken.push(await processes.get(contestant)!.runRound(order));
      } catch (cause) {
        const message = `${contestant.name} failed: ${cause}`;
        if (contestant === contestants[0]) throw new Error(message, { cause });
        // A peer's trouble is not ours: it takes no further part, and its row is missing.
        report(message);
        samples.delete(contestant);
      }
    }
  }
  return samples;
}
