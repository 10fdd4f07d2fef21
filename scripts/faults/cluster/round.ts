/**
 * A round: the load, a fault in the middle of it, and the judgement.
 *
 * @module
 */

import { delay, settlesWithin } from "../../../lib/base/abort.ts";
import { limits } from "../../../lib/base/limits.ts";
import { Random } from "../../sim/time/random.ts";
import type { Cluster } from "./cluster.ts";
import type { ClusterFault } from "./faults.ts";
import { isInTime, lateBetween } from "./late.ts";
import { AccountChanges } from "./work/account_changes.ts";
import type { Clients } from "./work/clients.ts";
import { NoteCalls } from "./work/note_calls.ts";
import { QueuedMessages } from "./work/queued_messages.ts";
import { SessionLife } from "./work/session_life.ts";
import { SignIns } from "./work/sign_ins.ts";
import { type Answer, type Broken, Journal, type Trouble, type Work } from "./work/work.ts";

/** What a round showed. */
export interface RoundResult {
  readonly fault: string;
  /** From the fault until every write at servers that were not hit was done in time, in milliseconds. */
  readonly othersMs: number;
  /** From the mending until it was so at all servers, in milliseconds. */
  readonly backMs: number;
  /** The longest time for which a revoked session was accepted, in milliseconds. */
  readonly revokedMs: number;
  readonly answers: number;
  /** How often clients were told each reason for which something was not done. */
  readonly failures: Readonly<Record<string, number>>;
  readonly broken: readonly Broken[];
  /** Whether all went well again; a cluster that did not recover is good for no further round. */
  readonly isWell: boolean;
}

/** How many of each in a second. */
const RATES = { calls: 200, keyed: 45, accounts: 50, signIns: 35, sessions: 165, messages: 30 };
const TICK_MS = 10, LOOK_MS = 100;
/** So many of one kind may be under way. */
const MOST_UNDER_WAY = 600;
const QUIET_MS = 3_000;
/** So long everything has to go well before a cluster has recovered. */
const WELL_MS = 3_000;
const RECOVERY_MS = 90_000;
/** So much of that is told where it was not enough. */
const LAST_MS = 20_000;
const MENDED = "a cluster that was mended answers";
const DRAIN_MS = 30_000;
/** What was measured from outside: the moment of the fault is known this well. */
const SLACK_MS = 100;

/**
 * Runs one.
 *
 * @param cluster The cluster, all of which is well.
 * @param clients Its clients.
 * @param fault What happens to it.
 * @param seed Chooses what is hit, and what clients do.
 */
export async function runRound(
  cluster: Cluster,
  clients: Clients,
  fault: ClusterFault,
  seed: number,
): Promise<RoundResult> {
  const journal = new Journal();
  const random = new Random(seed, fault.name);
  const round = `r${crypto.randomUUID().slice(0, 8)}`;
  const parts = { clients, journal, random: new Random(seed, "load"), round };
  const effects = () => readAll(cluster.nodes.map(({ data }) => `${data}/effects`));
  await Promise.all(cluster.nodes.map(({ data }) => Deno.truncate(`${data}/effects`)));
  const sessions = new SessionLife(parts, RATES.sessions);
  const works: Work[] = [
    new NoteCalls({ ...parts, readEffects: effects }, RATES.calls, false),
    new NoteCalls({ ...parts, readEffects: effects }, RATES.keyed, true),
    new AccountChanges(parts, RATES.accounts),
    new SignIns(parts, RATES.signIns),
    new QueuedMessages(parts, RATES.messages),
    sessions,
  ];
  for (const work of works) await work.prepare?.();
  const load = beginLoad(works);
  await delay(QUIET_MS);
  const shareBefore = lateShare(journal.answers);
  const lateBefore = lateBetween(journal.answers, 0, journal.now());
  const times = await fault.run(cluster, random);
  const isWell = await untilWell(journal, cluster.nodes.length, shareBefore);
  const trouble = { ...times, wellAtMs: journal.now() };
  await load.stop();
  const broken = wrongYes(journal.answers, sessions, trouble);
  if (!isWell) {
    broken.push({ promise: MENDED, what: whatWasLate(journal.answers, trouble, lateBefore) });
  }
  const revokedMs = sessions.longestMs;
  for (const work of works) broken.push(...await judged(work, trouble));
  const failures = new Map<string, number>();
  for (const { work, failure } of journal.answers) {
    if (failure === undefined) continue;
    const name = `${work}: ${failure}`;
    failures.set(name, (failures.get(name) ?? 0) + 1);
  }
  return {
    ...{ fault: fault.name, revokedMs, answers: journal.answers.length, broken, isWell },
    failures: Object.fromEntries(failures),
    othersMs: untilInTime(
      journal.answers,
      trouble.faultAtMs,
      ({ server, invokedAtMs }) => !trouble.hit.has(server!) && invokedAtMs < trouble.healedAtMs,
    ),
    backMs: untilInTime(journal.answers, trouble.healedAtMs, () => true),
  };
}

