import { assertEquals } from "@std/assert";
import { VERSION } from "../../lib/base/version.ts";
import { command } from "../../lib/cli/commands/demo.ts";
import { runCommand } from "../support/command_line.ts";

Deno.test("--version prints the version, also behind the dashes that deno task hands on", async () => {
  for (const words of [["--version"], ["hash", "--version"], ["--", "--version"]]) {
    assertEquals((await runCommand(command, words)).output, `dari ${VERSION}`);
  }
});

Deno.test("--version behind dashes and other words is a word like any other", async () => {
  assertEquals((await runCommand(command, ["rpc", "--", "--version"])).code, 64);
});
