import { assert, assertEquals, assertMatch } from "@std/assert";
import { VERSION } from "../../../lib/base/version.ts";
import { parseDuration } from "../../../lib/cli/app/duration.ts";
import { commands } from "../../../lib/cli/table.ts";
import { dari } from "../../support/dari_command.ts";

Deno.test("dari --version prints the version", async () => {
  assertEquals(await dari(["--version"]), { out: `dari ${VERSION}`, err: "", code: 0 });
});

Deno.test("dari --help, dari help and dari alone show the commands", async () => {
  const { out, code } = await dari(["--help"]);
  assertMatch(out, /^dari: programs that talk to each other safely/);
  for (const name of Object.keys(commands)) assert(out.includes(name.split(" ")[0] ?? "?"), name);
  assertEquals(code, 0);
  for (const words of [["help"], []]) assertEquals((await dari(words)).out, out);
});

Deno.test("every command's --help opens with an example", async () => {
  for (const name of Object.keys(commands)) {
    const { out, err, code } = await dari([...name.split(" "), "--help"]);
    assertEquals([err, code], ["", 0], name);
    const opening = out.split("\n").slice(0, 3).join("\n");
    assert(opening.includes(`dari ${name}`), `${name}: ${opening}`);
  }
});

Deno.test("a noun alone shows its verbs", async () => {
  const { out, code } = await dari(["user"]);
  assertMatch(out, /^ {2}user add +\S/m);
  assertEquals(code, 0);
});

Deno.test("what is no command is refused, also where an object would know the name", async () => {
  for (const name of ["frob", "constructor", "__proto__", "toString", "\x1b[31m"]) {
    const { err, code } = await dari([name]);
    assertMatch(err, /^dari: There is no command "/);
    assertEquals([code, err.includes("\x1b")], [64, false]);
  }
});

Deno.test("dari completions prints scripts for three shells, and the words that they ask for", async () => {
  for (const shell of ["bash", "zsh", "fish"]) {
    assertMatch((await dari(["completions", shell])).out, /dari completions --commands/);
  }
  assertEquals((await dari(["completions", "tcsh"])).code, 64);
  const names = (await dari(["completions", "--commands"])).out.split("\n");
  assertEquals(names.length, new Set(names).size);
  assert(names.includes("serve") && names.includes("user"));
  assert((await dari(["completions", "--verbs", "user"])).out.split("\n").includes("add"));
});

Deno.test("parseDuration() reads numbers with their unit and nothing else", () => {
  const cases = {
    "500ms": 500,
    "5s": 5_000,
    "1.5m": 90_000,
    "24h": 86_400_000,
    "90d": 7_776_000_000,
  };
  for (const [text, ms] of Object.entries(cases)) assertEquals(parseDuration(text, "time"), ms);
});
