/**
 * `deno task ok`: everything that a change must pass, one line for each step, and the whole output
 * of a step that fails. `--no-tests` leaves the tests out.
 *
 * @module
 */

import { readArguments } from "./arguments.ts";
import { FLAGS_FOR_TESTS } from "./module_graph.ts";

/** One check: a command of Deno. */
export interface Step {
  /** The step's name, one word. */
  readonly name: string;
  /** Arguments of Deno. */
  readonly args: readonly string[];
}

/** How a step ended. */
export interface Outcome {
  /** Whether it passed. */
  readonly success: boolean;
  /** What it printed. */
  readonly output: string;
}

const SOURCES = ["cli.ts", "mod.ts", "lib", "tests", "scripts"];

/**
 * The steps, cheapest first.
 *
 * @param entries The files that `exports` of deno.json names.
 * @param tests Whether the tests are among them.
 * @returns What to run.
 */
export function stepsOf(entries: readonly string[], tests: boolean): Step[] {
  const script = (name: string, ...permissions: string[]) => [
    "run",
    "--allow-read",
    ...permissions,
    `scripts/${name}.ts`,
  ];
  return [
    { name: "format", args: ["fmt", "--check"] },
    { name: "lint", args: ["lint"] },
    { name: "style", args: script("check_style") },
    { name: "limits", args: script("check_limits") },
    { name: "mirror", args: script("check_mirror") },
    { name: "imports", args: script("check_imports", "--allow-run", "--allow-write") },
    { name: "client", args: script("check_client", "--allow-run", "--allow-write") },
    { name: "types", args: ["check", "--doc", ...FLAGS_FOR_TESTS, ...SOURCES, "README.md"] },
    { name: "documentation", args: ["doc", "--lint", ...entries] },
    { name: "examples", args: script("check_examples", "--allow-run") },
    {
      name: "audit",
      args: script("audit", "--allow-run", "--allow-env=NO_COLOR"),
    },
    { name: "packaging", args: ["publish", "--dry-run", "--allow-dirty"] },
    ...(tests ? [{ name: "tests", args: ["task", "test"] }] : []),
  ];
}

/**
 * Runs every step, also after one has failed, so that one run shows everything that is wrong.
 *
 * @param steps What to run.
 * @param run Runs one step.
 * @param print Takes each line of the report, in the order of the steps.
 * @param atOnce How many steps run at once.
 * @returns How many steps failed.
 */
export async function runSteps(
  steps: readonly Step[],
  run: (step: Step) => Promise<Outcome>,
  print: (line: string) => void,
  atOnce: number = 1,
): Promise<number> {
  const ended = steps.map(() => Promise.withResolvers<Outcome & { readonly seconds: string }>());
  const waiting = steps.entries();
  const work = async () => {
    for (const [at, step] of waiting) {
      const start = performance.now();
      const outcome = await run(step);
      const seconds = ((performance.now() - start) / 1_000).toFixed(1);
      ended[at]?.resolve({ ...outcome, seconds });
    }
  };
  const report = async () => {
    let failed = 0;
    for (const [at, { promise }] of ended.entries()) {
      const { success, output, seconds } = await promise;
      print(`${success ? "ok    " : "FAILED"} ${steps[at]?.name} (${seconds} s)`);
      if (success) continue;
      failed++;
      print(output.trimEnd());
    }
    return failed;
  };
  const [failed] = await Promise.all([report(), ...Array.from({ length: atOnce }, work)]);
  return failed;
}

async function runDeno(step: Step): Promise<Outcome> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...step.args],
    stdin: "null",
    env: { NO_COLOR: "1" },
  }).output();
  const decoder = new TextDecoder();
  return { success, output: decoder.decode(stdout) + decoder.decode(stderr) };
}

if (import.meta.main) {
  const args = readArguments("Usage: deno task ok [--no-tests]", { flags: ["no-tests"] });
  const { exports } = JSON.parse(await Deno.readTextFile("deno.json"));
  const { checks = [], tests = [] } = Object.groupBy(
    stepsOf(Object.values(exports), !args["no-tests"]),
    ({ name }) => name === "tests" ? "tests" : "checks",
  );
  // The checks run on every core; the tests have the machine for themselves.
  const failed = await runSteps(checks, runDeno, console.log, navigator.hardwareConcurrency) +
    await runSteps(tests, runDeno, console.log);
  if (failed > 0) Deno.exit(1);
}
