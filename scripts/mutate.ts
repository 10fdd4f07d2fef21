/**
 * `deno task mutate ROOM`: plants one mistake at a time in the code of a room, runs that room's tests
 * in a copy of the tree, and lists the mistakes that no test has noticed.
 *
 * ```sh
 * deno task mutate ipc                     # thirty mistakes in lib/ipc
 * deno task mutate ipc --count 60 --seed 2 # sixty others
 * deno task mutate ipc/queue               # one folder, with the tests of the whole room
 * deno task mutate ipc --test tests/rpc    # with other tests beside the room's
 * deno task mutate ipc/queue --near        # quicker: with the tests of each file and folder alone
 * ```
 *
 * The same seed chooses the same mistakes in the same code. A survivor is a missing test, code that
 * nobody needs, or a change without a difference. Linux only: it uses GNU timeout.
 *
 * @module
 */

import { misuse, readArguments } from "./arguments.ts";
import { listSources } from "./module_graph.ts";
import { choose, mutate, type Mutation, mutationsOf } from "./mutate/mutations.ts";
import { Sandbox, type Verdict } from "./mutate/sandbox.ts";

const USAGE =
  "Usage: deno task mutate ROOM [--count 30] [--seed 1] [--jobs 2] [--timeout SECONDS] " +
  "[--test PATH]... [--near]";

const args = readArguments(USAGE, {
  values: ["count", "seed", "jobs", "timeout"],
  lists: ["test"],
  flags: ["near"],
  words: 1,
});
const [where] = args.words;
const count = Number(args.count ?? 30), seed = Number(args.seed ?? 1);
const jobs = Number(args.jobs ?? 2);
const isThere = where !== undefined &&
  await Deno.stat(`lib/${where}`).then(() => true, () => false);
if (!isThere || ![count, seed, jobs].every((value) => Number.isInteger(value) && value > 0)) {
  Deno.exit(misuse(USAGE));
}
const room = where.split("/")[0]!;
const tests = [...(args.near ? [] : [`tests/${room}`]), ...args.test];

/** The mistakes that are planted in this run. */
async function plan(): Promise<Mutation[]> {
  const all: Mutation[] = [];
  for (const path of await listSources(Deno.cwd(), [`lib/${where}`])) {
    // Another number in the table of limits is another decision, and no mistake.
    if (path.startsWith("lib/base/limits")) continue;
    all.push(...mutationsOf(path, await Deno.readTextFile(path)));
  }
  console.log(`${all.length} mistakes are possible in lib/${where}; seed ${seed} chooses ${count}`);
  return choose(all, count, seed);
}

async function describe(mutation: Mutation, verdict: Verdict): Promise<string> {
  const text = await Deno.readTextFile(mutation.path);
  const lineOf = (source: string) => source.split("\n")[mutation.line - 1]?.trim() ?? "";
  const change = `    - ${lineOf(text)}\n    + ${lineOf(mutate(text, mutation))}`;
  return `${verdict.padEnd(8)} ${mutation.path}:${mutation.line} ${mutation.kind}\n${change}`;
}

const planned = await plan();
const survivors: string[] = [];
const verdicts: Record<Verdict, number> = { killed: 0, timeout: 0, types: 0, survived: 0 };
/** The time limit of a run with a mistake, measured once where none is given. */
let measured: Promise<number> | undefined;

async function work(): Promise<void> {
  await using sandbox = await Sandbox.create(tests);
  measured ??= args.timeout === undefined
    ? sandbox.measure(tests.length === 0 ? [`tests/${where}`] : tests)
    : Promise.resolve(Number(args.timeout) * 1_000);
  const timeoutMs = await measured;
  for (let mutation = planned.shift(); mutation !== undefined; mutation = planned.shift()) {
    const verdict = await sandbox.judge(mutation, timeoutMs);
    verdicts[verdict]++;
    const line = await describe(mutation, verdict);
    console.log(line);
    if (verdict === "survived") survivors.push(line);
  }
}

// All of them, so that each removes its copy.
const ended = await Promise.allSettled(Array.from({ length: jobs }, work));
const failed = ended.find((end) => end.status === "rejected");
if (failed !== undefined) {
  console.error(failed.reason instanceof Error ? failed.reason.message : failed.reason);
  Deno.exit(1);
}
console.log(Object.entries(verdicts).map(([verdict, number]) => `${verdict} ${number}`).join(", "));
if (survivors.length > 0) console.log(`\nNo test noticed:\n${survivors.toSorted().join("\n")}`);
