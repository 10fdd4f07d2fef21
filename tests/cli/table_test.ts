import { assert, assertEquals } from "@std/assert";
import { commands } from "../../lib/cli/table.ts";

Deno.test("every command of the table can be loaded, and its file is named as it is called", async () => {
  const read = (path: string) =>
    Deno.readTextFile(new URL(`../../lib/cli/${path}`, import.meta.url));
  const verbs = ["cert", "job", "queue", "topic"].map((noun) => `verbs/${noun}.ts`);
  const source = (await Promise.all(["table.ts", ...verbs].map(read))).join();
  for (const [name, { summary, load }] of Object.entries(commands)) {
    const { command } = await load();
    assertEquals(typeof command.run, "function", name);
    const file = `${name.replace(" ", "/").replaceAll("-", "_")}.ts`;
    // A verb without a noun may be in a folder of its subject.
    const folder = name.includes(" ") ? "" : "(?:[a-z]+/)?";
    assert(new RegExp(`import\\("\\.\\.?/commands/${folder}${file}"\\)`).test(source), file);
    assert(/^[A-Z]/.test(summary) && !summary.endsWith("."), summary);
  }
});
