import { assertEquals, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import {
  address,
  choice,
  directory,
  duration,
  file,
  listOf,
  readValue,
  text,
  type ValueType,
  wholeNumber,
} from "../../../lib/cli/app/value_type.ts";

function refuses(type: ValueType<unknown>, typed: string, message: string): void {
  const error = assertThrows(() => readValue(type, typed, "--x"), DariError);
  assertEquals([error.code, error.message], ["usage", message]);
}

Deno.test("wholeNumber() takes whole numbers from its minimum", () => {
  assertEquals(readValue(wholeNumber(1), "16", "--x"), 16);
  assertEquals(readValue(wholeNumber(0), "0", "--x"), 0);
  for (const typed of ["0", "-1", "1.5", "two", "0x10", "1e3", " 1", "9".repeat(16)]) {
    refuses(wholeNumber(1), typed, `--x takes a whole number from 1, not "${typed}"`);
  }
});

Deno.test("choice() takes what is in its list, and completes it", () => {
  const purpose = choice("PURPOSE", ["server", "client"]);
  assertEquals(readValue(purpose, "client", "--x"), "client");
  refuses(purpose, "both", '--x takes server or client, not "both"');
  refuses(choice("N", ["a", "b", "c"]), "d", '--x takes one of a, b or c, not "d"');
  assertEquals(purpose.completes, ["server", "client"]);
});

Deno.test("choice() does not know the names of every object", () => {
  for (const typed of ["constructor", "__proto__", "0", "length"]) {
    refuses(choice("N", ["a"]), typed, `--x takes a, not "${typed}"`);
  }
});

Deno.test("duration takes times, and gives milliseconds", () => {
  assertEquals(readValue(duration, "5s", "--x"), 5_000);
  refuses(
    duration,
    "soon",
    '--x takes a time such as 500ms, 90s, 15m, 24h or 90d, not "soon"',
  );
});

Deno.test("address takes addresses as they were typed, and says what is wrong with others", () => {
  for (const typed of ["tls://localhost:9090", "localhost:1", "unix:/run/dari.sock"]) {
    assertEquals(readValue(address, typed, "--x"), typed);
  }
  const error = assertThrows(() => readValue(address, "tls://host:99999", "--x"), DariError);
  assertEquals(error.code, "usage");
  assertEquals(error.message.startsWith('--x: "tls://host:99999" is not an address: '), true);
});

Deno.test("a shell completes files and directories, and no other text", () => {
  assertEquals(
    [text("X"), file(), file("PREFIX"), directory].map(({ placeholder, completes }) => [
      placeholder,
      completes,
    ]),
    [["X", "nothing"], ["FILE", "file"], ["PREFIX", "file"], ["DIR", "directory"]],
  );
});

Deno.test("readValue() escapes what it repeats, and lets other errors through", () => {
  refuses(choice("N", ["a"]), "\x1b[31m", '--x takes a, not "\\u001b[31m"');
  const broken: ValueType<string> = {
    ...text("X"),
    parse() {
      throw new TypeError("a mistake of ours");
    },
  };
  assertThrows(() => readValue(broken, "a", "--x"), TypeError, "a mistake of ours");
});

Deno.test("listOf() joins words as in a sentence", () => {
  assertEquals([listOf([]), listOf(["a"]), listOf(["a", "b"]), listOf(["a", "b", "c"], "and")], [
    "",
    "a",
    "a or b",
    "a, b and c",
  ]);
});
