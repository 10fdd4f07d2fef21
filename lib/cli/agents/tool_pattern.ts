/**
 * Patterns of the methods that are offered to models.
 *
 * @module
 */

import { isPattern } from "../../auth/policy/patterns.ts";
import { repeatedOption } from "../app/option.ts";
import { text, type ValueType } from "../app/value_type.ts";

/** A pattern of methods' names. */
const toolPattern: ValueType<string> = {
  ...text("PATTERN"),
  expects: "a method's name, orders.* or !name",
  parse: (typed) => isPattern(typed) ? typed : undefined,
};

/**
 * The option `--mcp`.
 *
 * @param help What it means for the command.
 */
export function toolPatterns(help: string) {
  return repeatedOption(toolPattern, help);
}
