/**
 * `deno task bench messages`: dari's queues beside BullMQ, JetStream and plainjob. Every contestant is
 * a process of its own, and all of them take turns.
 *
 * @module
 */

import { choose } from "../choose.ts";
import { listMessagesContestants } from "./contestants.ts";
import {
  type MessagesFigure,
  type MessagesFound,
  rateIn,
  type Rounds,
  summarizeMessages,
} from "./figures.ts";
import { RunningContestant } from "./running.ts";
import { listMessagesScenarios, type MessagesScenario } from "./scenarios.ts";

export { describeMessages } from "./report.ts";

/** How much to measure. */
export interface MessagesBenchOptions {
  /** Rounds of each contestant. */
  readonly rounds: number;
  /** The length of a round. */
  readonly seconds: number;
  /** How many messages wait in the long queue. */
  readonly waiting: number;
  /** Names of contestants, or parts of them; empty takes all. */
  readonly only: readonly string[];
}

/**
 * Measures.
 *
 * @param directory Where the contestants' files go.
 * @param peers The directory with the installed peers, where they are wanted.
 * @param options How much to measure.
 * @param report Takes a line for each scenario that is done.
 */
export async function runMessagesBench(
  directory: string,
  peers: string | undefined,
  options: MessagesBenchOptions,
  report: (line: string) => void,
): Promise<MessagesFound> {
  await using stack = new AsyncDisposableStack();
  const running = new Set<RunningContestant>();
  const skipped: string[] = [];
  for (const contestant of choose(listMessagesContestants(peers), options.only)) {
    try {
      running.add(stack.use(await RunningContestant.start(contestant, directory)));
    } catch (cause) {
      if (!contestant.isPeer) throw cause;
      skipped.push(
        `${contestant.name} is skipped: ${cause instanceof Error ? cause.message : cause}`,
      );
    }
  }
  const versions = Object.fromEntries([...running].map(({ name, version }) => [name, version]));
  const figures: MessagesFigure[] = [];
  for (const scenario of listMessagesScenarios(options.waiting)) {
    const measured = await runRounds(scenario, running, figures, { ...options, skipped });
    figures.push(...summarizeMessages(scenario, measured, figures));
    report(`${scenario.name}: done`);
  }
  return { figures, versions, skipped };
}

/** The rounds of all contestants by turns, so that a busy moment of the machine falls on all. */
async function runRounds(
  scenario: MessagesScenario,
  running: Set<RunningContestant>,
  figures: readonly MessagesFigure[],
  { rounds, seconds, waiting, skipped }: MessagesBenchOptions & { readonly skipped: string[] },
): Promise<Map<string, Rounds>> {
  const amounts = { seconds, waiting };
  const measured = new Map<string, Rounds>();
  const taking = [...running].filter(({ hasTopics }) => hasTopics || !scenario.isOfTopics);
  const attempt = async (contestant: RunningContestant, work: () => Promise<void>) => {
    try {
      await work();
    } catch (cause) {
      const message = `${contestant.name} failed at "${scenario.name}": ${cause}`;
      if (!contestant.isPeer) throw new Error(message, { cause });
      // A peer's trouble is not ours: it takes no further part, and its row is missing.
      skipped.push(message);
      running.delete(contestant);
      measured.delete(contestant.name);
      await contestant[Symbol.asyncDispose]();
    }
  };
  for (const contestant of taking) {
    await attempt(contestant, async () => {
      const extras = await scenario.prepare?.(contestant, amounts) ?? [];
      measured.set(contestant.name, { samples: [], extras });
    });
  }
  for (let round = 0; round < rounds; round++) {
    for (const contestant of taking) {
      if (!running.has(contestant)) continue;
      await attempt(contestant, async () => {
        const rateOf = (scenario: string, name: string) => rateIn(figures, scenario, name);
        const sample = await scenario.run(contestant, amounts, round, rateOf);
        measured.get(contestant.name)?.samples.push(sample);
      });
    }
  }
  return measured;
}
