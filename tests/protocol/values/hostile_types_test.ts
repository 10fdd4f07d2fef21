import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { DariError } from "../../../lib/base/errors.ts";
import { noSource, reviveValue, type ValueSource } from "../../../lib/protocol/values/mod.ts";

const revive = (value: unknown, types: unknown, source: Partial<ValueSource> = {}) =>
  reviveValue(value, types, { ...noSource, ...source });

Deno.test("reviveValue() throws nothing but DariError, whatever the types are, and changes no prototype", () => {
  const tokens = fc.constantFrom(
    "a",
    "0",
    "",
    "~0",
    "~",
    "__proto__",
    "constructor",
    "length",
    "b",
    "1",
  );
  const pointers = fc.array(tokens, { maxLength: 5 }).map((parts) =>
    parts.map((part) => `/${part}`).join("")
  );
  const types = fc.dictionary(
    fc.oneof(pointers, fc.string()),
    fc.oneof(
      fc.constantFrom(
        "date",
        "bigint",
        "number",
        "undefined",
        "bytes",
        "map",
        "set",
        "url",
        "error",
        "stream",
        "file",
        "float64array",
      ),
      fc.anything(),
    ),
  );
  const value = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: "small" },
      fc.constantFrom<unknown>(
        null,
        0,
        1,
        "1",
        "NaN",
        "",
        "AQ==",
        "2026-01-01T00:00:00.000Z",
        true,
      ),
      fc.array(tie("value"), { maxLength: 2 }),
      fc.dictionary(
        fc.constantFrom("a", "b", "", "name", "message", "__proto__", "constructor"),
        tie("value"),
      ),
    ),
  })).value;
  const before = [Object.prototype, Array.prototype, Map.prototype].map((prototype) =>
    Reflect.ownKeys(prototype).length
  );
  fc.assert(
    fc.property(value, types, (plain, given) => {
      try {
        revive(JSON.parse(JSON.stringify(plain)), given, { stream: (id) => id });
      } catch (error) {
        assert(error instanceof DariError && error.code === "invalid_params", String(error));
      }
    }),
    { numRuns: 1_000 },
  );
  const after = [Object.prototype, Array.prototype, Map.prototype].map((prototype) =>
    Reflect.ownKeys(prototype).length
  );
  assertEquals(after, before);
});

/** How long a function takes, in milliseconds. */
function timed(run: () => void): number {
  const start = performance.now();
  run();
  return performance.now() - start;
}

/** Measures again until it is as fast as it should be: a busy machine needs more rounds to show it. */
function measure(round: () => void, isFast: () => boolean): void {
  for (let count = 0; count < 3 || (count < 40 && !isFast()); count++) round();
}

Deno.test("reviveValue() takes time that grows no faster than the types", () => {
  const cost = (places: number) => {
    const keys = Array.from({ length: places }, (_, index) => `/${"d/".repeat(40)}${index}`);
    const types = Object.fromEntries(keys.map((key) => [key, "bigint"]));
    let holder: Record<string, unknown> = Object.fromEntries(keys.map((_, index) => [index, "1"]));
    for (let level = 0; level < 40; level++) holder = { d: holder };
    const value = JSON.parse(JSON.stringify(holder));
    return timed(() => revive(value, types));
  };
  // The shortest times count.
  let [few, many] = [Infinity, Infinity];
  const isFast = () => many < few * 16 * 6;
  measure(() => {
    few = Math.min(few, cost(500));
    many = Math.min(many, cost(8_000));
  }, isFast);
  assert(isFast(), `${few} ms for 500 places, ${many} ms for 8,000`);
  // A slash for each level that a message cannot have.
  let slashes = Infinity;
  const types = { ["/".repeat(1_000_000)]: "date" };
  measure(() => {
    slashes = Math.min(slashes, timed(() => assertThrows(() => revive({}, types), DariError)));
  }, () => slashes < 50);
  assert(slashes < 50, `${slashes} ms for a million slashes`);
});
