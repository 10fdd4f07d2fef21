import { assertEquals, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import {
  flag,
  labelOf,
  operand,
  operands,
  option,
  optionalOperand,
  refuseTogether,
  repeatedOption,
  requiredOption,
} from "../../../lib/cli/app/option.ts";
import { text, wholeNumber } from "../../../lib/cli/app/value_type.ts";

const number = wholeNumber(1);

Deno.test("flag() is whether it was given", () => {
  assertEquals(flag("help").read([], "--x"), false);
  assertEquals(flag("help").read(["true"], "--x"), true);
});

Deno.test("option() takes the last value, else its default, else nothing", () => {
  assertEquals(option(number, "help").read(["1", "2"], "--x"), 2);
  assertEquals(option(number, "help").read([], "--x"), undefined);
  const withDefault = option(number, "help", { default: "7", letter: "n" });
  assertEquals([withDefault.read([], "--x"), withDefault.letter], [7, "n"]);
});

Deno.test("requiredOption() must be given", () => {
  const { isRequired, read } = requiredOption(number, "help");
  assertEquals([isRequired, read(["3"], "--x")], [true, 3]);
});

Deno.test("repeatedOption() takes every value, and its default only without any", () => {
  const each = repeatedOption(number, "help", { default: "7" });
  assertEquals([each.read([], "--x"), each.read(["1", "2"], "--x")], [[7], [1, 2]]);
  assertEquals(repeatedOption(number, "help").read([], "--x"), []);
  assertThrows(() => each.read(["1", "x"], "--x"), DariError, "--x takes a whole number from 1");
});

Deno.test("operands name themselves in errors", () => {
  assertEquals(operand(text("NAME"), "help").read(["alice"]), "alice");
  assertEquals(optionalOperand(number, "help").read([]), undefined);
  assertEquals(operands(number, "help").read(["1", "2"]), [1, 2]);
  assertEquals(operands(number, "help", { isRequired: true }).isRequired, true);
  for (const each of [operand(number, ""), optionalOperand(number, ""), operands(number, "")]) {
    assertThrows(() => each.read(["x"]), DariError, 'N takes a whole number from 1, not "x"');
  }
});

Deno.test("refuseTogether() refuses options that exclude each other", () => {
  refuseTogether({ "--a": false, "--b": true });
  const error = assertThrows(() => refuseTogether({ "--a": true, "--b": true }), DariError);
  assertEquals([error.code, error.message], [
    "usage",
    "--a and --b exclude each other; give one of them",
  ]);
});

Deno.test("labelOf() shows an option with what it takes", () => {
  const options = { force: flag("help"), count: option(number, "help") };
  assertEquals(["force", "count"].map((name) => labelOf(name, options)), ["--force", "--count N"]);
});
