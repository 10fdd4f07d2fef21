import { assert, assertEquals } from "@std/assert";
import { formatOverview, formatVerbs } from "../../../lib/cli/help/overview.ts";
import { commands } from "../../../lib/cli/table.ts";

const DARI = { name: "dari", isService: false };

Deno.test("formatOverview() lists every command once and fits 80 columns", () => {
  const out = formatOverview(commands, DARI);
  for (const line of out.split("\n")) assert(line.length <= 80, line);
  for (const name of Object.keys(commands)) {
    const [noun = "", verb = ""] = name.split(" ");
    assertEquals(out.match(new RegExp(`^  ${noun}  `, "gm"))?.length, 1, noun);
    assert(out.includes(verb), name);
  }
});

Deno.test("formatVerbs() lists the verbs of a noun with what they do", () => {
  assertEquals(
    formatVerbs("session", commands, DARI),
    "  session list    List sessions\n  session revoke  Revoke sessions\n\n" +
      "dari help session VERB tells more.",
  );
  for (const line of formatVerbs("cert", commands, DARI).split("\n")) {
    assert(line.length <= 80, line);
  }
  assertEquals(formatVerbs("none", commands, DARI), "");
});

Deno.test("the help of a compiled service speaks of the service", () => {
  const out = formatOverview(commands, { name: "./shop", isService: true });
  assert(out.startsWith("shop: a server, with"), out);
  for (const line of out.split("\n")) assert(line.length <= 80, line);
  assert(out.includes("  ./shop           start the server\n"), out);
  for (const noun of ["user", "cert", "call"]) assert(out.includes(`\n  ${noun} `), noun);
  for (const noun of ["compile", "demo", "bench"]) assert(!out.includes(`\n  ${noun} `), noun);
  assert(!out.includes("dari"), out);
});
