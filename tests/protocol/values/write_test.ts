import { assert, assertEquals, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import {
  fileInfo,
  fill,
  fillPlain,
  type StreamHole,
  writeValue,
} from "../../../lib/protocol/values/mod.ts";
import { written } from "../../support/values.ts";

class Point {
  x = 1;
}
const cycle: Record<string, unknown> = { rows: [] };
(cycle.rows as unknown[]).push({ back: cycle });

/** A value, its plain form, and its type. */
const rows: readonly [value: unknown, plain: string, type: string][] = [
  [new Date(0), '"1970-01-01T00:00:00.000Z"', "date"],
  [new Date(NaN), "null", "date"],
  [-12n, '"-12"', "bigint"],
  [NaN, '"NaN"', "number"],
  [Infinity, '"Infinity"', "number"],
  [-Infinity, '"-Infinity"', "number"],
  [new Uint8Array([1, 2, 255]), '"AQL/"', "bytes"],
  [new Int8Array([-1]), '"/w=="', "int8array"],
  [new Uint8ClampedArray([300]), '"/w=="', "uint8clampedarray"],
  [new Int16Array([1]), '"AQA="', "int16array"],
  [new Uint16Array([1]), '"AQA="', "uint16array"],
  [new Int32Array([1]), '"AQAAAA=="', "int32array"],
  [new Uint32Array([1]), '"AQAAAA=="', "uint32array"],
  [new BigInt64Array([1n]), '"AQAAAAAAAAA="', "bigint64array"],
  [new BigUint64Array([1n]), '"AQAAAAAAAAA="', "biguint64array"],
  [new Float32Array([1]), '"AACAPw=="', "float32array"],
  [new Float64Array([1]), '"AAAAAAAA8D8="', "float64array"],
  [new Uint8Array([7]).buffer, '"Bw=="', "arraybuffer"],
  [new DataView(new Uint8Array([7]).buffer), '"Bw=="', "dataview"],
  [new Map([["a", 1]]), '[["a",1]]', "map"],
  [new Set(["a", 1]), '["a",1]', "set"],
  [new URL("https://example.com/?a=ü"), '"https://example.com/?a=%C3%BC"', "url"],
  [new TypeError("no"), '{"name":"TypeError","message":"no"}', "error"],
];

for (const [value, plain, type] of rows) {
  Deno.test(`writeValue() writes ${plain} for a ${type}, and notes where it stands`, () => {
    assertEquals(writeValue(value, "params"), {
      texts: [plain],
      holes: [],
      types: `{"":"${type}"}`,
    });
    assertEquals(writeValue([{ "a/b~": value }], "params"), {
      texts: [`[{"a/b~":${plain}}]`],
      holes: [],
      types: `{"/0/a~1b~0":"${type}"}`,
    });
    assertEquals(writeValue(value, "item", { at: "/value" }), {
      texts: [plain],
      holes: [],
      types: `{"/value":"${type}"}`,
    });
    assertEquals(writeValue([value], "params", { form: "json" }), `[${plain}]`);
  });
}

Deno.test("writeValue() writes plain values as text, as JSON.stringify does", () => {
  for (const value of [1, "a", null, true, { a: [1, { b: "c" }] }, { toJSON: () => [1] }]) {
    assertEquals(writeValue(value, "params"), JSON.stringify(value));
  }
});

Deno.test("writeValue() leaves an undefined member out of the text, and notes it", () => {
  assertEquals(writeValue({ a: undefined, b: [undefined] }, "params"), {
    texts: ['{"b":[null]}'],
    holes: [],
    types: '{"/a":"undefined","/b/0":"undefined"}',
  });
  assertEquals(
    writeValue({ a: undefined, b: new Date(0) }, "params", { form: "json" }),
    '{"b":"1970-01-01T00:00:00.000Z"}',
  );
});

Deno.test("writeValue() writes -0 as the number that it is, and as 0 for those who read JSON alone", () => {
  assertEquals(writeValue(-0, "params"), "-0");
  assertEquals(writeValue([-0, { n: -0 }], "params"), '[-0,{"n":-0}]');
  assertEquals(writeValue([-0, 1n], "params", { form: "json" }), '[0,"1"]');
});

Deno.test("writeValue() writes an error's code, data and cause, and never its stack", () => {
  const error = Object.assign(new Error("no", { cause: 1n }), { code: "E_NO", data: { at: [2n] } });
  error.name = "Own";
  assertEquals(writeValue({ error }, "params"), {
    texts: [
      '{"error":{"name":"Own","message":"no","code":"E_NO","data":{"at":["2"]},"cause":"1"}}',
    ],
    holes: [],
    types: '{"/error":"error","/error/data/at/0":"bigint","/error/cause":"bigint"}',
  });
});

Deno.test("writeValue() leaves holes for bytes of minBlobBytes and more, and for streams", () => {
  const least = new Uint8Array(limits.minBlobBytes);
  const items = (async function* () {})();
  const value = written([new Uint8Array(limits.minBlobBytes - 1), least, items]);
  assert(typeof value === "object");
  assertEquals(value.holes, [{ kind: "bytes", bytes: least }, {
    kind: "stream",
    source: items,
    owner: undefined,
  }]);
  assertEquals(
    value.holes[0]?.kind === "bytes" && value.holes[0].bytes.buffer === least.buffer,
    true,
  );
  assertEquals(value.types, '{"/0":"bytes","/1":"bytes","/2":"stream"}');
  const texts = fill(value, (hole) => hole.kind === "bytes" ? "0" : "7");
  assertEquals(JSON.parse(texts).slice(1), [0, 7]);
});

Deno.test("writeValue() writes a Blob, a File and what has fileInfo as files", () => {
  const own = { [fileInfo]: { name: "c", size: 3 } };
  const files = [new Blob(["a"]), new File(["ab"], "b.txt", { type: "text/plain" }), own];
  const value = written(files);
  assert(typeof value === "object");
  assertEquals(
    fill(value, (hole) => String(files.indexOf((hole as StreamHole).source as Blob))),
    '[{"stream":0,"size":1},{"stream":1,"name":"b.txt","size":2,"type":"text/plain"},' +
      '{"stream":2,"name":"c","size":3}]',
  );
  assertEquals(value.types, '{"/0":"file","/1":"file","/2":"file"}');
});

Deno.test("fillPlain() writes base64 into holes, and refuses streams", () => {
  const value = written([new Uint8Array(1_024)]);
  assert(typeof value === "object");
  assertEquals(fillPlain(value), JSON.stringify([new Uint8Array(1_024).toBase64()]));
  const stream = written([new ReadableStream()]);
  assert(typeof stream === "object");
  assertEquals(assertThrows(() => fillPlain(stream), DariError).code, "failed_precondition");
  for (const form of ["json", "typed"] as const) {
    assertEquals(writeValue([new ReadableStream()], "params", { form }), {
      reason: "params[0]: a stream cannot travel: the other side takes none",
    });
  }
});

const refused: readonly [value: unknown, reason: string][] = [
  [() => 1, "a function cannot travel"],
  [Symbol("s"), "a symbol cannot travel"],
  [new Point(), "a Point cannot travel"],
  [/x/, "a RegExp cannot travel"],
  [new WeakMap(), "a WeakMap cannot travel"],
  [Promise.resolve(1), "a Promise cannot travel; await it first"],
  [new SharedArrayBuffer(1), "a SharedArrayBuffer cannot travel; send a copy of its bytes"],
  [new Float16Array(1), "a Float16Array cannot travel"],
  [
    10n ** BigInt(limits.maxBigintDigits),
    "a BigInt of more than 10000 digits cannot travel; send it as bytes",
  ],
];

for (const [value, reason] of refused) {
  Deno.test(`writeValue() refuses ${reason.split(" cannot")[0]}, and names its place`, () => {
    assertEquals(writeValue(value, "params"), { reason: `params: ${reason}` });
    const around: [unknown, string][] = [
      [{ list: [0, 1, null, { when: value }] }, "params.list[3].when"],
      [{ "a b": { "": value } }, 'params["a b"][""]'],
      [{ m: new Map([[1, 2], [3, value as number]]) }, "params.m[1][1]"],
      [{ s: new Set([1, value]) }, "params.s[1]"],
      [{ e: new Error("no", { cause: [value] }) }, "params.e.cause[0]"],
      [{ a: { toJSON: () => ({ n: value }) } }, "params.a.n"],
      [[new Date(0), { f: value }], "params[1].f"],
    ];
    for (const [holder, place] of around) {
      assertEquals(writeValue(holder, "params"), { reason: `${place}: ${reason}` });
      assertEquals(writeValue(holder, "params", { form: "json" }), {
        reason: `${place}: ${reason}`,
      });
    }
  });
}

Deno.test("writeValue() refuses a cycle, also through a Map and a cause, and writes what stands twice", () => {
  const reason = (place: string) => ({ reason: `${place}: a cycle cannot travel` });
  assertEquals(writeValue(cycle, "params"), reason("params.rows[0].back"));
  const map = new Map<string, unknown>();
  map.set("me", { map });
  assertEquals(writeValue([map], "params"), reason("params[0][0][1].map"));
  const error = new Error("no");
  error.cause = error;
  assertEquals(writeValue(error, "params"), reason("params.cause"));
  const shared = new Date(0);
  assertEquals((written([shared, shared]) as { types: string }).types, '{"/0":"date","/1":"date"}');
});

Deno.test("writeValue() says what a getter or toJSON threw", () => {
  const failing = {
    toJSON: () => {
      throw new Error("not now\nnot here");
    },
  };
  assertEquals(writeValue([failing], "params"), {
    reason: "params: it cannot be written: not now",
  });
});

Deno.test("writeValue() prefers a toJSON of one's own to the built-in form", () => {
  class Day extends Date {
    override toJSON() {
      return "a day";
    }
  }
  const bag = Object.assign(new Map([[1, 2]]), { toJSON: () => [1, 2n] });
  assertEquals(writeValue([new Day(0), bag], "params"), {
    texts: ['["a day",[1,"2"]]'],
    holes: [],
    types: '{"/1/1":"bigint"}',
  });
});

Deno.test("writeValue() refuses what needs a note beneath __proto__, and only that", () => {
  const value = JSON.parse('{"a":{"__proto__":{"b":1}}}');
  assertEquals(writeValue([value, 1n], "params"), {
    texts: ['[{"a":{"__proto__":{"b":1}}},"1"]'],
    holes: [],
    types: '{"/1":"bigint"}',
  });
  Object.getOwnPropertyDescriptor(value.a, "__proto__")!.value.b = 1n;
  assertEquals(writeValue(value, "params"), {
    reason:
      "params.a.__proto__.b: what JSON does not carry, beneath a member __proto__, cannot travel",
  });
});

const nested = (levels: number, inmost: unknown) => {
  let value = inmost;
  for (let level = 0; level < levels; level++) value = [value];
  return value;
};

Deno.test("writeValue() counts the levels of the plain form", () => {
  const most = limits.maxDepth - 1;
  assertEquals(typeof writeValue(nested(most, 1n), "params"), "object");
  for (const inmost of [[1n], new Set([1]), new Error("no")]) {
    const refusal = writeValue(nested(most, inmost), "params");
    assert(typeof refusal === "object" && "reason" in refusal);
    assert(refusal.reason.endsWith(`: more than ${most} levels of nesting`), refusal.reason);
  }
  // A Map is an array of arrays.
  assertEquals(
    "reason" in (writeValue(nested(most - 1, new Map([[1, 2]])), "params") as object),
    true,
  );
  assertEquals(
    "texts" in (writeValue(nested(most - 2, new Map([[1, 2]])), "params") as object),
    true,
  );
});

Deno.test("writeValue() refuses more than maxTypedPlaces, which bind no JSON", () => {
  const many = Array.from({ length: limits.maxTypedPlaces + 1 }, () => 1n);
  const refusal = writeValue(many, "params");
  assert(typeof refusal === "object" && "reason" in refusal);
  assert(refusal.reason.startsWith(`params: more than ${limits.maxTypedPlaces} values`));
  assertEquals(typeof writeValue(many, "params", { form: "json" }), "string");
  assertEquals("texts" in (writeValue(many.slice(1), "params") as object), true);
});
