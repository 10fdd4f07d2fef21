import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { limits } from "../../lib/base/limits.ts";
import { jsonOf } from "../../lib/protocol/json.ts";

class Point {
  x = 1;
}
const cycle: Record<string, unknown> = { rows: [] };
(cycle.rows as unknown[]).push({ back: cycle });

/** Something that JSON cannot carry, and what is said of it. */
const refused: readonly [value: unknown, reason: string][] = [
  [new Map(), "a Map cannot travel as JSON; send an array of its entries"],
  [new Set(), "a Set cannot travel as JSON; send an array of its values"],
  [new Float64Array(2), "a Float64Array cannot travel as JSON"],
  [new Uint8Array(2), "a Uint8Array cannot travel as JSON; send it as Base64 text"],
  [new DataView(new ArrayBuffer(1)), "a DataView cannot travel as JSON"],
  [new ArrayBuffer(2), "an ArrayBuffer cannot travel as JSON"],
  [new Date(NaN), "an invalid Date cannot travel as JSON"],
  [1n, "a BigInt cannot travel as JSON; send it as text"],
  [() => 1, "a function cannot travel as JSON"],
  [Symbol("s"), "a symbol cannot travel as JSON"],
  [NaN, "NaN cannot travel as JSON"],
  [-Infinity, "-Infinity cannot travel as JSON"],
  [new Point(), "a Point cannot travel as JSON"],
  [new Error("no"), "an Error cannot travel as JSON"],
  [/x/, "a RegExp cannot travel as JSON"],
  [Promise.resolve(1), "a Promise cannot travel as JSON; await it first"],
];

const atPath = (value: unknown) => ({ list: [0, 1, null, { when: value }] });

for (const [value, reason] of refused) {
  Deno.test(`jsonOf() refuses ${reason.split(" cannot")[0]}, and names its place`, () => {
    assertEquals(jsonOf(value, "params"), { reason: `params: ${reason}` });
    assertEquals(jsonOf(atPath(value), "params"), { reason: `params.list[3].when: ${reason}` });
  });
}

Deno.test("jsonOf() refuses undefined in an array and leaves it out of an object", () => {
  const reason = "result[1]: undefined cannot travel as JSON inside an array; send null";
  assertEquals(jsonOf([1, undefined], "result"), { reason });
  // deno-lint-ignore no-sparse-arrays
  assertEquals(jsonOf([1, , 3], "result"), { reason });
  assertEquals(jsonOf({ a: undefined, b: 1 }, "result"), '{"b":1}');
  assertEquals(jsonOf({ a: undefined, when: new Date(0) }, "result"), `{"when":"${epoch}"}`);
});

const epoch = new Date(0).toISOString();

Deno.test("jsonOf() refuses a cycle, and writes what stands in two places twice", () => {
  assertEquals(jsonOf(cycle, "params"), {
    reason: "params.rows[0].back: a cycle cannot travel as JSON",
  });
  const shared = { when: new Date(0) };
  assertEquals(jsonOf([shared, shared], "params"), `[{"when":"${epoch}"},{"when":"${epoch}"}]`);
});

Deno.test("jsonOf() writes what toJSON gives, and looks at that too", () => {
  const value = { when: new Date(0), at: new URL("https://example.com/"), n: 1 };
  assertEquals(jsonOf(value, "params"), JSON.stringify(value));
  assertEquals(jsonOf({ a: { toJSON: () => ({ n: 1n }) } }, "params"), {
    reason: "params.a.n: a BigInt cannot travel as JSON; send it as text",
  });
  const failing = {
    toJSON: () => {
      throw new Error("not now\nand not here");
    },
  };
  assertEquals(jsonOf([failing], "params"), {
    reason: "params: it cannot be written as JSON: not now",
  });
});

Deno.test("jsonOf() quotes keys that are no identifiers, and takes __proto__ as a member", () => {
  assertEquals(jsonOf({ "a b": { "": 1n } }, "params"), {
    reason: 'params["a b"][""]: a BigInt cannot travel as JSON; send it as text',
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
