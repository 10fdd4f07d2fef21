import { assert, assertEquals, assertMatch } from "@std/assert";
import { formatHelp } from "../../../lib/cli/help/help.ts";
import { flag } from "../../../lib/cli/app/option.ts";
import { commands } from "../../../lib/cli/table.ts";
import { dari } from "../../support/dari_command.ts";
import { DARI, paintCommand } from "../../support/paint_command.ts";

const { paint, table } = paintCommand(["red", "green", "blue"], {
  "with-a-very-long-name": flag(
    "an option whose explanation is so long that it has to be continued on another line",
  ),
});

Deno.test("formatHelp() opens with the examples and tells all that the command declares", () => {
  assertEquals(
    formatHelp({ name: "paint", summary: "Paint things", command: paint }, DARI, table),
    `  dari paint wall
  dari paint door --colour red  in red

Paint things.

Usage: dari paint WHAT [MORE...] [OPTION...]

  WHAT                    what is painted
  MORE                    what else is painted

  --colour COLOUR         the colour: red, green or blue (default green)
  -o, --output FILE       where a picture of it goes
  --layer LAYER           a layer (may be repeated)
  --with-a-very-long-name
                          an option whose explanation is so long that it has to
                          be continued on another line
  --json                  print one JSON value
  -h, --help              show this text

The paint dries.`,
  );
});

for (const [name, { summary, load }] of Object.entries(commands)) {
  Deno.test(`dari ${name} --help opens with an example, names every option and fits 80 columns`, async () => {
    const { out, err, code } = await dari([...name.split(" "), "--help"]);
    assertEquals([err, code], ["", 0]);
    assert(out.startsWith(`  dari ${name}`) || out.startsWith(`  source <(dari ${name}`), out);
    assert(out.includes(`\n\n${summary}.\n\n`), out);
    for (const line of out.split("\n")) assert(line.length <= 80, line);
    const env = { DARI_NAME: "deno task --config ../dari/deno.json dari" };
    const longer = await dari(["help", ...name.split(" ")], { env });
    for (const line of longer.out.split("\n")) assert(line.length <= 80, line);
    assert(!/^ {2}dari /m.test(longer.out), longer.out);
    assertEquals((await dari([...name.split(" "), "-h"])).out, out);
    const { command } = await load();
    for (const [key, { help }] of Object.entries(command.options)) {
      assertMatch(out, new RegExp(`^  (-., )?--${key}( [A-Z]|$| )`, "m"));
      assert(help.length > 0 && !help.endsWith("."), `--${key}: ${help}`);
    }
  });
}
