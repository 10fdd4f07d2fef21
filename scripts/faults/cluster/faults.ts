/**
 * The faults: what is done to the cluster, and how it is mended.
 *
 * @module
 */

import { delay } from "../../../lib/base/abort.ts";
import type { Random } from "../../sim/time/random.ts";
import { type Cluster, COUNT } from "./cluster.ts";
import type { Trouble } from "./work/work.ts";

/** What a fault knows of itself. */
export type FaultTimes = Omit<Trouble, "wellAtMs">;

/** A fault. */
export interface ClusterFault {
  readonly name: string;
  /** Why this machine cannot have it; `undefined` where it can. */
  readonly refusal?: (cluster: Cluster) => string | undefined;
  /**
   * Has the cluster fail, and mends it.
   *
   * @param cluster The cluster.
   * @param random Chooses what is hit.
   * @returns When, and what was hit; nobody has looked yet whether all is well again.
   */
  run(cluster: Cluster, random: Random): Promise<FaultTimes>;
}

/** A server is away for so long. */
const AWAY_MS = 3_000;
/** The leader of the stream is away for so long: another one is elected meanwhile. */
const LEADERLESS_MS = 12_000;
/** Longer than servers answer from what they know. */
const CUT_MS = 15_000;
const SLOW_MS = 12_000;
/** How far clocks are set, in seconds, and for how long each time. */
const STEP_SECONDS = 90, STEP_MS = 5_000;
const NOBODY: ReadonlySet<number> = new Set();
const EVERYBODY: ReadonlySet<number> = new Set(Array.from({ length: COUNT }, (_, at) => at));

/** All faults. */
export const clusterFaults: readonly ClusterFault[] = [
  {
    name: "server killed",
    async run({ nodes }, random) {
      const at = random.whole(0, COUNT - 1), { dari } = nodes[at]!;
      return await during(AWAY_MS, { hit: new Set([at]) }, {
        begin: () => dari.kill(),
        end: () => dari.start(),
      });
    },
  },
  {
    name: "stream leader killed",
    async run(cluster, random) {
      const at = await cluster.leader() ?? random.whole(0, COUNT - 1);
      return await during(LEADERLESS_MS, { hit: NOBODY }, {
        begin: () => cluster.nodes[at]!.nats.kill(),
        end: () => cluster.startNats(at),
      });
    },
  },
  {
    name: "two of three killed",
    async run(cluster, random) {
      const spared = random.whole(0, COUNT - 1);
      const killed = [...EVERYBODY].filter((at) => at !== spared);
      return await during(CUT_MS, { hit: EVERYBODY, isCut: true }, {
        begin: () => Promise.all(killed.map((at) => cluster.nodes[at]!.nats.kill())),
        end: () => Promise.all(killed.map((at) => cluster.startNats(at))),
      });
    },
  },
  {
    name: "node cut off",
    async run({ machines }, random) {
      const at = random.whole(0, COUNT - 1);
      return await during(CUT_MS, { hit: new Set([at]), isCut: true }, {
        begin: () => machines.cut(at),
        end: () => machines.join(at),
      });
    },
  },
  {
    name: "stream leader cut off",
    async run(cluster, random) {
      const at = await cluster.leader() ?? random.whole(0, COUNT - 1);
      return await during(CUT_MS, { hit: new Set([at]), isCut: true }, {
        begin: () => cluster.machines.cut(at),
        end: () => cluster.machines.join(at),
      });
    },
  },
  {
    // What a NATS server kept for itself meanwhile is found by servers that read all anew.
    name: "leader cut off, servers restarted",
    async run(cluster, random) {
      const at = await cluster.leader() ?? random.whole(0, COUNT - 1);
      return await during(CUT_MS, { hit: new Set([at]), isCut: true }, {
        begin: () => cluster.machines.cut(at),
        async end() {
          await cluster.machines.join(at);
          await delay(LEADERLESS_MS);
          await Promise.all(cluster.nodes.map(({ dari }) => dari.kill()));
          for (const { dari } of cluster.nodes) dari.start();
        },
      });
    },
  },
  {
    name: "all restarted",
    async run(cluster) {
      return await during(0, { hit: EVERYBODY }, {
        begin: () =>
          Promise.all(cluster.nodes.flatMap(({ dari, nats }) => [dari.kill(), nats.kill()])),
        async end() {
          for (const at of EVERYBODY) {
            await cluster.startNats(at);
            cluster.nodes[at]!.dari.start();
          }
        },
      });
    },
  },
  {
    name: "slow disk",
    refusal: ({ nodes }) =>
      nodes[0]?.disk === undefined
        ? "no disk can be slowed here (loop devices, and blkio of control groups)"
        : undefined,
    async run({ nodes }, random) {
      const { disk } = nodes[random.whole(0, COUNT - 1)]!;
      return await during(SLOW_MS, { hit: NOBODY }, {
        begin: () => disk!.slow(),
        end: () => disk!.quicken(),
      });
    },
  },
  {
    name: "clock steps",
    refusal: ({ hasClock }) => hasClock ? undefined : "there is no libfaketime here",
    async run(cluster, random) {
      const at = random.whole(0, COUNT - 1);
      const ahead = random.chance(0.5) ? STEP_SECONDS : -STEP_SECONDS;
      return await during(STEP_MS, { hit: NOBODY }, {
        begin: () => cluster.setClock(at, ahead),
        async end() {
          await cluster.setClock(at, -ahead);
          await delay(STEP_MS);
          await cluster.setClock(at, 0);
        },
      });
    },
  },
];

/** Has something last. */
async function during(
  lastingMs: number,
  { hit, isCut = false }: { hit: ReadonlySet<number>; isCut?: boolean },
  { begin, end }: { begin: () => Promise<unknown>; end: () => unknown },
): Promise<FaultTimes> {
  await begin();
  const faultAtMs = performance.now();
  await delay(lastingMs);
  const healedAtMs = performance.now();
  await end();
  return { faultAtMs, healedAtMs, hit, isCut };
}