/** Begins steps at their rates, however long those before them take. */
function beginLoad(works: readonly Work[]): { stop(): Promise<void> } {
  const underWay = new Map(works.map((work) => [work, new Set<Promise<void>>()]));
  const begunAtMs = performance.now();
  const begun = new Map(works.map((work) => [work, 0]));
  const timer = setInterval(() => {
    const seconds = (performance.now() - begunAtMs) / 1_000;
    for (const work of works) {
      const running = underWay.get(work)!;
      const due = Math.floor(seconds * work.rate);
      for (let at = begun.get(work)!; at < due && running.size < MOST_UNDER_WAY; at++) {
        const step = work.step().finally(() => running.delete(step));
        running.add(step);
      }
      begun.set(work, due);
    }
  }, TICK_MS);
  return {
    async stop() {
      clearInterval(timer);
      const all = Promise.all([...underWay.values()].flatMap((running) => [...running]));
      if (!await settlesWithin(all, DRAIN_MS)) throw new Error("Calls got no answer");
    },
  };
}

/** The share of answers before the fault that were late: a machine may have too much to do for all. */
function lateShare(answers: readonly Answer[]): number {
  return answers.filter((answer) => !isInTime(answer)).length / Math.max(1, answers.length);
}

/**
 * Waits until everything goes well for a while, at each of so many servers, and says whether it did.
 * Well is what was so before: no greater share of late answers.
 */
async function untilWell(
  { answers, now }: Journal,
  count: number,
  shareBefore: number,
): Promise<boolean> {
  const mendedAtMs = now();
  let oldest = answers.length;
  while (now() < mendedAtMs + RECOVERY_MS) {
    await delay(LOOK_MS);
    while (oldest < answers.length && answers[oldest]!.returnedAtMs < now() - WELL_MS) oldest++;
    if (now() < mendedAtMs + WELL_MS) continue;
    const recent = answers.slice(oldest);
    const written = recent.filter((answer) =>
      answer.isWrite && answer.server !== undefined && isInTime(answer)
    );
    const isEverywhere = new Set(written.map(({ server }) => server)).size === count;
    if (isEverywhere && lateShare(recent) <= shareBefore) return true;
  }
  return false;
}

/** What was late in the end, and before anything failed. */
function whatWasLate(answers: readonly Answer[], { wellAtMs }: Trouble, before: string): string {
  const last = lateBetween(answers, wellAtMs - LAST_MS, wellAtMs);
  const seconds = RECOVERY_MS / 1_000;
  return `not within ${seconds} s; late before the fault ${before}; in the last ${
    LAST_MS / 1_000
  } s ${last}`;
}

/** What servers without a way to a majority said yes to. */
function wrongYes(
  answers: readonly Answer[],
  sessions: SessionLife,
  trouble: Trouble,
): Broken[] {
  const { faultAtMs, healedAtMs, hit, isCut } = trouble;
  const promise = "without a majority the answer is unavailable";
  const written =
    answers.filter(({ server, isWrite, failure, invokedAtMs, returnedAtMs }) =>
      isCut && server !== undefined && hit.has(server) && isWrite &&
      failure === undefined &&
      invokedAtMs > faultAtMs + SLACK_MS && returnedAtMs < healedAtMs
    ).length;
  const read = sessions.acceptedCutOff(trouble, limits.maxStoreStalenessMs + SLACK_MS);
  return [
    ...(written > 0 ? [{ promise, what: `${written} writes were done` }] : []),
    ...(read > 0 ? [{ promise, what: `${read} sessions were accepted beyond the bound` }] : []),
  ];
}

async function judged(work: Work, trouble: Trouble): Promise<Broken[]> {
  try {
    return await work.judge(trouble);
  } catch (error) {
    return [{ promise: MENDED, what: `${work.name}: ${error}` }];
  }
}

/** From a moment on, until every write that is begun is done in time. */
function untilInTime(
  answers: readonly Answer[],
  fromMs: number,
  isMeant: (answer: Answer) => boolean,
): number {
  const late = answers.filter((answer) =>
    answer.server !== undefined && answer.isWrite && isMeant(answer) && !isInTime(answer)
  );
  return Math.max(0, ...late.map(({ invokedAtMs }) => invokedAtMs - fromMs));
}

async function readAll(paths: readonly string[]): Promise<string> {
  return (await Promise.all(paths.map((path) => Deno.readTextFile(path)))).join("\n");
}
