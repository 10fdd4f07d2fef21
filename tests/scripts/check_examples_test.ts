import { assertEquals } from "@std/assert";
import { type DocOutput, findExamples } from "../../scripts/check_examples.ts";

type Declaration = DocOutput["nodes"][string]["symbols"][number]["declarations"][number];

const ROOT = "/home/me/dari";
const declared = (kind: string, ...tags: string[]): Declaration => ({
  kind,
  location: { filename: `file://${ROOT}/lib/a.ts`, line: 1 },
  jsDoc: { tags: tags.map((tag) => ({ kind: tag })) },
});
const entry = (symbols: Record<string, Declaration[]>) => ({
  symbols: Object.entries(symbols).map(([name, declarations]) => ({ name, declarations })),
});

Deno.test("findExamples() names functions and classes without an example, with their file", () => {
  const nodes = {
    [`file://${ROOT}/mod.ts`]: entry({
      shown: [declared("function", "param", "example")],
      plain: [declared("function", "param", "returns")],
      Bare: [declared("class")],
    }),
  };
  assertEquals(findExamples({ nodes }, ROOT), {
    total: 3,
    missing: ["lib/a.ts: Bare", "lib/a.ts: plain"],
  });
});

Deno.test("findExamples() asks for none of types, constants and re-exported modules", () => {
  const nodes = {
    a: entry({
      Shape: [declared("interface")],
      Alias: [declared("typeAlias")],
      table: [declared("variable")],
    }),
  };
  assertEquals(findExamples({ nodes }, ROOT), { total: 0, missing: [] });
});

Deno.test("findExamples() counts what two entries export once, and overloads as one", () => {
  const both = { pipe: [declared("function"), declared("function", "example")] };
  assertEquals(findExamples({ nodes: { a: entry(both), b: entry(both) } }, ROOT), {
    total: 1,
    missing: [],
  });
});

Deno.test("findExamples() takes a function without any comment for one without an example", () => {
  const { jsDoc: _, ...bare } = declared("function");
  assertEquals(findExamples({ nodes: { a: entry({ bare: [bare] }) } }, ROOT).missing.length, 1);
});
