import { assertEquals, assertMatch } from "@std/assert";
import { runSteps, stepsOf } from "../../scripts/ok.ts";
import { settled } from "../support/settled.ts";

Deno.test("stepsOf() ends with the tests, unless they are left out", () => {
  const names = (tests: boolean) => stepsOf(["./mod.ts"], tests).map((step) => step.name);
  assertEquals(names(true), [...names(false), "tests"]);
});

Deno.test("stepsOf() gives no step every permission", () => {
  for (const { args } of stepsOf([], true)) {
    assertEquals(args.filter((arg) => arg === "-A" || arg === "--allow-all"), []);
  }
});

Deno.test("stepsOf() checks the documentation of every entry", () => {
  const step = stepsOf(["./mod.ts", "./lib/ipc/mod.ts"], false)
    .find(({ name }) => name === "documentation");
  assertEquals(step?.args, ["doc", "--lint", "./mod.ts", "./lib/ipc/mod.ts"]);
});

Deno.test("runSteps() goes on after a failure and prints only that step's output", async () => {
  const lines: string[] = [];
  const failed = await runSteps(
    [{ name: "lint", args: [] }, { name: "types", args: [] }],
    (step) => Promise.resolve({ success: step.name !== "lint", output: `of ${step.name}\n` }),
    (line) => lines.push(line),
  );
  assertEquals(failed, 1);
  assertEquals(lines.length, 3);
  assertMatch(lines[0] ?? "", /^FAILED lint \(\d+\.\d s\)$/);
  assertEquals(lines[1], "of lint");
  assertMatch(lines[2] ?? "", /^ok {5}types \(\d+\.\d s\)$/);
});

Deno.test("runSteps() runs as many steps at once as it may, and reports them in their order", async () => {
  const names = ["lint", "style", "types"];
  const gates = new Map(names.map((name) => [name, Promise.withResolvers<void>()]));
  const begun: string[] = [];
  const lines: string[] = [];
  const ended = runSteps(
    names.map((name) => ({ name, args: [] })),
    async ({ name }) => {
      begun.push(name);
      await gates.get(name)?.promise;
      return { success: true, output: "" };
    },
    (line) => lines.push(line.replace(/ \(.*/, "")),
    2,
  );
  assertEquals(begun, ["lint", "style"]);
  gates.get("style")?.resolve();
  await settled();
  assertEquals([begun, lines], [names, []]);
  for (const { resolve } of gates.values()) resolve();
  assertEquals(await ended, 0);
  assertEquals(lines, names.map((name) => `ok     ${name}`));
});

Deno.test("stepsOf() runs every script that checks the house", async () => {
  const scripts: string[] = [];
  for await (const { name } of Deno.readDir(new URL("../../scripts/", import.meta.url))) {
    if (name.startsWith("check_")) scripts.push(`scripts/${name}`);
  }
  const run = new Set(stepsOf([], false).map(({ args }) => args.at(-1)));
  assertEquals(scripts.filter((script) => !run.has(script)), []);
});
