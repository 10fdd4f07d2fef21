/**
 * From samples to figures: medians, and ratios inside one run, because machines are noisy.
 *
 * @module
 */

import type { Sample } from "./process.ts";

/** One contestant in one scenario, over all rounds. */
export interface Figure extends Sample {
  /** The contestant. */
  readonly contestant: string;
  /** The scenario. */
  readonly scenario: string;
  /** The median, over the rounds, of its rate by the baseline's of the same round. */
  readonly ratio: number | undefined;
}

/** The middle value; the mean of the middle two of an even number; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}

/**
 * Sums up the rounds.
 *
 * @param contestant The contestant's name.
 * @param scenario The scenario's name.
 * @param samples Its rounds.
 * @param baseline The baseline's rounds, in the same order; absent where there is none.
 */
export function summarize(
  contestant: string,
  scenario: string,
  samples: readonly Sample[],
  baseline: readonly Sample[] | undefined,
): Figure {
  const of = (key: keyof Sample) => median(samples.map((sample) => sample[key]));
  const ratios = samples.flatMap(({ rate }, round) => {
    const limit = baseline?.[round];
    return limit === undefined ? [] : [rate / limit.rate];
  });
  return {
    contestant,
    scenario,
    rate: of("rate"),
    serverCpuUs: of("serverCpuUs"),
    clientCpuUs: of("clientCpuUs"),
    serverRssBytes: of("serverRssBytes"),
    clientRssBytes: of("clientRssBytes"),
    ratio: ratios.length === 0 ? undefined : median(ratios),
  };
}
