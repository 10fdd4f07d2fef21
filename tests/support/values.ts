/**
 * Values of every type of the wire, and their way through text.
 *
 * @module
 */

import fc from "fast-check";
import {
  fillPlain,
  noSource,
  reviveValue,
  writeValue,
  type WrittenValue,
} from "../../lib/protocol/values/mod.ts";

/** Writes a value that can travel. */
export function written(value: unknown, at?: string): WrittenValue | string {
  const result = writeValue(value, "value", { at });
  if (typeof result === "object" && "reason" in result) throw new TypeError(result.reason);
  return result;
}

/** What arrives of a value between two ends that know each other's values. */
export function arrived(value: unknown): unknown {
  const sent = written(value);
  if (typeof sent === "string") return JSON.parse(sent);
  return reviveValue(JSON.parse(fillPlain(sent)), JSON.parse(sent.types), noSource);
}

/** A value of each type of the wire, nested, and text that takes more than ASCII. */
export const oneOfEach: unknown = {
  dates: [new Date(0), new Date(NaN)],
  numbers: [1n, NaN, Infinity, -Infinity, -0],
  nothing: undefined,
  sparse: [undefined, null],
  views: new Map<unknown, unknown>([
    [new Date(1), new Uint8Array([1])],
    ["int", [new Int8Array([-1]), new Int16Array([-1]), new Int32Array([-1])]],
    ["uint", [new Uint8ClampedArray([9]), new Uint16Array([1]), new Uint32Array([1])]],
    ["big", [new BigInt64Array([-1n]), new BigUint64Array([1n])]],
    ["float", [new Float32Array([1.5]), new Float64Array([NaN])]],
    ["memory", [new Uint8Array([7]).buffer, new DataView(new ArrayBuffer(2))]],
  ]),
  set: new Set(["다리", new Set([1n])]),
  url: new URL("https://example.com/a?b"),
  error: errorOf("no", new TypeError("다리"), 7),
};

/** Keys that look like something else. */
const keys = fc.oneof(
  fc.string(),
  fc.constantFrom("", "/", "~", "~1", "a/b", "types", "$date", "$type", "constructor", "0"),
);

/** JSON text never comes back with an infinite number, −0 comes back as it was. */
const scalars = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.integer(),
  fc.double(),
  fc.constantFrom(null, true, false, undefined, -0, NaN, Infinity, -Infinity),
  fc.bigInt(),
  fc.date({ noInvalidDate: false }),
  fc.webUrl().map((url) => new URL(url)),
  fc.uint8Array({ maxLength: 40 }),
  fc.int8Array(),
  fc.uint8ClampedArray(),
  fc.int16Array(),
  fc.uint16Array(),
  fc.int32Array(),
  fc.uint32Array(),
  fc.bigInt64Array(),
  fc.bigUint64Array(),
  fc.float32Array(),
  fc.float64Array(),
  fc.uint8Array().map((bytes) => new Uint8Array(bytes).buffer),
  fc.uint8Array().map((bytes) => new DataView(new Uint8Array(bytes).buffer)),
);

/** Any nesting of all types. */
export const anyValue: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    scalars,
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(keys.filter((key) => key !== "__proto__"), tie("value"), {
      maxKeys: 4,
      noNullPrototype: true,
    }),
    fc.array(fc.tuple(tie("value"), tie("value")), { maxLength: 3 })
      .map((entries) => new Map(entries)),
    fc.array(tie("value"), { maxLength: 3 }).map((items) => new Set(items)),
    fc.tuple(fc.string(), fc.option(tie("value"), { nil: undefined }), fc.integer())
      .map(([message, cause, code]) => errorOf(message, cause, code)),
  ),
})).value;

function errorOf(message: string, cause: unknown, code: number): Error {
  const error = new RangeError(message, cause === undefined ? undefined : { cause });
  return Object.assign(error, { code, ...(cause === undefined ? {} : { data: [cause] }) });
}

/**
 * The differences between two values, member by member; @std/assert does not look into errors, and
 * takes two buffers as the same.
 */
export function sameValue(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  const [left, right] = [partsOf(a), partsOf(b)];
  return left.length === right.length && left.every((part, index) => sameValue(part, right[index]));
}

function partsOf(value: object): unknown[] {
  if (value instanceof Date) return [value.getTime()];
  if (value instanceof URL) return [value.href];
  if (value instanceof Map) return [...value].flat();
  if (value instanceof Set) return [...value];
  if (value instanceof ArrayBuffer) return [...new Uint8Array(value)];
  if (value instanceof DataView) return partsOf(value.buffer);
  if (value instanceof Error) {
    const { name, message, code, data, cause } = value as Error & Record<string, unknown>;
    return [name, message, code, data, cause];
  }
  // Members that are undefined come behind all others.
  return Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1).flat();
}
