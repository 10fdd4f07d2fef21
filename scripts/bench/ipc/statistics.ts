/**
 * From rounds to figures: medians, and ratios inside one round, because machines are noisy.
 *
 * @module
 */

import { median } from "../statistics.ts";
import type { Contestant, Scenario } from "./scenarios.ts";

/** One round of one contestant. */
export interface IpcSample {
  /** How much was done in a second. */
  readonly rate: number;
  /** Processor time of all its processes for each, in microseconds. */
  readonly cpuUs: number;
  /** Memory of all its processes when the round began. */
  readonly rssBytesBefore: number;
  /** Their memory at its end. */
  readonly rssBytes: number;
  /** The most that they ever held. */
  readonly peakRssBytes: number;
}

/** One contestant in one scenario, over all rounds. */
export interface IpcFigure extends IpcSample {
  /** The scenario. */
  readonly scenario: string;
  /** Whether it was one long round. */
  readonly isFlood: boolean;
  /** The contestant. */
  readonly contestant: string;
  /** How many times its rate dari's is: the median over the rounds; absent for dari itself. */
  readonly ratio: number | undefined;
  /** What the ratio is to be; absent where it is shown for comparison. */
  readonly goal: number | undefined;
}

/**
 * Sums up the rounds of a scenario.
 *
 * @param scenario The scenario, dari first.
 * @param samples The rounds of each contestant, in the same order; those that failed are absent.
 */
export function summarize(
  { name, isFlood, contestants }: Scenario,
  samples: ReadonlyMap<Contestant, readonly IpcSample[]>,
): IpcFigure[] {
  const [dari] = contestants;
  const own = samples.get(dari) ?? [];
  return contestants.flatMap((contestant) => {
    const taken = samples.get(contestant);
    if (taken === undefined) return [];
    const of = (key: keyof IpcSample) => median(taken.map((sample) => sample[key]));
    const ratios = taken.map(({ rate }, round) => (own[round]?.rate ?? NaN) / rate);
    return {
      scenario: name,
      isFlood: isFlood ?? false,
      contestant: contestant.name,
      rate: of("rate"),
      cpuUs: of("cpuUs"),
      rssBytesBefore: of("rssBytesBefore"),
      rssBytes: of("rssBytes"),
      peakRssBytes: of("peakRssBytes"),
      ratio: contestant === dari ? undefined : median(ratios),
      goal: contestant.goal,
    };
  });
}
