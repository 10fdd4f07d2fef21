/**
 * What happens in a run: which programs there are, what the clients do, and what goes wrong. All of
 * it follows from the seed, and each part from a number of its own, so that taking one part away
 * leaves the others as they are.
 *
 * @module
 */

import type { Weather } from "../machine/network.ts";
import { Random } from "../time/random.ts";

/** What a client does, and how often. */
export const kinds = {
  increment: 28,
  set: 22,
  get: 12,
  echo: 10,
  wait: 6,
  count: 8,
  sum: 5,
  relay: 5,
  keyed: 6,
  note: 6,
  ask: 5,
  putMessage: 16,
  workOnMessage: 24,
  enqueueJob: 4,
  publishEvent: 12,
  shareEvents: 8,
  followEvents: 5,
  revoke: 1.2,
  leave: 0.8,
} as const;

/** The kinds of step. */
export type StepKind = keyof typeof kinds;

/** One thing that a client does. */
export interface Step {
  /** Its place in the plan; it names what it does. */
  readonly id: number;
  readonly kind: StepKind;
  /** When, in milliseconds after the beginning. */
  readonly atMs: number;
  /** Which client, by its place. */
  readonly client: number;
  /** Its deadline, in milliseconds. */
  readonly timeoutMs: number;
  /** Whether the call says that it may be made twice; only some kinds may. */
  readonly isIdempotent: boolean;
  /** When its caller gives up, in milliseconds after its beginning. */
  readonly cancelAfterMs: number | undefined;
  /** Whatever else the kind needs: a size, a time, a number of items. */
  readonly amount: number;
}

/** What goes wrong, and how often. */
export const faultKinds = {
  cut: 5,
  halfClose: 2,
  blackHole: 3,
  slowLink: 2,
  split: 3,
  oneWaySplit: 2,
  kill: 4,
  powerLoss: 2,
  stop: 4,
  freeze: 3,
  freezeClient: 1,
  diskFull: 1,
  brokenDisk: 2,
  slowDisk: 2,
  clockStep: 3,
} as const;

/** The kinds of fault. */
export type FaultKind = keyof typeof faultKinds;

/** One thing that goes wrong. */
export interface Fault {
  /** Its place in the plan. */
  readonly id: number;
  readonly kind: FaultKind;
  /** When, in milliseconds after the beginning. */
  readonly atMs: number;
  /** How long, where it passes. */
  readonly forMs: number;
  /** Chooses among what there is at that time: a number from 0 to less than 1. */
  readonly target: number;
  /** A second number of that kind. */
  readonly detail: number;
}

/** How a client finds a server. */
export interface Choice {
  /** Whether it chooses among all of them for each call, or has one of its own. */
  readonly isSpread: boolean;
  /** The most connections to each. */
  readonly maxConnections: number;
  /** Whether it is made without a connection, and its calls wait for a server until their deadline. */
  readonly isLazy: boolean;
  readonly waitsForReady: boolean;
}

/** How the programs are set up. */
export interface Setup {
  readonly servers: number;
  readonly clients: number;
  /** How bytes travel while nothing is wrong. */
  readonly weather: Weather;
  /** How long a silent peer is waited for, in milliseconds; `undefined` for the defaults. */
  readonly silence: { readonly lifeSignMs: number; readonly silentPeerMs: number } | undefined;
  /** How old a server lets connections grow, in milliseconds. */
  readonly maxConnectionAgeMs: number;
  /** How long calls go on over a connection that has grown old, in milliseconds. */
  readonly maxConnectionAgeGraceMs: number;
  /** The most calls that a client, and a server on one connection, has under way. */
  readonly maxCallsInFlight: { readonly client: number; readonly server: number };
  /** How clients find a server. */
  readonly choice: Choice;
  /** Whether clients with an API key send it with each call instead of signing in. */
  readonly sendsKeys: boolean;
}

/** What happens in a run. */
export interface Plan {
  readonly seed: number;
  /** Whether nothing goes wrong: then no call may fail. */
  readonly isCalm: boolean;
  readonly setup: Setup;
  readonly steps: readonly Step[];
  readonly faults: readonly Fault[];
  /** When the last step is done, in milliseconds after the beginning. */
  readonly lengthMs: number;
}

