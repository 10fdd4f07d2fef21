/**
 * What is measured of messages, and with which goals.
 *
 * @module
 */

import type { MessagesSample, RunningContestant } from "./running.ts";

/** How much of everything. */
export interface Amounts {
  /** The length of a round. */
  readonly seconds: number;
  /** How many messages wait in the long queue. */
  readonly waiting: number;
}

/** What a scenario may look up of an earlier one: a contestant's median rate. */
export type RateOf = (scenario: string, contestant: string) => number | undefined;

/** Another column of a scenario. */
export interface Extra {
  readonly title: string;
  /** Its value, as it is written. */
  readonly text: string;
}

/** One block of the table. */
export interface MessagesScenario {
  /** What is measured. */
  readonly name: string;
  /** What dari is to reach; absent where it is shown for comparison. */
  readonly goal?: {
    /** Messages a second, at least. */
    readonly rate?: number;
    /** How many times BullMQ's rate, at least. */
    readonly byBullmq?: number;
    /** How many times the rate of a bare stream, at least, for what goes by NATS. */
    readonly byJetstream?: number;
    /** Milliseconds, at most. */
    readonly p99Ms?: number;
    /** How many times the processor time that a message costs in another scenario, at most. */
    readonly cpuBy?: { readonly scenario: string; readonly most: number };
  };
  /** Whether only those take part that have topics. */
  readonly isOfTopics?: true;
  /** Done once, before the rounds; says what it found, where it is shown. */
  prepare?(contestant: RunningContestant, amounts: Amounts): Promise<readonly Extra[]>;
  /** One round. */
  run(
    contestant: RunningContestant,
    amounts: Amounts,
    round: number,
    rateOf: RateOf,
  ): Promise<MessagesSample>;
}

/** How many read a topic. */
const SUBSCRIBERS = 100;
/** How many publish to them. */
const PUBLISHERS = 8;
/** How many producers put at once, and how many workers take. */
const LANES = 64;
const SHORT = 1_000;
const FLOW = "put, taken and acknowledged at once, 1,000 waiting";

/** The share of the load that latency is measured at. */
const HALF = 0.5;

const fill = (contestant: RunningContestant, queue: string, count: number) =>
  contestant.carryOut({ kind: "fill", queue, count, lanes: 1, seconds: 0 });

const flow: MessagesScenario["run"] = (contestant, { seconds }) =>
  contestant.carryOut({ kind: "flow", queue: "short", lanes: LANES, seconds });

/**
 * Every scenario, in the order in which they are run.
 *
 * @param waiting How many messages wait in the long queue.
 */
export function listMessagesScenarios(waiting: number): MessagesScenario[] {
  return [
    {
      name: `durable puts, ${LANES} producers`,
      goal: { rate: 20_000, byBullmq: 2, byJetstream: 0.8 },
      run: (contestant, { seconds }) =>
        contestant.carryOut({ kind: "put", queue: "puts", lanes: LANES, seconds }),
    },
    {
      name: `taken and acknowledged, ${LANES} workers`,
      goal: { rate: 20_000, byBullmq: 2, byJetstream: 0.8 },
      async run(contestant, { seconds }, round) {
        // So many that none is out of work, and no worker of another round is left.
        const [queue, count] = [`takes-${round}`, 60_000 * seconds];
        await fill(contestant, queue, count);
        return await contestant.carryOut({ kind: "take", queue, count, lanes: LANES, seconds });
      },
    },
    {
      name: FLOW,
      goal: { byJetstream: 0.8 },
      prepare: async (contestant) => {
        await fill(contestant, "short", SHORT);
        return [];
      },
      run: flow,
    },
    {
      name: "from due to taken, at half of that load",
      goal: { p99Ms: 20 },
      run: (contestant, { seconds }, _round, rateOf) => {
        const rate = HALF * (rateOf(FLOW, contestant.name) ?? NaN);
        return contestant.carryOut({
          kind: "latency",
          queue: "timed",
          lanes: LANES,
          seconds,
          rate,
        });
      },
    },
    {
      name: `kept publishes, ${LANES} publishers`,
      isOfTopics: true,
      goal: { rate: 20_000 },
      run: (contestant, { seconds }) =>
        contestant.carryOut({ kind: "publish", queue: "published", lanes: LANES, seconds }),
    },
    {
      name: `deliveries to ${SUBSCRIBERS} subscribers`,
      isOfTopics: true,
      goal: { rate: 100_000 },
      run: (contestant, { seconds }) => {
        const [lanes, subscribers] = [PUBLISHERS, SUBSCRIBERS];
        const order = { kind: "deliver", queue: "followed", lanes, subscribers, seconds } as const;
        return contestant.carryOut(order);
      },
    },
    {
      name: `put, taken and acknowledged at once, ${waiting.toLocaleString("en")} waiting`,
      goal: { cpuBy: { scenario: FLOW, most: 1.5 } },
      async prepare(contestant) {
        const before = await contestant.diskBytes();
        await fill(contestant, "short", waiting - SHORT);
        const bytes = (await contestant.diskBytes() - before) / (waiting - SHORT);
        return [{ title: "disk a message", text: `${bytes.toFixed(0)} B` }];
      },
      run: flow,
    },
  ];
}
