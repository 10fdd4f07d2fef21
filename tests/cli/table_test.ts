import { assert, assertEquals } from "@std/assert";
import { commands } from "../../lib/cli/table.ts";

Deno.test("every command of the table can be loaded, and its file is named as it is called", async () => {
  const source = await Deno.readTextFile(new URL("../../lib/cli/table.ts", import.meta.url));
  for (const [name, { summary, load }] of Object.entries(commands)) {
    const { command } = await load();
    assertEquals(typeof command.run, "function", name);
    const file = `./commands/${name.replace(" ", "/").replaceAll("-", "_")}.ts`;
    assert(source.includes(`import("${file}")`), file);
    assert(/^[A-Z]/.test(summary) && !summary.endsWith("."), summary);
  }
});
