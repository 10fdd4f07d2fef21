/**
 * A run: a load, and in each round somebody who is killed or frozen in the middle of it.
 *
 * @module
 */

// Deno has no SQLite of its own.
import { DatabaseSync } from "node:sqlite";
import { delay } from "../../../lib/base/abort.ts";
import { limits } from "../../../lib/base/limits.ts";
import { Random } from "../../sim/time/random.ts";
import { Player, type Role, type Stage } from "./cast.ts";
import { judgeMessages, type MessagesViolation } from "../../sim/messages/judge.ts";
import type { Line } from "../../sim/messages/lines.ts";
import { judgeTopics } from "../../sim/messages/topics_judge.ts";
import { checkCounts, groupPlace, leftIn, readRemains } from "../../sim/messages/remains.ts";
import { readLines } from "./records.ts";
import { LEASE_MS, MAX_TRIES } from "./settings.ts";

/** How much of everything. */
export interface RunOptions {
  readonly rounds: number;
  readonly seed: number;
  /** How long the load lasts before somebody is killed, at most, in milliseconds. */
  readonly quietMs: number;
  /** How long what is left may take in the end, in milliseconds. */
  readonly settleMs: number;
  /** Hears what happens. */
  readonly tell?: (line: string) => void;
}

/** What a run showed. */
export interface Outcome {
  readonly violations: readonly MessagesViolation[];
  /** How many lines of each kind were written. */
  readonly counts: ReadonlyMap<Line["kind"], number>;
  /** Runs behind the first of a message, all of which a lease or an answer explains. */
  readonly again: number;
  /** Answers that were refused. */
  readonly refused: number;
  /** Dead letters in the end. */
  readonly dead: number;
  /** How often each was killed, or a worker frozen. */
  readonly faults: ReadonlyMap<string, number>;
}

/** How often each is struck. */
const VICTIMS = { server: 4, worker: 3, producer: 1, freeze: 2 } as const;
/** How long a killed program is away, at most, in milliseconds. */
const AWAY_MS = 300;
/** Pause between two looks at what is left, in milliseconds. */
const LOOK_MS = 100;

/**
 * Runs.
 *
 * @param stage Where its files go.
 * @param options How much.
 * @returns What it showed.
 */
export async function run(
  stage: Stage,
  { rounds, seed, quietMs, settleMs, tell = () => {} }: RunOptions,
): Promise<Outcome> {
  const random = new Random(seed, "faults");
  await using stack = new AsyncDisposableStack();
  const player = (role: Role, name: string) => stack.use(new Player(role, name, stage));
  const server = player("server", "server");
  const producers = [player("producer", "p1"), player("producer", "p2")];
  const workers = [player("worker", "w1"), player("worker", "w2")];
  await server.start();
  for (const each of [...producers, ...workers]) await each.start();
  const faults = new Map<string, number>();
  const places: Line[] = [];
  using database = new DatabaseSync(`${stage.directory}/dari.db`);
  for (let round = 1; round <= rounds; round++) {
    await delay(random.whole(quietMs / 2, quietMs));
    const fault = random.weighted(VICTIMS);
    faults.set(fault, (faults.get(fault) ?? 0) + 1);
    if (fault === "freeze") await freeze(random.pick(workers), random);
    else {
      const among = { server: [server], worker: workers, producer: producers }[fault];
      const victim = random.pick(among);
      await victim.kill();
      await delay(random.whole(0, AWAY_MS));
      await victim.start();
    }
    places.push({ kind: "groupAt", cursor: groupPlace(database) });
    tell(`round ${round} of ${rounds}: ${fault}`);
  }
  for (const each of producers) await each.kill();
  const left = await settle(database, settleMs);
  for (const each of [...workers, server]) await each.kill();
  const lines = [...await readLines(stage.records), ...places];
  return { ...outcomeOf(lines, database, left), faults };
}

/** A worker stands still until its leases are others'. */
async function freeze(worker: Player, random: Random): Promise<void> {
  worker.freeze(true);
  await delay(LEASE_MS + random.whole(100, 500));
  worker.freeze(false);
}

/** Waits until nothing is left to be done; gives what is left where that takes too long. */
async function settle(database: DatabaseSync, settleMs: number): Promise<string | undefined> {
  const endsAt = performance.now() + settleMs;
  for (;;) {
    const left = leftIn(database);
    if (left === 0) return undefined;
    if (performance.now() > endsAt) return `${left} messages and jobs go on`;
    await delay(LOOK_MS);
  }
}

function outcomeOf(
  lines: readonly Line[],
  database: DatabaseSync,
  left: string | undefined,
): Omit<Outcome, "faults"> {
  const remains = readRemains(database);
  const settings = { leaseMs: LEASE_MS, maxTries: MAX_TRIES, jobLeaseMs: limits.leaseMs };
  const violations = [
    ...judgeMessages(lines, remains, settings),
    ...judgeTopics(lines),
    ...checkCounts(database),
  ];
  if (left !== undefined) violations.push({ promise: "everything ends", what: left });
  const counts = new Map<Line["kind"], number>();
  for (const { kind } of lines) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  const names = new Set(lines.flatMap((line) => line.kind === "run" ? [line.n] : []));
  return {
    violations,
    counts,
    again: (counts.get("run") ?? 0) - names.size,
    refused: lines.filter((line) => line.kind === "answered" && !line.isTaken).length,
    dead: remains.dead.size,
  };
}
