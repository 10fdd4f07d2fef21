// Works through the READMEs and the pages of docs, as their readers do.

import { assertEquals } from "@std/assert";
import { blocksOf, ExpectedOutput, fileOf, printedBy, stepsOf } from "../support/page.ts";
import { PageSession } from "../support/page_session.ts";
import { listPages, testPages } from "../support/page_tests.ts";
import { root } from "../support/page_programs.ts";

const pages = await listPages();

// The pages of the guide are worked through in the folder guide/, several at once.
testPages(pages.filter((path) => !path.startsWith("docs/guide/")));

for (const path of ["README.md", "README.ko.md"]) {
  Deno.test({
    name: `the first transcripts of ${path} are what its commands print`,
    ignore: Deno.build.os === "windows",
    fn: () => PageSession.run(path, "run"),
  });
}

Deno.test("README.ko.md has every section and every program of README.md", async () => {
  const [english, korean] = await Promise.all(["README.md", "README.ko.md"].map(async (path) => {
    const text = await Deno.readTextFile(`${root}${path}`);
    const commands = blocksOf(text).filter(({ language }) => language === "console").flatMap(
      stepsOf,
    );
    return {
      sections: text.match(/^## /gm)?.length,
      blocks: blocksOf(text).map(({ language }) => language),
      commands: commands.map(({ command }) => command.replace(/\s+#.*/, "")),
      sketches: text.match(/^\| `\w.*?\|/gm)?.length,
    };
  }));
  assertEquals(korean, english);
});

Deno.test("a guide's page has at most 150 lines, and a recipe 60", async () => {
  const long: string[] = [];
  for (const path of pages.filter((each) => !each.startsWith("docs/reference/"))) {
    const { length } = (await Deno.readTextFile(`${root}${path}`)).trimEnd().split("\n");
    if (length > (path.startsWith("docs/recipes/") ? 60 : 150)) long.push(`${path}: ${length}`);
  }
  assertEquals(long, []);
});

Deno.test("only pages that install something have blocks that are not run here", async () => {
  const leaving: string[] = [];
  for (const path of pages) {
    const blocks = blocksOf(await Deno.readTextFile(`${root}${path}`));
    if (blocks.some(({ words }) => words.includes("ignore"))) leaving.push(path);
  }
  // A web page; other toolchains; systemd; npm, whose blocks package_test.ts runs; several processes;
  // a collector; what a terminal shows while others call.
  const named = [
    ...["browsers", "cluster", "console", "executable", "languages", "limits", "metrics", "nats"],
    ...["npm", "opentelemetry", "revoke", "second_factors", "tap", "threads"],
  ];
  assertEquals(leaving, named.map((name) => `docs/guide/${name}.md`));
});

Deno.test("ExpectedOutput takes what a page left out, and refuses everything else", () => {
  const shown = new ExpectedOutput(["fingerprint 3fa4…", "…", "from … on"]);
  assertEquals(
    shown.match("fingerprint 99ab\nand\nmore\nfrom now on\n"),
    new Map([["3fa4…", "99ab"]]),
  );
  assertEquals(shown.match("fingerprint 99ab\nfrom now\n"), undefined);
  assertEquals(new ExpectedOutput(["30"]).match("30\n31\n"), undefined);
  assertEquals(new ExpectedOutput(["30"], true).match("30\n31\n"), new Map());
  assertEquals(new ExpectedOutput([]).match("30\n"), undefined);
});

Deno.test("blocksOf and stepsOf read files, commands and what they print", () => {
  const [file, ...others] = blocksOf(`
\`\`\`ts
// server.ts
export const one = 1;
\`\`\`

\`\`\`console server
box$ dari serve \\
  --listen unix:s
ready
$ true
\`\`\`
`);
  assertEquals(file && fileOf(file), "server.ts");
  assertEquals(others.flatMap(stepsOf), [
    { machine: "box", command: "dari serve \\\n  --listen unix:s", expected: ["ready"] },
    { machine: "", command: "true", expected: [] },
  ]);
  assertEquals(printedBy("console.log(await f(1)); // 30\nconst x = 1;"), ["30"]);
});
