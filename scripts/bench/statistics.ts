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
  /** The rate of each round, and its share of the baseline's. */
  readonly rates: readonly number[];
  readonly ratios: readonly number[];
}

/** The middle value; the mean of the middle two of an even number; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}

/**
 * The value that 99 of 100 do not exceed.
 *
 * @param values The values, in any order; at least one.
 */
export function percentile99(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * 0.99) - 1] ?? NaN;
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
    p50Us: of("p50Us"),
    p99Us: of("p99Us"),
    serverRssBytes: of("serverRssBytes"),
    clientRssBytes: of("clientRssBytes"),
    ratio: ratios.length === 0 ? undefined : median(ratios),
    rates: samples.map(({ rate }) => rate),
    ratios,
  };
}

/** How one contestant stands beside another that took part in the same rounds. */
export interface Comparison {
  /** The scenario. */
  readonly scenario: string;
  /** The contestant. */
  readonly contestant: string;
  /** The median, over the rounds, of its rate by the other's. */
  readonly rate: number;
  /** The same for the processor time of both ends for each call. */
  readonly cpu: number;
  /** How many rounds both of them ran. */
  readonly pairs: number;
}

/**
 * Compares two contestants, round by round.
 *
 * @param contestant The name of the first.
 * @param scenario The scenario.
 * @param samples The rounds of the first.
 * @param other The rounds of the second, in the same order.
 */
export function compare(
  contestant: string,
  scenario: string,
  samples: readonly Sample[],
  other: readonly Sample[],
): Comparison {
  const pairs = Math.min(samples.length, other.length);
  const ratio = (of: (sample: Sample) => number) =>
    median(samples.slice(0, pairs).map((sample, round) => of(sample) / of(other[round] as Sample)));
  return {
    scenario,
    contestant,
    rate: ratio(({ rate }) => rate),
    cpu: ratio(({ serverCpuUs, clientCpuUs }) => serverCpuUs + clientCpuUs),
    pairs,
  };
}
