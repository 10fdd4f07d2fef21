import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  camelCase,
  Names,
  pascalCase,
  snakeCase,
  wordsOf,
} from "../../../lib/codegen/model/names.ts";

const rows: readonly [string, string[]][] = [
  ["orders.create", ["orders", "create"]],
  ["getById", ["get", "by", "id"]],
  ["HTTPServer_error", ["http", "server", "error"]],
  ["area51Map", ["area51", "map"]],
  ["주문.생성", ["주문", "생성"]],
  ["größe", ["größe"]],
  ["ﬁ", ["fi"]],
  ["a\u0301", ["á"]],
  ['"); //', ["unnamed"]],
  ["", ["unnamed"]],
];

for (const [text, words] of rows) {
  Deno.test(`wordsOf(${JSON.stringify(text)}) is ${words.join(" ")}`, () => {
    assertEquals(wordsOf(text), words);
  });
}

Deno.test("names are written as each language has them, and begin with a letter", () => {
  assertEquals([camelCase("a.b-c"), pascalCase("a.b-c"), snakeCase("a.b-c")], [
    "aBC",
    "ABC",
    "a_b_c",
  ]);
  assertEquals([camelCase("1st"), pascalCase("1st"), snakeCase("1st")], ["n1st", "N1st", "n1st"]);
});

Deno.test("names of any text are identifiers", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    for (const name of [camelCase(text), pascalCase(text), snakeCase(text)]) {
      assert(/^\p{L}[\p{L}\p{Nd}_]*$/u.test(name), name);
      assertEquals(name, name.normalize("NFKC"));
    }
  }));
});

Deno.test("Names gives each name once, and none that is reserved", () => {
  const names = new Names(["class"], "_");
  assertEquals(["a", "a", "class", "a2", "class_"].map((name) => names.take(name)), [
    "a",
    "a2",
    "class_",
    "a22",
    "class_2",
  ]);
  assertEquals(new Names(["Call"]).take("Call"), "Call2");
});
