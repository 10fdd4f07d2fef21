import { assertEquals, assertMatch } from "@std/assert";
import { parseArguments } from "../../scripts/arguments.ts";

const root = new URL("../..", import.meta.url);
const USAGE = "Usage: deno task trial [--times 10] [--only NAME]... [--no-peers] [WORD]";
const accepted = { values: ["times"], lists: ["only"], flags: ["no-peers"], words: 1 } as const;

function parse(...words: string[]) {
  return parseArguments(words, USAGE, accepted);
}

function given(found: ReturnType<typeof parse>): unknown[] {
  if ("exitCode" in found) throw new Error(String(found.text));
  return [found.times, found.only, found["no-peers"], found.words];
}

Deno.test("parseArguments() reads options with values, lists of them, flags and words", () => {
  const found = parse("--times=2", "--only", "a b", "--only", "c", "--no-peers", "7");
  assertEquals(given(found), ["2", ["a b", "c"], true, ["7"]]);
});

Deno.test("parseArguments() leaves out what is not given", () => {
  assertEquals(given(parse()), [undefined, [], false, []]);
});

Deno.test("parseArguments() ends with the usage where it is asked for help, whatever else is given", () => {
  for (const given of [["--help"], ["-h"], ["--unknown", "a", "b", "--help"], ["--only", "-h"]]) {
    assertEquals(parse(...given), { exitCode: 0, text: USAGE });
  }
});

Deno.test("parseArguments() refuses options and words that it does not take", () => {
  const cases: [given: string[], stranger: string][] = [
    [["--time", "3"], "--time"],
    [["--times", "3", "-x"], "-x"],
    [["--peers"], "--peers"],
    [["--a.b=1"], "--a.b=1"],
    [["a", "b"], "b"],
    [["--", "a", "--help"], "--help"],
  ];
  for (const [given, stranger] of cases) {
    assertEquals(parse(...given), {
      exitCode: 64,
      text: `Unknown argument "${stranger}".\n${USAGE}`,
    });
  }
});

Deno.test("parseArguments() refuses an option without its value", () => {
  for (const given of [["--times"], ["--times="], ["--times", "--no-peers"]]) {
    assertEquals(parse(...given), { exitCode: 64, text: `--times needs a value.\n${USAGE}` });
  }
  assertEquals(parse("--only"), { exitCode: 64, text: `--only needs a value.\n${USAGE}` });
});

/** The programs that stand behind tasks of deno.json. */
async function programs(): Promise<Map<string, { program: string; permissions: string[] }>> {
  const { tasks } = JSON.parse(await Deno.readTextFile(new URL("deno.json", root)));
  return new Map(
    Object.entries<{ command: string }>(tasks).flatMap(([name, { command }]) => {
      const [, program] = /(scripts\/\S+\.ts)$/.exec(command) ?? [];
      if (program === undefined) return [];
      return [[name, { program, permissions: command.match(/--allow-\S+/g) ?? [] }]];
    }),
  );
}

Deno.test("the program behind each task reads its arguments as the others do", async () => {
  const all = await programs();
  assertEquals(all.has("outages") && all.has("bench") && all.has("ok"), true);
  for (const [name, { program }] of all) {
    const text = await Deno.readTextFile(new URL(program, root));
    assertMatch(text, /from "(?:\.\.?\/)+arguments\.ts"/, name);
  }
});

Deno.test("a task prints its usage for --help, and refuses what it does not know, before it begins", async () => {
  const { program, permissions } = (await programs()).get("outages")!;
  const run = async (...args: string[]) => {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-check", ...permissions, program, ...args],
      cwd: root,
      env: { NO_COLOR: "1" },
    }).output();
    const decoder = new TextDecoder();
    return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
  };
  const [help, unknown] = await Promise.all([run("--help"), run("--time", "1")]);
  assertEquals([help.code, help.stderr], [0, ""]);
  assertMatch(help.stdout, /^Usage: deno task outages /);
  assertEquals([unknown.code, unknown.stdout], [64, ""]);
  assertMatch(unknown.stderr, /^Unknown argument "--time".\nUsage: deno task outages /);
});
