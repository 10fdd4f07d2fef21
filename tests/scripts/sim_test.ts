import { assert, assertEquals, assertMatch } from "@std/assert";
import { mistakes } from "../../scripts/sim/planted/mistakes.ts";
import { findPlanted, plant } from "../../scripts/sim/planted/find.ts";
import { runPlan } from "../../scripts/sim/run.ts";
import { replayArguments } from "../../scripts/sim/shrink.ts";
import { Random } from "../../scripts/sim/time/random.ts";
import { planOf } from "../../scripts/sim/work/plan.ts";

const root = new URL("../..", import.meta.url).pathname;

async function sim(...args: string[]): Promise<{ code: number; output: string }> {
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", "--allow-read", "scripts/sim.ts", ...args],
    cwd: root,
    env: { NO_COLOR: "1" },
  }).output();
  return { code, output: new TextDecoder().decode(stdout) };
}

Deno.test("every promise of the simulation holds, and a seed gives the same run whatever ran before", async () => {
  const seeds = Array.from({ length: 12 }, (_, seed) => seed + 1);
  const hashes = new Map<number, string>();
  for (const seed of seeds) {
    const { violations, hash } = await runPlan(planOf(seed, 60));
    assertEquals(violations, []);
    hashes.set(seed, hash);
  }
  assertEquals(new Set(hashes.values()).size, seeds.length);
  for (const seed of seeds.toReversed()) {
    assertEquals((await runPlan(planOf(seed, 60))).hash, hashes.get(seed));
  }
});

Deno.test("`deno task sim` runs a seed as it ran in another process, and prints the hash of its trace", async () => {
  const { hash } = await runPlan(planOf(7, 80));
  const { code, output } = await sim("--seed", "7", "--steps", "80");
  assertEquals(code, 0);
  assertMatch(output, new RegExp(`^seed 7: 80 steps, \\d+ faults, trace ${hash}\n$`));
});

Deno.test("runPlan() keeps what happened where it is asked for", async () => {
  const { lines } = await runPlan(planOf(3, 20), { keepsTrace: true });
  assert(lines.some((line) => line.includes("rpc.hello")));
  assertEquals((await runPlan(planOf(3, 20))).lines, []);
});

Deno.test("a plan without one step or fault leaves the others as they are", () => {
  const plan = planOf(5, 40);
  assertEquals(planOf(5, 40), plan);
  assertEquals(planOf(5, 30).steps, plan.steps.slice(0, 30));
  const [, second, third] = plan.steps;
  const small = { ...plan, steps: [second!, third!], faults: [] };
  assertEquals(
    replayArguments(small, 40),
    "--seed 5 --steps 40 --only-steps 1,2 --only-faults none",
  );
  assertEquals(replayArguments(plan, 40), "--seed 5 --steps 40");
});

Deno.test("a mistake in the code is found, shrunk to a few steps, and replayed by the printed command", async () => {
  const lines: string[] = [];
  const [mistake] = mistakes;
  const replays: string[] = [];
  const found = await findPlanted([mistake!], {
    tell: (line) => lines.push(line),
    replay: (output) => {
      const [, args] = /^ {2}deno task sim (.*) --trace$/m.exec(output)!;
      replays.push(args!);
      return args!.split(" ");
    },
  });
  assertEquals(found, true);
  assertMatch(lines.join("\n"), /no acknowledged effect is lost/);
  assertMatch(replays[0] ?? "", /^--seed \d+ --steps 200 --only-steps [\d,]+ --only-faults /);
  const steps = /--only-steps (\S+)/.exec(replays[0]!)![1]!.split(",");
  assert(steps.length <= 10, `${steps.length} steps are left`);
  assertMatch(lines.join("\n"), /again: by seed/);
});

Deno.test("each planted mistake has its place in the code once, and changes it", async () => {
  assert(mistakes.length >= 10);
  for (const mistake of mistakes) {
    const text = await Deno.readTextFile(root + mistake.path);
    assert(plant(text, mistake) !== text);
  }
});

Deno.test("`deno task sim` refuses what it cannot use", async () => {
  for (const args of [["--steps", "0"], ["--seed", "x"], ["--seeds", "0.5"], ["seed"]]) {
    assertEquals((await sim(...args)).code, 64);
  }
});

Deno.test("Random gives the same numbers for the same seed and labels, others for others", () => {
  const draw = (...labels: (string | number)[]) => {
    const random = new Random(1, ...labels);
    return [random.next(), random.whole(1, 6), random.pick("abc".split("")), random.chance(0.5)];
  };
  assertEquals(draw("a", 1), draw("a", 1));
  assert(JSON.stringify(draw("a", 1)) !== JSON.stringify(draw("a", 2)));
  const random = new Random(2);
  const rolls = Array.from({ length: 6_000 }, () => random.whole(1, 6));
  for (let face = 1; face <= 6; face++) {
    const share = rolls.filter((roll) => roll === face).length / rolls.length;
    assert(Math.abs(share - 1 / 6) < 0.02, `${face} came in ${share} of all rolls`);
  }
});
