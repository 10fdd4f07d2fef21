import { escapeControls } from "../../../base/text/printable.ts";
import { type ChangedTool, PinFile } from "../../../mcp/pin_file.ts";
import { type Command, defineCommand } from "../../app/command.ts";
import { flag, operands } from "../../app/option.ts";
import { text } from "../../app/value_type.ts";
import { dataDirectoryOf, dataOptions } from "../../workspace/data_directory.ts";

/** `dari mcp accept` */
export const command: Command = defineCommand({
  examples: [
    ["dari mcp accept", "show what has changed"],
    "dari mcp accept search fetch_page",
    "dari mcp accept --all",
  ],
  operands: { tools: operands(text("TOOL"), "the tools whose new definition is accepted") },
  options: { all: flag("accept all of them"), ...dataOptions },
  notes: [
    "dari serve --exec-mcp pins the definitions of tools when it first sees them: name, description, " +
    "schemas and whatever else stands there. A tool whose definition is new or another one is refused " +
    "until it is accepted here. A running server takes a changed tool up with the next call, and a " +
    "new one, and new descriptions, when it starts again.",
  ],
  async run({ operands: { tools }, options }, io) {
    const pins = new PinFile(dataDirectoryOf(options, io));
    const changed = await pins.changed();
    const names = options.all ? changed.map(({ name }) => name) : tools;
    if (names.length > 0) await pins.accept(names);
    const shown = changed.filter(({ name }) => names.length === 0 || names.includes(name));
    if (options.json) {
      io.print(JSON.stringify(names.length > 0 ? { accepted: names } : { changed }));
    } else if (names.length > 0) io.print(`accepted ${names.join(", ")}`);
    else if (shown.length === 0) io.print("no definition waits to be accepted");
    else for (const line of shown.flatMap(linesOf)) io.print(escapeControls(line));
    return 0;
  },
});

/** Each member that differs, before and after. */
function linesOf({ name, before, after }: ChangedTool): string[] {
  if (before === undefined) return [`${name} is new`, `  + ${JSON.stringify(after)}`];
  const members = new Set([...Object.keys(before), ...Object.keys(after)]);
  const differing = [...members].filter((member) =>
    textOf(before, member) !== textOf(after, member)
  );
  return [
    `${name} has changed`,
    ...differing.flatMap((member) => [
      `  - ${member}: ${textOf(before, member)}`,
      `  + ${member}: ${textOf(after, member)}`,
    ]),
  ];
}

function textOf(tool: Readonly<Record<string, unknown>>, member: string): string {
  return JSON.stringify(tool[member]) ?? "(none)";
}
