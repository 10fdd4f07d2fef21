import { assertEquals } from "@std/assert";
import { flag } from "../../../lib/cli/app/option.ts";
import { commandsData, helpData } from "../../../lib/cli/help/help_data.ts";
import { commands } from "../../../lib/cli/table.ts";
import { DARI, paintCommand } from "../../support/paint_command.ts";

const { paint, table } = paintCommand(["red", "green"], { dry: flag("wait until it is dry") });

Deno.test("helpData() has all that the command declares", () => {
  const once = { isRequired: false, isRepeatable: false };
  const many = { isRequired: false, isRepeatable: true };
  assertEquals(helpData({ name: "paint", summary: "Paint things", command: paint }, DARI, table), {
    name: "paint",
    summary: "Paint things",
    usage: "dari paint WHAT [MORE...] [OPTION...]",
    examples: [{ line: "dari paint wall" }, {
      line: "dari paint door --colour red",
      meaning: "in red",
    }],
    operands: [
      { name: "WHAT", help: "what is painted", isRequired: true, isRepeatable: false },
      { name: "MORE", help: "what else is painted", ...many },
    ],
    options: [
      {
        ...{ name: "colour", help: "the colour", ...once, choices: ["red", "green"] },
        ...{ value: "COLOUR", default: "green" },
      },
      { name: "output", help: "where a picture of it goes", ...once, letter: "o", value: "FILE" },
      { name: "layer", help: "a layer", ...many, value: "LAYER" },
      { name: "dry", help: "wait until it is dry", ...once },
      { name: "json", help: "print one JSON value", ...once },
      { name: "help", help: "show this text", ...once, letter: "h" },
    ],
    notes: ["The paint dries."],
  });
});

Deno.test("commandsData() has the commands of a service, under the name by which it is called", () => {
  const { commands: all } = commandsData(commands, { name: "./shop", isService: true });
  const names = all.map(({ name }) => name);
  assertEquals(names.includes("user add"), true);
  assertEquals(names.includes("demo"), false);
  assertEquals(commandsData(commands, DARI, "none"), { commands: [] });
});
