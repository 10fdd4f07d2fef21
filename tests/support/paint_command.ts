import { type Command, type CommandTable, defineCommand } from "../../lib/cli/app/command.ts";
import {
  operand,
  operands,
  option,
  type Options,
  repeatedOption,
} from "../../lib/cli/app/option.ts";
import { choice, file, text } from "../../lib/cli/app/value_type.ts";

/** The program in which it is. */
export const DARI = { name: "dari", isService: false };

/**
 * Makes a command for tests of help, and the table that has nothing else.
 *
 * @param colours What its option may say.
 * @param more Options beside those that it always has.
 */
export function paintCommand(
  colours: string[],
  more: Options,
): { readonly paint: Command; readonly table: CommandTable } {
  const paint = defineCommand({
    examples: ["dari paint wall", ["dari paint door --colour red", "in red"]],
    operands: {
      what: operand(text("WHAT"), "what is painted"),
      more: operands(file("MORE"), "what else is painted"),
    },
    options: {
      colour: option(choice("COLOUR", colours), "the colour", { default: "green" }),
      output: option(file(), "where a picture of it goes", { letter: "o" }),
      layer: repeatedOption(text("LAYER"), "a layer"),
      ...more,
    },
    notes: ["The paint dries."],
    run: () => Promise.resolve(0),
  });
  const load = () => Promise.resolve({ command: paint });
  return { paint, table: { paint: { summary: "Paint things", load } } };
}
