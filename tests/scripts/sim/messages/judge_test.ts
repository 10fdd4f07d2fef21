import { assertEquals } from "@std/assert";
import { judgeMessages, type Remains } from "../../../../scripts/sim/messages/judge.ts";
import type { Line } from "../../../../scripts/sim/messages/lines.ts";

const settings = { leaseMs: 1_000, maxTries: 3, jobLeaseMs: 30_000 };
const nothing: Remains = { dead: new Map(), jobs: new Map() };

function put(n: string, number: number, isPoison = false): Line {
  return { kind: "put", n, number, lane: "lane", isPoison, isDuplicate: false };
}

/** One try of a message, which begins at a time. */
function run(n: string, number: number, tries: number, at: number, key?: string): Line {
  const lease = `${number}.${tries}`;
  return { kind: "run", n, number, tries, lease, at, askedAt: at - 5, ...(key && { key }) };
}

function answered(
  number: number,
  tries: number,
  answer: "ack" | "nack",
  at: number,
  isTaken = true,
): Line[] {
  const lease = `${number}.${tries}`;
  return [{ kind: "answers", lease, answer, at }, { kind: "answered", lease, isTaken }];
}

function broken(lines: readonly Line[], remains = nothing): string[] {
  return judgeMessages(lines, remains, settings).map(({ promise }) => promise);
}

Deno.test("judgeMessages() finds nothing where each message is done once, or is a dead letter", () => {
  const lines = [
    ...[put("a", 1), put("b", 2), put("bad", 3, true)],
    ...[run("a", 1, 1, 10), ...answered(1, 1, "ack", 20)],
    ...[run("b", 2, 1, 10), run("b", 2, 2, 1_010), ...answered(2, 2, "ack", 1_020)],
    ...[run("bad", 3, 3, 10), ...answered(3, 3, "nack", 11)],
  ];
  assertEquals(broken(lines, { ...nothing, dead: new Map([[3, 3]]) }), []);
});

Deno.test("judgeMessages() misses a message that was acknowledged, and poison that is no dead letter", () => {
  const lines = [put("a", 1), put("bad", 2, true), run("a", 1, 1, 10)];
  assertEquals(broken(lines, { ...nothing, dead: new Map([[2, 2]]) }), [
    "no acknowledged message is lost",
    "poison reaches the dead letters",
  ]);
});

Deno.test("judgeMessages() finds a message that runs again while its lease lasts, or after it was done", () => {
  const again = [
    put("a", 1),
    run("a", 1, 1, 10),
    run("a", 1, 2, 900),
    ...answered(1, 2, "ack", 901),
  ];
  const afterDone = [
    ...[put("a", 1), run("a", 1, 1, 10), ...answered(1, 1, "ack", 20)],
    run("a", 1, 2, 5_000),
  ];
  const twice = [
    ...[put("a", 1), run("a", 1, 1, 10), ...answered(1, 1, "ack", 20, false)],
    run("a", 1, 1, 5_000),
  ];
  for (const lines of [again, afterDone, twice]) {
    assertEquals(broken(lines), ["no message runs beyond what a lease explains"]);
  }
});

Deno.test("judgeMessages() knows that what was given back, and what was extended, runs again at other times", () => {
  const extended = (askedAt: number): Line => {
    return { kind: "extended", lease: "1.1", askedAt, at: askedAt + 1 };
  };
  const after = [run("a", 1, 2, 1_200), ...answered(1, 2, "ack", 1_201)];
  const givenBack = [run("a", 1, 1, 1_100), ...answered(1, 1, "nack", 1_150)];
  assertEquals(broken([put("a", 1), ...givenBack, ...after]), []);
  const early = [put("a", 1), run("a", 1, 1, 10), extended(500), ...after];
  assertEquals(broken(early), ["no message runs beyond what a lease explains"]);
});

Deno.test("judgeMessages() finds an answer that was taken after the lease", () => {
  const lines = [put("a", 1), run("a", 1, 1, 10), ...answered(1, 1, "ack", 1_100)];
  assertEquals(broken(lines), ["an answer after the lease is refused"]);
});

Deno.test("judgeMessages() finds keys out of order, numbers that go back, and messages put twice", () => {
  const done = (n: string, number: number, at: number) => [
    run(n, number, 1, at, "key"),
    ...answered(number, 1, "ack", at + 1),
  ];
  const swapped = [put("a", 1), put("b", 2), ...done("b", 2, 10), ...done("a", 1, 20)];
  assertEquals(broken(swapped), ["keys keep their order"]);
  const back = [put("a", 2), put("b", 1), ...done("b", 1, 10), ...done("a", 2, 20)];
  assertEquals(broken(back), ["numbers never go back"]);
  const twice = [put("a", 1), ...done("a", 1, 10), ...done("a", 2, 20)];
  assertEquals(broken(twice).includes("a message is put once"), true);
});

Deno.test("judgeMessages() finds a job that is lost, one that runs beside itself, and a step done again", () => {
  const job: Line = { kind: "job", n: "j", job: 7 };
  const at = (kind: "jobRun" | "jobFails" | "step" | "stepKept", at: number): Line => {
    return { kind, n: "j", at };
  };
  const done: Remains = { ...nothing, jobs: new Map([[7, "done"]]) };
  assertEquals(broken([job, at("jobRun", 10)]), ["no acknowledged job is lost"]);
  assertEquals(broken([job, at("jobRun", 10), at("jobFails", 11), at("jobRun", 12)], done), []);
  assertEquals(broken([job, at("jobRun", 10), at("jobRun", 12)], done), [
    "no message runs beyond what a lease explains",
  ]);
  const steps = [at("step", 10), at("stepKept", 11), at("step", 40_000)];
  assertEquals(broken([job, ...steps], done), ["no step runs that is remembered"]);
});
