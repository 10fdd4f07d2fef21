/**
 * Values as Python writes them.
 *
 * @module
 */

import { literalWriter, type WriteLiteral } from "../text/literal.ts";
import { quote } from "../text/quote.ts";

/** Writes a value of texts, arrays, objects and null. */
export const literal: WriteLiteral = literalWriter({
  scalar: (value) => value === null ? "None" : quote(String(value), "python"),
  key: (name) => quote(name, "python"),
  indent: "    ",
  space: "",
});
