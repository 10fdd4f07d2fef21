/**
 * What holds of queues and jobs whatever was killed, judged by what the programs wrote down.
 *
 * @module
 */

import type { JobStatus } from "../../../lib/messages/job/operations.ts";
import type { Line } from "./lines.ts";

/** What is promised of queues and jobs. */
export type MessagesPromised =
  | "no acknowledged message is lost"
  | "no message runs beyond what a lease explains"
  | "keys keep their order"
  | "an answer after the lease is refused"
  | "numbers never go back"
  | "cursors never go back"
  | "a message is put once"
  | "poison reaches the dead letters"
  | "no acknowledged job is lost"
  | "no step runs that is remembered"
  | "the store counts what it has"
  | "everything ends";

/** A promise that was broken. */
export interface MessagesViolation {
  readonly promise: MessagesPromised;
  readonly what: string;
}

/** What is in the store once nothing is left to be done. */
export interface Remains {
  /** The numbers of the dead letters, and how often each was tried. */
  readonly dead: ReadonlyMap<number, number>;
  /** Where each job stands, by its number. */
  readonly jobs: ReadonlyMap<number, JobStatus>;
}

/** How the queue works. */
export interface Settings {
  readonly leaseMs: number;
  readonly maxTries: number;
  /** How long the lease of a job lasts, in milliseconds. */
  readonly jobLeaseMs: number;
}

/** A line of a kind. */
type Of<Kind extends Line["kind"]> = Extract<Line, { kind: Kind }>;

/** What clocks of two processes may differ by, in milliseconds. */
const CLOCKS_MS = 10;
/** How much later than its lease a job may write that it runs, in milliseconds. */
const JOB_LATE_MS = 10_000;

/**
 * Judges.
 *
 * @param lines What the programs wrote down.
 * @param remains What is in the store.
 * @param settings How the queue works.
 * @returns The promises that were broken.
 */
export function judgeMessages(
  lines: readonly Line[],
  remains: Remains,
  settings: Settings,
): MessagesViolation[] {
  const seen = new Seen(lines, settings);
  return [
    ...checkPuts(seen, remains),
    ...checkRuns(seen),
    ...checkKeys(seen),
    ...checkJobs(seen, remains),
  ];
}

/** The lines, by what they are about. */
class Seen {
  readonly settings: Settings;
  readonly puts: readonly Of<"put">[];
  readonly runs: readonly Of<"run">[];
  readonly lines: readonly Line[];
  /** The runs of each message, in the order of their tries. */
  readonly runsOf: ReadonlyMap<string, Of<"run">[]>;
  readonly #answers: ReadonlyMap<string, Of<"answers">>;
  readonly #answered: ReadonlyMap<string, Of<"answered">>;
  readonly #extended: ReadonlyMap<string, Of<"extended">>;

  constructor(lines: readonly Line[], settings: Settings) {
    const of = <Kind extends Line["kind"]>(kind: Kind) =>
      lines.filter((line): line is Of<Kind> => line.kind === kind);
    const byLease = <L extends { readonly lease: string }>(all: readonly L[]) =>
      new Map(all.map((line) => [line.lease, line]));
    this.lines = lines;
    this.settings = settings;
    this.puts = of("put");
    this.runs = of("run");
    this.#answers = byLease(of("answers"));
    this.#answered = byLease(of("answered"));
    this.#extended = byLease(of("extended"));
    const runsOf = Map.groupBy(this.runs, ({ n }) => n);
    for (const runs of runsOf.values()) runs.sort((a, b) => a.tries - b.tries || a.at - b.at);
    this.runsOf = runsOf;
  }

