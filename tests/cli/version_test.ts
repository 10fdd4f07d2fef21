import { assertEquals } from "@std/assert";
import { VERSION } from "../../lib/base/version.ts";
import { readBuild } from "../../lib/packaging/build.ts";
import { dari, done } from "../support/dari_command.ts";

Deno.test("--version prints the version, also behind the dashes that deno task hands on", async () => {
  for (const words of [["--version"], ["demo", "hash", "--version"], ["--", "--version"]]) {
    assertEquals(await dari(words), done(`dari ${VERSION}`));
  }
});

Deno.test("--version behind dashes and other words is a word like any other", async () => {
  assertEquals((await dari(["demo", "rpc", "--", "--version"])).code, 64);
});

Deno.test("--version --json prints version, commit and Deno's version as one JSON value", async () => {
  const { commit } = await readBuild();
  const json = JSON.stringify({ version: VERSION, commit, deno: Deno.version.deno });
  for (const words of [["--version", "--json"], ["--json", "--version"]]) {
    assertEquals(await dari(words), done(json));
  }
});
