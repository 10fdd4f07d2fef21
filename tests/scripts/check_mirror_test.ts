import { assertEquals } from "@std/assert";
import { compare, namesakeOf } from "../../scripts/check_mirror.ts";

const CODE = "export function f() {}\n";

Deno.test("namesakeOf() keeps the folder and adds _test to the name", () => {
  assertEquals(namesakeOf("lib/rpc/call/slots.ts"), "tests/rpc/call/slots_test.ts");
});

Deno.test("compare() finds the files that have no test of their own name", () => {
  const library = new Map([["lib/a/one.ts", CODE], ["lib/a/two.ts", CODE], ["lib/three.ts", CODE]]);
  const tests = ["tests/a/one_test.ts", "tests/b/two_test.ts"];
  const { missing, share } = compare(library, tests);
  assertEquals(missing, ["lib/a/two.ts", "lib/three.ts"]);
  assertEquals(share, 1 / 3);
});

Deno.test("compare() leaves out barrels, the local forms of @std and files of types alone", () => {
  const library = new Map([
    ["lib/a/mod.ts", CODE],
    ["lib/std/assert/assert.ts", CODE],
    ["lib/a/types.ts", "/** A shape. */\nexport interface Shape {\n  readonly const: 1;\n}\n"],
    ["lib/a/alias.ts", 'import type { A } from "./b.ts";\nexport type B = A;\n'],
  ]);
  assertEquals(compare(library, []), { files: [], missing: [], share: 1 });
});

Deno.test("compare() counts every file that holds something that runs", () => {
  for (
    const code of [
      "export class A {}",
      "export abstract class A {}",
      "export async function f() {}",
      "export const table = {};",
      "const hidden = 1;\n",
      "let state = 0;",
    ]
  ) {
    assertEquals(compare(new Map([["lib/a.ts", `/** Doc. */\n${code}`]]), []).files, ["lib/a.ts"]);
  }
});
