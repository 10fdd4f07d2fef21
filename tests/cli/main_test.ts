import { assert, assertEquals, assertMatch } from "@std/assert";
import { DariError } from "../../lib/base/errors.ts";
import { VERSION } from "../../lib/base/version.ts";
import { defineCommand, findCommand } from "../../lib/cli/app/command.ts";
import { main } from "../../lib/cli/main.ts";
import { commands } from "../../lib/cli/table.ts";
import { createIo, dari, done } from "../support/dari_command.ts";

Deno.test("dari help COMMAND is dari COMMAND --help, and dari version is dari --version", async () => {
  for (const words of [["serve"], ["cert", "issue"], ["cert"]]) {
    const help = await dari([...words, "--help"]);
    assertEquals([await dari(["help", ...words]), help.code], [help, 0]);
  }
  assertEquals(await dari(["version"]), await dari(["--version"]));
  assertEquals(JSON.parse((await dari(["version", "--json"])).out).version, VERSION);
});

Deno.test("an unknown command, verb or option asks whether a near one was meant", async () => {
  const cases: [words: string[], message: string][] = [
    [["serev"], 'There is no command "serev"; did you mean dari serve?'],
    [["user", "ad"], 'There is no command "user ad"; did you mean dari user add?'],
    [["issue"], 'There is no command "issue"; did you mean dari cert issue?'],
    [["serve", "--lisen", "x"], "There is no option --lisen; did you mean --listen?"],
    [["serve", "--jsn"], "There is no option --jsn; did you mean --json?"],
    [["serve", "--frobnicate"], "There is no option --frobnicate; see dari serve --help"],
  ];
  for (const [words, message] of cases) {
    assertEquals(await dari(words), { out: "", err: `dari: ${message}`, code: 64 });
  }
});

Deno.test("hints name what can be typed here, and a compiled service speaks of itself", async () => {
  const task = { env: { DARI_NAME: "deno task dari" } };
  assertEquals(
    (await dari(["serev"], task)).err,
    'dari: There is no command "serev"; did you mean deno task dari serve?',
  );
  assertMatch((await dari([], task)).out, /^ {2}deno task dari serve +start/m);
  const service = { env: { DARI_NAME: "./shop", DARI_SERVICE: "1" } };
  assertEquals((await dari(["--version"], service)).out, `shop (dari ${VERSION})`);
  const { out } = await dari(["serve", "--help"], service);
  assertMatch(out, /^ {2}\.\/shop --listen .*\n/m);
  assertMatch(out, /^Usage: \.\/shop \[OPTION\.\.\.\]$/m);
  assertEquals(/my_methods|MODULE|(?<!\.)dari (serve|user)/.test(out), false);
  assertEquals(
    (await dari(["user", "list", "--nam"], service)).err,
    "shop: There is no option --nam; see ./shop user list --help",
  );
});

Deno.test("dari --version prints the version", async () => {
  assertEquals(await dari(["--version"]), done(`dari ${VERSION}`));
});

Deno.test("dari --help, dari help and dari alone show the commands", async () => {
  const { out, code } = await dari(["--help"]);
  assertMatch(out, /^dari: programs that talk to each other safely/);
  for (const name of Object.keys(commands)) assert(out.includes(name.split(" ")[0] ?? "?"), name);
  assertEquals(code, 0);
  for (const words of [["help"], ["-h"], []]) assertEquals((await dari(words)).out, out);
});

Deno.test("a noun alone shows its verbs", async () => {
  for (const words of [["user"], ["user", "--help"]]) {
    const { out, code } = await dari(words);
    assertMatch(out, /^ {2}user add +\S/m);
    assertEquals(code, 0);
  }
});

Deno.test("help is one JSON value with --json: the commands, those of a noun, and what one takes", async () => {
  const read = async (...words: string[]) => {
    const { out, err, code } = await dari(words);
    assertEquals([err, code], ["", 0]);
    return JSON.parse(out);
  };
  const all = await read("--json");
  assertEquals(
    all.commands.map(({ name }: { name: string }) => name),
    Object.keys(commands),
  );
  for (const words of [["help", "--json"], ["--help", "--json"]]) {
    assertEquals(await read(...words), all);
  }
  const verbs = await read("session", "--json");
  assertEquals(verbs, {
    commands: [
      { name: "session list", summary: "List sessions" },
      { name: "session revoke", summary: "Revoke sessions" },
    ],
  });
  for (const words of [["help", "session"], ["session", "--help"]]) {
    assertEquals(await read(...words, "--json"), verbs);
  }
  const help = await read("help", "user", "add", "--json");
  assertEquals([help.name, help.summary], ["user add", commands["user add"]!.summary]);
  assertEquals(await read("user", "add", "--json", "--help"), help);
});

