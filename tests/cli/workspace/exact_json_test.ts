import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { DigitKeeper, losesDigits, parseExact } from "../../../lib/cli/workspace/exact_json.ts";

Deno.test("a number that JavaScript would change is sent as it was written", () => {
  for (
    const text of [
      "12345678901234567890",
      '{"id":9007199254740993,"more":[1e999,0.10000000000000000001]}',
      "-1.7976931348623159e308",
    ]
  ) assertEquals(JSON.stringify(parseExact(text)), text);
});

Deno.test("a number that JavaScript holds is a number", () => {
  const text = "[0, -0, 1.50, 1e3, 0.1, 9007199254740992, 5e-324, 1E+2, 123456789012345.0]";
  assertEquals(parseExact(text), JSON.parse(text));
  assertThrows(() => parseExact("01"), SyntaxError);
});

Deno.test("no number that JavaScript wrote loses digits", () => {
  fc.assert(fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
    assertEquals(losesDigits(JSON.stringify(number)), false);
  }));
});

Deno.test("the digits of what a server sends are printed as they came", () => {
  const keeper = new DigitKeeper();
  const line =
    '{"result":[18446744073709551615,"18446744073709551615 \\" 1e999",{"a":1e999}],"id":1}';
  const read = JSON.parse(keeper.hide(line));
  assertEquals(read.id, 1);
  assertEquals(keeper.write(read), line);
  assertEquals(keeper.write(7, 2), "7");
});

Deno.test("text that looks like a kept number of another keeper stays text", () => {
  const hidden = JSON.parse(new DigitKeeper().hide("1e999"));
  assertEquals(JSON.parse(new DigitKeeper().write(hidden)), hidden);
});

Deno.test("whatever JSON a server sends is printed with the same meaning", () => {
  const keeper = new DigitKeeper();
  fc.assert(fc.property(fc.json(), (text) => {
    assertEquals(JSON.parse(keeper.write(JSON.parse(keeper.hide(text)))), JSON.parse(text));
  }));
});
