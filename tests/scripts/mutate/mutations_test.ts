import { assert, assertEquals } from "@std/assert";
import { choose, mutate, mutationsOf } from "../../../scripts/mutate/mutations.ts";

/** What becomes of a text by each mistake that can be planted in it, by its kind. */
function mistakesIn(text: string): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const mutation of mutationsOf("lib/a.ts", text)) {
    (found[mutation.kind] ??= []).push(mutate(text, mutation));
  }
  return found;
}

Deno.test("mutationsOf() finds each kind of mistake", () => {
  const cases: [string, string, string][] = [
    ["comparison", "x = a === b;", "x = a !== b;"],
    ["boundary", "x = a < b;", "x = a <= b;"],
    ["logic", "x = a && b;", "x = a || b;"],
    ["arithmetic", "x = a + b;", "x = a - b;"],
    ["off by one", "x = a[7];", "x = a[8];"],
    ["extreme", "x = Math.min(a, b);", "x = Math.max(a, b);"],
    ["removed await", "x = await f();", "x = f();"],
    ["removed not", "x = (!a);", "x = (a);"],
    ["truth", "f(true);", "f(false);"],
    ["removed guard", "{\n  if (a) return;\n  b();\n}", "{\n  \n  b();\n}"],
    ["dropped statement", "{\n  a();\n  this.#b.c(1);\n}", "{\n  a();\n  \n}"],
    ["dropped assignment", "{\n  this.#a = 1;\n}", "{\n  \n}"],
    ["swapped branches", "if (f(a)) b(); else c();", "if (!(f(a))) b(); else c();"],
    ["removed finally", "try { a(); } finally { b(); }", "try { a(); } finally {}"],
  ];
  for (const [kind, text, expected] of cases) {
    const changed = mistakesIn(text)[kind] ?? [];
    assert(changed.includes(expected), `${kind}: ${changed.join(" | ")}`);
  }
});

Deno.test("mutationsOf() leaves comments, text, imports, types and continued lines alone", () => {
  for (
    const text of [
      "// a < b && await c",
      'const text = "a < b && true ;";',
      'import { a } from "b"; // 1',
      "type A<B> = (b: B) => void;",
      "const wait = new Promise<void>((resolve) => a(resolve));",
      "const a = f(\n  b(),\n);",
    ]
  ) {
    assertEquals(mutationsOf("lib/a.ts", text), [], text);
  }
});

Deno.test("a mistake is found on the line where it is planted", () => {
  const [mutation] = mutationsOf("lib/a.ts", "const a = 1;\n\nexport const b = c === d;\n");
  assertEquals([mutation?.path, mutation?.line], ["lib/a.ts", 3]);
});

Deno.test("choose() chooses the same mistakes for the same seed, of every kind and each once", () => {
  const text = Array.from({ length: 30 }, (_, i) => `x = a === b${i};`).join("\n") +
    "\ny = await z;";
  const all = mutationsOf("lib/a.ts", text);
  const chosen = choose(all, 10, 1);
  assertEquals(chosen, choose(all, 10, 1));
  assertEquals([chosen.length, new Set(chosen).size], [10, 10]);
  assert(chosen.some(({ kind }) => kind === "removed await"));
  assert(JSON.stringify(chosen) !== JSON.stringify(choose(all, 10, 2)));
  assertEquals(new Set(choose(all, 1_000, 1)), new Set(all));
});
