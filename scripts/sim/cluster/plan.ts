/**
 * What happens in a run of servers that share a store: all of it follows from the seed, and each part
 * from a number of its own.
 *
 * @module
 */

import { Random } from "../time/random.ts";
import type { Way } from "./stream/log.ts";

/** What is done at a server, and how often. */
export const clusterKinds = {
  append: 20,
  read: 12,
  writeGroup: 8,
  readGroup: 8,
  burst: 1.5,
  claimName: 5,
  signIn: 6,
  present: 18,
  goOn: 16,
  revoke: 4,
  disable: 0.6,
  guess: 6,
  knowPassword: 3,
  callByKey: 10,
  snapshot: 1,
} as const;

/** The kinds of step; those of a plan do not `ask` whether a server writes again. */
export type ClusterStepKind = keyof typeof clusterKinds | "ask";

/** One thing that is done. */
export interface ClusterStep {
  /** Its place in the plan; it names what it does. */
  readonly id: number;
  readonly kind: ClusterStepKind;
  /** When, in milliseconds after the beginning. */
  readonly atMs: number;
  /** At which server: a number from 0 to less than 1. */
  readonly server: number;
  /** What it is about, as such a number. */
  readonly about: number;
  /** Whatever else the kind needs. */
  readonly amount: number;
}

/** What goes wrong, and how often. */
export const clusterFaultKinds = {
  cutServer: 5,
  cutNode: 4,
  cutLeader: 4,
  forgetLast: 4,
  unseatLeader: 4,
  killNode: 3,
  killLeader: 3,
  killMajority: 2,
  restartNodes: 1,
  lagNode: 3,
  kill: 6,
  loseFile: 2,
  killMany: 1,
  freeze: 3,
  setClock: 2,
  replay: 2,
  forge: 1,
} as const;

/** The kinds of fault. */
export type ClusterFaultKind = keyof typeof clusterFaultKinds;

/** One thing that goes wrong. */
export interface ClusterFault {
  /** Its place in the plan. */
  readonly id: number;
  readonly kind: ClusterFaultKind;
  /** When, in milliseconds after the beginning. */
  readonly atMs: number;
  /** How long, where it passes. */
  readonly forMs: number;
  /** Chooses among what there is: a number from 0 to less than 1. */
  readonly target: number;
  /** A second number of that kind. */
  readonly detail: number;
}

/** How the programs are set up. */
export interface ClusterSetup {
  readonly servers: number;
  /** How many NATS servers keep the stream. */
  readonly nodes: number;
  readonly way: Way;
  /** To how many registers ids are added. */
  readonly registers: number;
  /** What clocks differ by at the most, in milliseconds. */
  readonly skewMs: number;
  /** Bounds of the store that are smaller here, so that they are met. */
  readonly limits: Readonly<Record<string, number>>;
}

/** What happens in a run. */
export interface ClusterPlan {
  readonly seed: number;
  /** Whether nothing goes wrong: then nothing may fail. */
  readonly isCalm: boolean;
  readonly setup: ClusterSetup;
  readonly steps: readonly ClusterStep[];
  readonly faults: readonly ClusterFault[];
  /** When the last step is done, in milliseconds after the beginning. */
  readonly lengthMs: number;
}

/** The share of runs in which nothing goes wrong. */
const CALM_SHARE = 0.08;
/** The share of groups that are longer than most messages may be. */
export const LONG_SHARE = 0.3;
/** How many servers there are, from and to, and how often. */
const SIZES = { few: 60, more: 28, many: 8, hundred: 4 } as const;
const SERVERS = { few: [2, 6], more: [7, 20], many: [21, 60], hundred: [100, 100] } as const;

/**
 * Makes the plan of a seed.
 *
 * @param seed The seed.
 * @param stepCount How many steps it has.
 * @param servers How many servers there are; by default the seed says.
 */
export function clusterPlanOf(seed: number, stepCount: number, servers?: number): ClusterPlan {
  const random = new Random(seed, "cluster");
  const isCalm = random.chance(CALM_SHARE);
  const setup = setupOf(random, servers);
  const gapMs = random.pick([20, 100, 300]);
  const steps = stepsOf(seed, stepCount, gapMs);
  const lengthMs = steps.at(-1)?.atMs ?? 0;
  const faultCount = isCalm ? 0 : random.whole(1, Math.max(2, Math.ceil(stepCount / 20)));
  const faults = Array.from({ length: faultCount }, (_, id): ClusterFault => {
    const own = new Random(seed, "fault", id);
    return {
      id,
      kind: own.weighted(clusterFaultKinds),
      atMs: own.whole(0, lengthMs),
      forMs: own.pick([100, 1_000, 4_000, 9_000, 15_000, 25_000]),
      target: own.next(),
      detail: own.next(),
    };
  });
  return { seed, isCalm, setup, steps, faults, lengthMs };
}

function stepsOf(seed: number, count: number, gapMs: number): ClusterStep[] {
  let atMs = 0;
  let before: ClusterStepKind | undefined;
  return Array.from({ length: count }, (_, id): ClusterStep => {
    const own = new Random(seed, "step", id);
    const drawn = own.weighted(clusterKinds);
    const [server, about, amount] = [own.next(), own.next(), own.next()];
    // At the same time, so that the moment of a snapshot may fall between the parts of a batch.
    const isBeside = before === "snapshot";
    const kind = before = isBeside ? "writeGroup" : drawn;
    if (!isBeside) atMs += own.whole(0, 2 * gapMs);
    return { id, kind, atMs, server, about, amount: isBeside ? amount * LONG_SHARE : amount };
  });
}

function setupOf(random: Random, servers?: number): ClusterSetup {
  const [least, most] = SERVERS[random.weighted(SIZES)];
  const drawn = random.whole(least, most);
  return {
    servers: servers ?? drawn,
    nodes: random.chance(0.85) ? 3 : 1,
    way: {
      delayMs: random.whole(1, 10),
      jitterMs: random.whole(0, 40),
      maxMessageBytes: random.pick([1_024, 4_096, 65_536]),
      waitsWhileCut: random.chance(0.5),
      twice: random.chance(0.2) ? 0.05 : 0,
    },
    registers: random.pick([1, 4]),
    skewMs: random.pick([0, 500, 5_000, 60_000]),
    limits: {
      storeSnapshotMessages: random.pick([60, 300, 2_000]),
      storeSnapshotTimeoutMs: random.pick([5_000, 20_000]),
      storeReplayMessages: random.chance(0.2) ? 3_000 : 1_048_576,
      storeFormQuietMs: random.chance(0.2) ? 3_000 : 0,
    },
  };
}
