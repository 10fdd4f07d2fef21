import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { DariError } from "../../lib/base/errors.ts";
import { parseCommand } from "../../lib/exec/command_line.ts";

Deno.test("a command line is split at spaces; quotes and backslashes keep what they enclose", () => {
  const cases: [text: string, words: string[]][] = [
    ["python3 service.py", ["python3", "service.py"]],
    ["  a \t b  ", ["a", "b"]],
    ["a 'b c' \"d e\"", ["a", "b c", "d e"]],
    ["a '' \"\"", ["a", "", ""]],
    ["a'b'\"c\"d", ["abcd"]],
    ["a\\ b \\'c", ["a b", "'c"]],
    ["a '$HOME|*' \"x;y\"", ["a", "$HOME|*", "x;y"]],
    ['a "b\\"c\\\\d\\n"', ["a", 'b"c\\d\\n']],
    ["a 'b\\'", ["a", "b\\"]],
  ];
  for (const [text, words] of cases) {
    const { program, args } = parseCommand(text);
    assertEquals([program, ...args], words, text);
  }
});

Deno.test("a command line that only a shell could read is refused, and so is one that is cut off", () => {
  const cases: [text: string, message: string][] = [
    ["", "names no program"],
    ["   ", "names no program"],
    ["''", "names no program"],
    ["a 'b", "a ' without its end"],
    ['a "b', 'a " without its end'],
    ["a \\", "A backslash ends"],
    ["a | b", '"|" has no meaning'],
    ["a $HOME", '"$" has no meaning'],
    ["a *.py", '"*" has no meaning'],
    ["a > log", '">" has no meaning'],
    ["a; b", '";" has no meaning'],
  ];
  for (const [text, message] of cases) {
    const error = assertThrows(() => parseCommand(text), DariError, message);
    assertEquals(error.code, "usage", text);
  }
});

Deno.test("words in single quotes arrive as they are, whatever they hold", () => {
  const word = fc.string().filter((text) => !text.includes("'"));
  fc.assert(fc.property(fc.array(word), (words) => {
    const text = ["program", ...words.map((word) => `'${word}'`)].join(" ");
    assertEquals(parseCommand(text).args, words);
  }));
});