  /** When a lease ended at the earliest: it began after it was asked for. */
  leaseEndedFrom({ lease, askedAt }: Of<"run">): number {
    return (this.#extended.get(lease)?.askedAt ?? askedAt) + this.settings.leaseMs;
  }

  /** When a lease had ended at the latest. */
  leaseEndedBy({ lease, at }: Of<"run">): number {
    return (this.#extended.get(lease)?.at ?? at) + this.settings.leaseMs;
  }

  answerOf({ lease }: Of<"run">): Of<"answers"> | undefined {
    return this.#answers.get(lease);
  }

  /** Whether an answer was taken; `undefined` where nobody knows. */
  isTaken({ lease }: Of<"run">): boolean | undefined {
    return this.#answered.get(lease)?.isTaken;
  }
}

/** Each message that was acknowledged is done, or a dead letter, and was put once. */
function* checkPuts(seen: Seen, { dead }: Remains): Generator<MessagesViolation> {
  const last = new Map<string, number>();
  const names = new Map<number, string>();
  for (const { n, number, lane, isPoison } of seen.puts) {
    const runs = seen.runsOf.get(n) ?? [];
    const tries = dead.get(number);
    const wasAcked = runs.some((run) => seen.answerOf(run)?.answer === "ack");
    if (tries === undefined && !wasAcked) {
      const what = `${n} (${number}) is gone, and nobody acknowledged it`;
      yield { promise: "no acknowledged message is lost", what };
    }
    if (isPoison && tries !== seen.settings.maxTries) {
      const what = `${n} (${number}) has ${tries ?? "no"} tries among the dead letters`;
      yield { promise: "poison reaches the dead letters", what };
    }
    const other = names.get(number) ?? runs.find((run) => run.number !== number)?.number;
    if (other !== undefined) {
      yield {
        promise: "a message is put once",
        what: `${n} has number ${number}, beside ${other}`,
      };
    }
    names.set(number, n);
    const before = last.get(lane) ?? 0;
    if (number <= before) {
      yield { promise: "numbers never go back", what: `${n} has number ${number} after ${before}` };
    }
    last.set(lane, number);
  }
}

/** A message runs again once its lease has ended, or it was given back. */
function* checkRuns(seen: Seen): Generator<MessagesViolation> {
  for (const [n, runs] of seen.runsOf) {
    for (const [place, run] of runs.entries()) {
      const answer = seen.answerOf(run);
      const isTaken = seen.isTaken(run);
      if (isTaken && answer !== undefined && answer.at > seen.leaseEndedBy(run) + CLOCKS_MS) {
        const lateMs = answer.at - seen.leaseEndedBy(run);
        const what = `${n} was answered ${lateMs} ms after its lease`;
        yield { promise: "an answer after the lease is refused", what };
      }
      const next = runs[place + 1];
      if (next === undefined) continue;
      // One that was frozen may give back what others have by then.
      const givenBackAt = answer?.answer === "nack" ? answer.at : Infinity;
      const endedFrom = Math.min(givenBackAt, seen.leaseEndedFrom(run));
      const isDone = isTaken && answer?.answer === "ack";
      const isEarly = next.at < endedFrom - CLOCKS_MS;
      if (!isDone && !isEarly && next.tries > run.tries) continue;
      const why = isDone ? "it was done" : `at ${next.at}, with a lease until ${endedFrom}`;
      yield {
        promise: "no message runs beyond what a lease explains",
        what: `${n} ran as try ${run.tries} and again as try ${next.tries}: ${why}`,
      };
    }
  }
}

/** Messages of one key run one after the other, in the order in which they were put. */
function* checkKeys(seen: Seen): Generator<MessagesViolation> {
  // A worker that was frozen before it wrote that it runs may have lost its lease by then.
  const inTime = seen.runs.filter(({ at, askedAt }) => at <= askedAt + seen.settings.leaseMs);
  for (const [key, runs] of Map.groupBy(inTime, ({ key }) => key)) {
    if (key === undefined) continue;
    runs.sort((a, b) => a.at - b.at || a.number - b.number);
    for (const [place, run] of runs.entries()) {
      const next = runs[place + 1];
      if (next === undefined || next.number >= run.number) continue;
      const what = `${next.n} (${next.number}) of ${key} ran after ${run.n} (${run.number})`;
      yield { promise: "keys keep their order", what };
    }
  }
}

/** Each job that was acknowledged is done; what it remembers is not done again. */
function* checkJobs({ lines, settings }: Seen, { jobs }: Remains): Generator<MessagesViolation> {
  const about = Map.groupBy(
    lines.filter((line) =>
      line.kind.startsWith("job") || line.kind.startsWith("step")
    ) as JobLine[],
    ({ n }) => n,
  );
  for (const [n, own] of about) {
    for (const line of own) {
      const status = line.kind === "job" ? jobs.get(line.job) : "done";
      if (status === "done") continue;
      const what = `${n} is ${status ?? "not there"}`;
      yield { promise: "no acknowledged job is lost", what };
    }
    const times = (kind: JobLine["kind"]) =>
      own.flatMap((line) => line.kind === kind && "at" in line ? [line.at] : []).sort((a, b) =>
        a - b
      );
    const keptAt = times("stepKept")[0] ?? Infinity;
    if (times("step").some((at) => at > keptAt)) {
      yield { promise: "no step runs that is remembered", what: `${n} did its step again` };
    }
    const [runs, fails] = [times("jobRun"), times("jobFails")];
    for (const [place, at] of runs.entries()) {
      const next = runs[place + 1];
      if (next === undefined || next >= at + settings.jobLeaseMs - JOB_LATE_MS) continue;
      if (fails.some((failedAt) => failedAt >= at && failedAt <= next)) continue;
      const what = `job ${n} ran at ${at} and again at ${next}`;
      yield { promise: "no message runs beyond what a lease explains", what };
    }
  }
}

type JobLine = Of<"job" | "jobRun" | "jobFails" | "step" | "stepKept">;
