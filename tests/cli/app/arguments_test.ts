import { assertEquals, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { parseArguments } from "../../../lib/cli/app/arguments.ts";
import { defineCommand } from "../../../lib/cli/app/command.ts";
import {
  flag,
  operand,
  operands,
  option,
  repeatedOption,
  requiredOption,
} from "../../../lib/cli/app/option.ts";
import { text, wholeNumber } from "../../../lib/cli/app/value_type.ts";

const run = () => Promise.resolve(0);
const copy = defineCommand({
  examples: [["dari copy a b", "an example"]],
  operands: { from: operand(text("FROM"), ""), to: operands(text("TO"), "", { isRequired: true }) },
  options: {
    force: flag(""),
    count: option(wholeNumber(1), "", { default: "1", letter: "c" }),
    tag: repeatedOption(text("TAG"), ""),
  },
  run,
});

const parse = (...words: string[]) => parseArguments(words, copy, "copy");

function refuses(message: string, ...words: string[]): void {
  const error = assertThrows(() => parse(...words), DariError);
  assertEquals([error.code, error.message], ["usage", message]);
}

Deno.test("parseArguments() reads options and operands in any order", () => {
  assertEquals(parse("a", "--force", "b", "--tag", "x", "c", "--tag=y", "--count", "3"), {
    operands: { from: "a", to: ["b", "c"] },
    options: { json: false, help: false, force: true, count: 3, tag: ["x", "y"] },
  });
});

Deno.test("parseArguments() knows defaults, letters and the options of every command", () => {
  const { options } = parse("a", "b", "--json");
  assertEquals(options, { json: true, help: false, force: false, count: 1, tag: [] });
  assertEquals(parse("a", "b", "-c", "9").options, { ...options, json: false, count: 9 });
});

Deno.test("parseArguments() takes everything behind -- for operands", () => {
  assertEquals(parse("a", "--", "--force", "-x").operands, { from: "a", to: ["--force", "-x"] });
});

Deno.test("parseArguments() takes a lone dash for the value of its option, or for an operand", () => {
  assertEquals(parse("a", "b", "--tag", "-").options["tag" as never], ["-"]);
});

Deno.test("parseArguments() keeps words that look like numbers as they are", () => {
  assertEquals(parse("007", "1e3").operands, { from: "007", to: ["1e3"] });
});

Deno.test("parseArguments() refuses options that the command does not take", () => {
  const see = "see dari copy --help";
  refuses("There is no option --forse; did you mean --force?", "a", "b", "--forse");
  refuses(`There is no option --secret; ${see}`, "a", "b", "--secret=hunter2");
  refuses(`There is no option --\\u001b[31m; ${see}`, "a", "b", "--\x1b[31m");
  refuses(`There is no option --constructor; ${see}`, "a", "b", "--constructor");
});

Deno.test("parseArguments() refuses values that are missing or of another type", () => {
  refuses("--count needs a value; see dari copy --help", "a", "b", "--count");
  refuses("--count needs a value; see dari copy --help", "a", "b", "--count=");
  refuses("--tag needs a value; see dari copy --help", "a", "b", "--tag", "--force");
  refuses('--count takes a whole number from 1, not "x"', "a", "b", "--count", "x");
});

Deno.test("parseArguments() refuses values of flags, whatever they are", () => {
  for (const value of ["false", "no", "true", "5", ""]) {
    refuses("--force takes no value; see dari copy --help", "a", "b", `--force=${value}`);
  }
  refuses("--help takes no value; see dari copy --help", "a", "b", "--help=5");
  assertEquals(parse("a", "--", "--force=no").operands, { from: "a", to: ["--force=no"] });
});

Deno.test("parseArguments() names everything that is missing, with an example", () => {
  refuses("Missing FROM and TO; for instance: dari copy a b");
  refuses("Missing TO; for instance: dari copy a b", "a");
  const command = defineCommand({
    examples: ["dari go --to b"],
    options: { to: requiredOption(text("PLACE"), "") },
    run,
  });
  assertThrows(
    () => parseArguments([], command, "go"),
    DariError,
    "Missing --to PLACE; for instance: dari go --to b",
  );
});

Deno.test("parseArguments() refuses operands that are too many", () => {
  const command = defineCommand({ examples: ["dari stop"], run });
  assertThrows(
    () => parseArguments(["now"], command, "stop"),
    DariError,
    'Unexpected "now"; see dari stop --help',
  );
});
