import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { limits } from "../../lib/base/limits.ts";
import { jsonOf } from "../../lib/protocol/json.ts";

class Point {
  x = 1;
}
const cycle: Record<string, unknown> = { rows: [] };
(cycle.rows as unknown[]).push({ back: cycle });

/** Something that cannot travel, and what is said of it. */
const refused: readonly [value: unknown, reason: string][] = [
  [() => 1, "a function cannot travel"],
  [Symbol("s"), "a symbol cannot travel"],
  [new Point(), "a Point cannot travel"],
  [/x/, "a RegExp cannot travel"],
  [Promise.resolve(1), "a Promise cannot travel; await it first"],
  [new ReadableStream(), "a stream cannot travel: the other side takes none"],
];

/** What JSON does not carry, and its plain form. */
const plain: readonly [value: unknown, text: string][] = [
  [new Map([["a", 1]]), '[["a",1]]'],
  [new Set([1]), "[1]"],
  [new Uint8Array([1]), '"AQ=="'],
  [new Date(NaN), "null"],
  [1n, '"1"'],
  [NaN, '"NaN"'],
  [-0, "0"],
  [new Error("no"), '{"name":"Error","message":"no"}'],
];

Deno.test("jsonOf() writes the plain form of what JSON does not carry", () => {
  for (const [value, text] of plain) {
    assertEquals(jsonOf(value, "params"), text);
    assertEquals(jsonOf({ list: [value] }, "params"), `{"list":[${text}]}`);
  }
  const bytes = new Uint8Array(limits.minBlobBytes);
  assertEquals(jsonOf([bytes], "params"), JSON.stringify([bytes.toBase64()]));
});

const atPath = (value: unknown) => ({ list: [0, 1, null, { when: value }] });

for (const [value, reason] of refused) {
  Deno.test(`jsonOf() refuses ${reason.split(" cannot")[0]}, and names its place`, () => {
    assertEquals(jsonOf(value, "params"), { reason: `params: ${reason}` });
    assertEquals(jsonOf(atPath(value), "params"), { reason: `params.list[3].when: ${reason}` });
  });
}

Deno.test("jsonOf() writes undefined in an array as null and leaves it out of an object", () => {
  assertEquals(jsonOf([1, undefined], "result"), "[1,null]");
  // deno-lint-ignore no-sparse-arrays
  assertEquals(jsonOf([1, , 3], "result"), "[1,null,3]");
  assertEquals(jsonOf({ a: undefined, b: 1 }, "result"), '{"b":1}');
  assertEquals(jsonOf({ a: undefined, when: new Date(0) }, "result"), `{"when":"${epoch}"}`);
});

const epoch = new Date(0).toISOString();

Deno.test("jsonOf() refuses a cycle, and writes what stands in two places twice", () => {
  assertEquals(jsonOf(cycle, "params"), {
    reason: "params.rows[0].back: a cycle cannot travel",
  });
  const shared = { when: new Date(0) };
  assertEquals(jsonOf([shared, shared], "params"), `[{"when":"${epoch}"},{"when":"${epoch}"}]`);
});

Deno.test("jsonOf() writes what toJSON gives, and looks at that too", () => {
  const value = { when: new Date(0), at: new URL("https://example.com/"), n: 1 };
  assertEquals(jsonOf(value, "params"), JSON.stringify(value));
  assertEquals(jsonOf({ a: { toJSON: () => ({ n: /x/ }) } }, "params"), {
    reason: "params.a.n: a RegExp cannot travel",
  });
  const failing = {
    toJSON: () => {
      throw new Error("not now\nand not here");
    },
  };
  assertEquals(jsonOf([failing], "params"), {
    reason: "params: it cannot be written: not now",
  });
});

Deno.test("jsonOf() quotes keys that are no identifiers, and takes __proto__ as a member", () => {
  assertEquals(jsonOf({ "a b": { "": /x/ } }, "params"), {
    reason: 'params["a b"][""]: a RegExp cannot travel',
  });
  const value = JSON.parse('{"__proto__":{"a":1},"when":0}');
  value.when = new Date(0);
  assertEquals(jsonOf(value, "params"), `{"__proto__":{"a":1},"when":"${epoch}"}`);
});

/** Arrays in arrays. */
const nested = (levels: number) => JSON.parse("[".repeat(levels) + "]".repeat(levels));

Deno.test("jsonOf() takes as many levels as a message has room for, and no more", () => {
  const most = limits.maxDepth - 1;
  assertEquals(jsonOf(nested(most), "params"), JSON.stringify(nested(most)));
  const refusal = jsonOf(nested(most + 1), "params");
  assert(typeof refusal === "object");
  assert(refusal.reason.endsWith(`: more than ${most} levels of nesting`), refusal.reason);
  assertEquals(
    jsonOf(nested(most + 1), "value", { maxDepth: Infinity }),
    JSON.stringify(nested(most + 1)),
  );
});

Deno.test("jsonOf() writes every JSON value as JSON.stringify does", () => {
  fc.assert(fc.property(fc.jsonValue({ maxDepth: 8 }), (value) => {
    assertEquals(jsonOf(value, "params"), JSON.stringify(value));
    // A date beside it takes the other way through the file.
    assertEquals(
      jsonOf([value, new Date(0)], "params"),
      JSON.stringify([value, new Date(0)]),
    );
  }));
});