/** The share of runs in which nothing goes wrong. */
const CALM_SHARE = 0.08;
/** The fewest calls in flight with which clients use topics. */
const TOPIC_CALLS = 8;
/** The longest deadline of a call, in milliseconds. */
const LONGEST_TIMEOUT_MS = 5_000;

/**
 * Makes the plan of a seed.
 *
 * @param seed The seed.
 * @param stepCount How many steps it has.
 */
export function planOf(seed: number, stepCount: number): Plan {
  const random = new Random(seed, "plan");
  const isCalm = random.chance(CALM_SHARE);
  const setup = setupOf(random, isCalm);
  const gapMs = random.pick([2, 10, 30, 60]);
  let atMs = 0;
  const steps = Array.from({ length: stepCount }, (_, id) => {
    const own = new Random(seed, "step", id);
    atMs += own.whole(0, 2 * gapMs);
    return stepOf(own, id, atMs, setup);
  });
  const lengthMs = atMs;
  const faultCount = isCalm ? 0 : random.whole(1, Math.max(2, Math.ceil(stepCount / 16)));
  const faults = Array.from({ length: faultCount }, (_, id) => {
    return faultOf(new Random(seed, "fault", id), id, lengthMs);
  });
  return { seed, isCalm, setup, steps, faults, lengthMs };
}

function setupOf(random: Random, isCalm: boolean): Setup {
  const isQuick = random.chance(0.6);
  return {
    servers: random.whole(1, 3),
    clients: random.whole(2, 5),
    weather: {
      delayMs: random.whole(1, 10),
      jitterMs: random.whole(0, 20),
      pieceBytes: random.chance(0.3) ? random.whole(1, 100) : Infinity,
      gapMs: random.whole(0, 2),
    },
    silence: isQuick ? { lifeSignMs: 100, silentPeerMs: random.whole(5, 20) * 100 } : undefined,
    maxConnectionAgeMs: random.chance(0.3) ? random.whole(500, 5_000) : Infinity,
    // A shorter grace ends calls of a longer deadline without any fault.
    maxConnectionAgeGraceMs: isCalm ? LONGEST_TIMEOUT_MS : 1_000,
    // Behind small bounds calls wait for their turn, and may be too late without any fault.
    maxCallsInFlight: isCalm ? { client: 1_024, server: 1_024 } : {
      client: random.pick([1, 2, 8, 1_024, 1_024]),
      server: random.pick([2, 16, 1_024, 1_024]),
    },
    choice: {
      isSpread: random.chance(0.5),
      maxConnections: random.pick([1, 1, 1, 3]),
      isLazy: random.chance(0.2),
      waitsForReady: random.chance(0.4),
    },
    sendsKeys: random.chance(0.3),
  };
}

/** A member of a group answers beside its subscription: where few calls are allowed, it cannot. */
function hasRoomForTopics({ maxCallsInFlight: { client, server } }: Setup): boolean {
  return Math.min(client, server) >= TOPIC_CALLS;
}

function stepOf(random: Random, id: number, atMs: number, setup: Setup): Step {
  const drawn = random.weighted(kinds);
  const kind = /Events?$/.test(drawn) && !hasRoomForTopics(setup) ? "echo" : drawn;
  return {
    id,
    kind,
    atMs,
    client: random.whole(0, setup.clients - 1),
    timeoutMs: random.pick([60, 200, 500, 1_000, 2_000, LONGEST_TIMEOUT_MS]),
    isIdempotent: (kind === "set" || kind === "get") && random.chance(0.7),
    cancelAfterMs: random.chance(0.06) ? random.whole(0, 200) : undefined,
    amount: random.next(),
  };
}

function faultOf(random: Random, id: number, lengthMs: number): Fault {
  return {
    id,
    kind: random.weighted(faultKinds),
    atMs: random.whole(0, lengthMs),
    forMs: random.pick([20, 100, 400, 1_500, 5_000]),
    target: random.next(),
    detail: random.next(),
  };
}
