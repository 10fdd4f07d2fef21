import { assert, assertEquals, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { noSource, reviveValue, type ValueSource } from "../../../lib/protocol/values/mod.ts";
import { sameValue } from "../../support/values.ts";

const revive = (value: unknown, types: unknown, source: Partial<ValueSource> = {}) =>
  reviveValue(value, types, { ...noSource, ...source });

function refusal(value: unknown, types: unknown, source?: Partial<ValueSource>): string {
  const error = assertThrows(() => revive(value, types, source), DariError);
  assertEquals(error.code, "invalid_params");
  return error.message;
}

/** A type, a plain form, and what it stands for. */
const rows: readonly [type: string, plain: unknown, value: unknown][] = [
  ["date", "2026-01-01T02:00:00+02:00", new Date("2026-01-01T00:00:00Z")],
  ["date", null, new Date(NaN)],
  ["bigint", "-12", -12n],
  ["number", "NaN", NaN],
  ["number", "-Infinity", -Infinity],
  ["number", "-0", -0],
  ["undefined", null, undefined],
  ["bytes", "AQL/", new Uint8Array([1, 2, 255])],
  ["float64array", "AAAAAAAA8D8=", new Float64Array([1])],
  ["arraybuffer", "", new ArrayBuffer(0)],
  ["dataview", "Bw==", new DataView(new Uint8Array([7]).buffer)],
  ["map", [["a", 1], [[], 2]], new Map<unknown, unknown>([["a", 1], [[], 2]])],
  ["set", [1, "a"], new Set([1, "a"])],
  ["url", "https://example.com", new URL("https://example.com/")],
  ["error", { name: "TypeError", message: "no", stack: "secret" }, new TypeError("no")],
];

for (const [type, plain, value] of rows) {
  Deno.test(`reviveValue() makes a ${type} of ${JSON.stringify(plain)}`, () => {
    assert(sameValue(revive(structuredClone(plain), { "": type }), value));
    assert(sameValue(revive({ "": [plain] }, { "//0": type }), { "": [value] }));
  });
}

Deno.test("reviveValue() makes errors of their class, with code, data and cause, and a stack of no use", () => {
  const plain = { name: "Own", message: "no", code: 7, data: { n: "1" }, cause: "2" };
  const types = { "": "error", "/data/n": "bigint", "/cause": "bigint" };
  const error = revive(plain, types) as Error & { code: number; data: unknown };
  assert(error instanceof Error);
  assertEquals([error.name, error.message, error.code, error.data, error.cause], ["Own", "no", 7, {
    n: 1n,
  }, 2n]);
  assertEquals([error.stack, Object.keys(error)], ["Own: no", ["code", "data"]]);
});

Deno.test("reviveValue() sets a member that is undefined, whether it stands there as null or not at all", () => {
  assertEquals(revive({ a: null }, { "/a": "undefined", "/b": "undefined" }), {
    a: undefined,
    b: undefined,
  });
  assertEquals(Object.hasOwn(revive({}, { "/toString": "undefined" }) as object, "toString"), true);
});

Deno.test("reviveValue() asks for bytes beside the message once, and for streams", () => {
  const memory = new Uint8Array([0, 0, 128, 63]);
  const source = { bytes: () => memory, stream: (id: number, file?: unknown) => [id, file] };
  const value = revive([0, 7, { stream: 8, size: 3, name: "a" }], {
    "/0": "float32array",
    "/1": "stream",
    "/2": "file",
  }, source);
  assertEquals(value, [new Float32Array([1]), [7, undefined], [8, {
    name: "a",
    size: 3,
    type: undefined,
  }]]);
  assertEquals((value as [Float32Array])[0].buffer === memory.buffer, true);
  assertEquals(
    refusal([0, 0], { "/0": "bytes", "/1": "bytes" }, source),
    'types: "/1": the bytes 0 are named by another place',
  );
  assertEquals(refusal([0], { "/0": "bytes" }), "no bytes came beside the message");
  assertEquals(refusal([0], { "/0": "stream" }), "streams as values are not agreed on");
  assertEquals(
    refusal([0], { "/0": "float64array" }, source),
    'types: "/0": what stands there is no plain form of float64array',
  );
});

/** Plain forms that do not fit their type. */
const misfits: Record<string, readonly unknown[]> = {
  date: [
    0,
    "",
    "yesterday",
    "2026-02-30T00:00:00Z",
    "2026-01-01",
    "2026-01-01T00:00:00",
    "2026-01-01T24:00:00Z",
    {},
  ],
  bigint: [1, "", "1.0", "1e3", "0x1", " 1", "01", "-", "1".repeat(limits.maxBigintDigits + 2)],
  number: [0, "1", "nan", "+Infinity", null],
  undefined: [0, "", {}],
  bytes: ["A", "AQ", "AQ=", "AR==", "A Q=", "AQL/\n", "AQL_", "é", -1, 0.5, null, {}, ["AQ=="]],
  int16array: ["AQ=="],
  map: [{}, [1], [[1]], [[1, 2, 3]], "[]"],
  set: [{}, "a", null],
  url: ["", "no url", 1],
  error: [null, "no", {}, { name: "a" }, { name: 1, message: "a" }, {
    name: "a",
    message: "b",
    code: {},
  }, []],
  stream: ["0", -1, 1.5, null],
  file: [0, {}, { stream: 0 }, { stream: 0, size: -1 }, { stream: 0, size: 1, name: 1 }, []],
};

for (const [type, plains] of Object.entries(misfits)) {
  Deno.test(`reviveValue() refuses what is no plain form of ${type}, and names its place`, () => {
    for (const plain of plains) {
      assertEquals(
        refusal({ a: [plain] }, { "/a/0": type }),
        `types: "/a/0": what stands there is no plain form of ${type}`,
      );
    }
  });
}

Deno.test("reviveValue() refuses pointers that lead nowhere", () => {
  const value = () => ({ list: ["1"], text: "1", "a/b": {}, nested: { __proto__: null } });
  for (
    const pointer of [
      "/no",
      "/list/1",
      "/list/01",
      "/list/-",
      "/list/length",
      "/list/-1",
      "/text/0",
      "/text/length",
      "/a/b",
      "/list~2",
      "/constructor",
      "/toString/name",
      "/no/undefined",
      "/list/0/0",
    ]
  ) {
    assertEquals(
      refusal(value(), { [pointer]: "bigint" }),
      `types: ${JSON.stringify(pointer)}: it leads nowhere`,
    );
  }
  assertEquals(refusal(value(), { "list": "set" }), 'types: "list": it is no JSON Pointer');
  assertEquals(refusal(["1"], { "/1": "undefined" }), 'types: "/1": it leads nowhere');
  assertEquals(refusal(value(), { "/no/a": "undefined" }), 'types: "/no/a": it leads nowhere');
});

Deno.test("reviveValue() never follows or sets __proto__", () => {
  const value = () => JSON.parse('{"__proto__":{"a":"1"},"b":{"constructor":{"prototype":"1"}}}');
  for (const pointer of ["/__proto__", "/__proto__/a", "/b/__proto__", "/b/__proto__/polluted"]) {
    for (const type of ["undefined", "bigint"]) refusal(value(), { [pointer]: type });
  }
  refusal({}, JSON.parse('{"__proto__":"undefined"}'));
  const revived = revive(value(), { "/b/constructor/prototype": "bigint" }) as { b: object };
  assertEquals(Object.getPrototypeOf(revived.b), Object.prototype);
  assertEquals(({} as Record<string, unknown>).polluted, undefined);
});

Deno.test("reviveValue() refuses types that are no object of names, or too many", () => {
  for (const types of [null, 1, "", [], ["date"]]) {
    assertEquals(refusal({}, types), "types must be an object");
  }
  for (const type of [null, 1, {}, ["date"]]) {
    assertEquals(refusal({}, { "": type }), 'types: "": the name of a type must be text');
  }
  for (const type of ["", "Date", "constructor", "__proto__", "x".repeat(9_000)]) {
    assertEquals(
      refusal({}, { "": type }),
      `types: "": ${JSON.stringify(type.slice(0, 32))} is no type of a value`,
    );
  }
  const most = limits.maxTypedPlaces;
  const many = Object.fromEntries(
    Array.from({ length: most + 1 }, (_, index) => [`/${index}`, "bigint"]),
  );
  assertEquals(refusal({}, many), `types has more than ${most} places`);
});

Deno.test("reviveValue() revives the deepest place first, and refuses places inside what is no object any more", () => {
  assertEquals(
    revive([["1", ["2"]]], { "": "map", "/0/0": "bigint", "/0/1": "set", "/0/1/0": "bigint" }),
    new Map([[1n, new Set([2n])]]),
  );
  refusal(["1"], { "": "bigint", "/0": "bigint" });
  refusal([[[1, 2]]], { "": "map", "/0": "map" });
  refusal({ name: "1", message: "no" }, { "": "error", "/name": "bigint" });
});

Deno.test("reviveValue() cuts a long pointer in what it says", () => {
  const message = refusal({}, { [`/${"x".repeat(100_000)}`]: "date" });
  assert(message.length < 200, String(message.length));
});