Deno.test("an unknown command is refused, also where an object would know the name", async () => {
  for (const name of ["frob", "constructor", "__proto__", "toString", "\x1b[31m"]) {
    const { err, code } = await dari([name]);
    assertMatch(err, /^dari: There is no command "/);
    assertEquals([code, err.includes("\x1b")], [64, false]);
  }
  assertEquals(
    (await dari(["user", "frob"])).err,
    'dari: There is no command "user frob"; see dari user --help',
  );
});

Deno.test("output that cannot be written is told on standard error, with --json too", async () => {
  for (const words of [["version"], ["version", "--json"], ["serev", "--json"]]) {
    const full = () => {
      throw new DariError("io", "Cannot write the output: No space left on device");
    };
    const err: string[] = [];
    const io = createIo({}, new AbortController().signal, full, (line) => err.push(line));
    const code = await main(words, commands, io);
    assertEquals(
      [err, code],
      words[0] === "version"
        ? [["dari: Cannot write the output: No space left on device"], 74]
        : [['dari: There is no command "serev"; did you mean dari serve?'], 64],
    );
  }
});

Deno.test("an error is one JSON value with --json, and what stands behind -- asks for nothing", async () => {
  const { out, err, code } = await dari(["bench", "--time", "soon", "--json"]);
  assertEquals([JSON.parse(out).error.code, err, code], ["usage", "", 64]);
  const plain = await dari(["bench", "--time", "soon", "--", "--json", "--help"]);
  assertEquals([plain.out, plain.code], ["", 64]);
});

Deno.test("dari --version loads no command and no option table", async () => {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", new URL("../../cli.ts", import.meta.url).pathname],
    env: { NO_COLOR: "1" },
  }).output();
  const { roots: [root], modules } = JSON.parse(new TextDecoder().decode(stdout));
  const loaded = new Set<string>([root]);
  for (const url of loaded) {
    const module = modules.find(({ specifier }: { specifier: string }) => specifier === url);
    for (const { code, isDynamic } of module?.dependencies ?? []) {
      if (code?.specifier !== undefined && !isDynamic) loaded.add(code.specifier);
    }
  }
  const names = Array.from(loaded, (url) => url.replace(/^.*\/(cli\.ts|lib\/)/, "$1")).sort();
  assertEquals(names.filter((name) => !name.startsWith("lib/base/limits/")), [
    "cli.ts",
    "lib/base/errors.ts",
    "lib/base/file/reason.ts",
    "lib/base/limits.ts",
    "lib/base/text/columns.ts",
    "lib/base/text/printable.ts",
    "lib/base/version.ts",
    "lib/cli/app/command.ts",
    "lib/cli/app/line.ts",
    "lib/cli/app/program.ts",
    "lib/cli/app/screen.ts",
    "lib/cli/app/terminal.ts",
    "lib/cli/main.ts",
    "lib/cli/table.ts",
    "lib/cli/verbs/cert.ts",
    "lib/cli/verbs/job.ts",
    "lib/cli/verbs/queue.ts",
    "lib/cli/verbs/topic.ts",
  ]);
});

Deno.test("findCommand() finds verbs of their own and nouns with their verb", () => {
  const find = (...words: string[]) => findCommand(words, commands)?.name;
  assertEquals(find("call", "add"), "call");
  assertEquals(find("cert", "issue", "a"), "cert issue");
  assertEquals([find(), find("cert"), find("cert", "--help")], [undefined, undefined, undefined]);
  assertEquals([find("constructor"), find("__proto__")], [undefined, undefined]);
});

Deno.test("a permission that Deno does not give is an error of configuration", async () => {
  const command = defineCommand({
    examples: ["dari look"],
    run: () => Promise.reject(new Deno.errors.NotCapable("Requires net access")),
  });
  const table = { look: { summary: "Look", load: () => Promise.resolve({ command }) } };
  const warned: string[] = [];
  const io = { ...createIo(), warn: (line: string) => void warned.push(line) };
  assertEquals(await main(["look"], table, io), 78);
  assertEquals(warned, ["dari: Deno does not allow it: Requires net access"]);
});
