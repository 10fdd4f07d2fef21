import { assert, assertEquals } from "@std/assert";
import { formatOverview, formatVerbs } from "../../../lib/cli/app/overview.ts";
import { commands } from "../../../lib/cli/table.ts";

Deno.test("formatOverview() lists every command once and fits 80 columns", () => {
  const out = formatOverview(commands);
  for (const line of out.split("\n")) assert(line.length <= 80, line);
  for (const name of Object.keys(commands)) {
    const [noun = "", verb = ""] = name.split(" ");
    assertEquals(out.match(new RegExp(`^  ${noun}  `, "gm"))?.length, 1, noun);
    assert(out.includes(verb), name);
  }
});

Deno.test("formatVerbs() lists the verbs of a noun with what they do", () => {
  assertEquals(
    formatVerbs("session", commands),
    "  session list    List sessions\n  session revoke  Revoke sessions",
  );
  for (const line of formatVerbs("cert", commands).split("\n")) assert(line.length <= 80, line);
  assertEquals(formatVerbs("none", commands), "");
});
