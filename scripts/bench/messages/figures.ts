/**
 * From rounds to figures: medians, and ratios inside one round, because machines are noisy.
 *
 * @module
 */

import { median } from "../statistics.ts";
import { BULLMQ, DARI_NATS, JETSTREAM } from "./contestants.ts";
import type { MessagesSample } from "./running.ts";
import type { Extra, MessagesScenario } from "./scenarios.ts";

/** The rounds of one contestant in one scenario, and what its preparation found. */
export interface Rounds {
  readonly samples: MessagesSample[];
  readonly extras: readonly Extra[];
}

/** One contestant in one scenario, over all rounds. */
export interface MessagesFigure extends MessagesSample {
  readonly scenario: string;
  readonly contestant: string;
  /** The median, over the rounds, of its rate by BullMQ's of the same round. */
  readonly byBullmq: number | undefined;
  /** The same by a bare stream of JetStream. */
  readonly byJetstream: number | undefined;
  /** Its processor time by that of an earlier scenario, where that is asked. */
  readonly cpuBy: number | undefined;
  readonly extras: readonly Extra[];
  /** Which goals it misses, as they are written; none of a peer. */
  readonly missed: readonly string[];
}

/** What the benchmark found. */
export interface MessagesFound {
  readonly figures: readonly MessagesFigure[];
  /** What each contestant is made of, by its name. */
  readonly versions: Readonly<Record<string, string>>;
  /** Who could not take part, and why. */
  readonly skipped: readonly string[];
}

/** The median rate of a contestant in a scenario that is done. */
export function rateIn(
  figures: readonly MessagesFigure[],
  scenario: string,
  contestant: string,
): number | undefined {
  return find(figures, scenario, contestant)?.rate;
}

/**
 * Sums up the rounds of a scenario.
 *
 * @param scenario The scenario.
 * @param measured The rounds, by contestant.
 * @param earlier The figures of the scenarios before.
 */
export function summarizeMessages(
  { name, goal = {} }: Pick<MessagesScenario, "name" | "goal">,
  measured: ReadonlyMap<string, Rounds>,
  earlier: readonly MessagesFigure[],
): MessagesFigure[] {
  const [bullmq, jetstream] = [BULLMQ, JETSTREAM].map((name) => measured.get(name)?.samples);
  return [...measured].map(([contestant, { samples, extras }]) => {
    const of = (key: keyof MessagesSample) => median(samples.map((sample) => sample[key]));
    const by = (others: readonly MessagesSample[] | undefined) =>
      others && median(samples.map(({ rate }, round) => rate / (others[round]?.rate ?? NaN)));
    const cpuUs = of("cpuUs");
    const before = goal.cpuBy && find(earlier, goal.cpuBy.scenario, contestant)?.cpuUs;
    const figure = {
      scenario: name,
      contestant,
      rate: of("rate"),
      cpuUs,
      rssBytes: of("rssBytes"),
      p50Ms: of("p50Ms"),
      p99Ms: of("p99Ms"),
      byBullmq: by(bullmq),
      byJetstream: by(jetstream),
      cpuBy: before && cpuUs / before,
      extras,
    };
    const isOurs = contestant.startsWith("dari");
    return { ...figure, missed: isOurs ? missedGoals(figure, goal) : [] };
  });
}

function missedGoals(
  { contestant, rate, byBullmq, byJetstream, p99Ms, cpuBy }: Omit<MessagesFigure, "missed">,
  goal: NonNullable<MessagesScenario["goal"]>,
): string[] {
  const missed: string[] = [];
  if (contestant === DARI_NATS) {
    const isMissed = (byJetstream ?? Infinity) < (goal.byJetstream ?? 0);
    return isMissed ? [`< ${goal.byJetstream} by JetStream`] : [];
  }
  if (rate < (goal.rate ?? 0)) missed.push(`< ${goal.rate} a second`);
  if ((byBullmq ?? Infinity) < (goal.byBullmq ?? 0)) missed.push(`< ${goal.byBullmq} by BullMQ`);
  if (p99Ms > (goal.p99Ms ?? Infinity)) missed.push(`> ${goal.p99Ms} ms`);
  if (goal.cpuBy !== undefined && (cpuBy ?? 0) > goal.cpuBy.most) {
    missed.push(`> ${goal.cpuBy.most} times the CPU`);
  }
  return missed;
}

function find(figures: readonly MessagesFigure[], scenario: string, contestant: string) {
  return figures.find((one) => one.scenario === scenario && one.contestant === contestant);
}
