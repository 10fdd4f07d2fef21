import { assertEquals } from "@std/assert";
import type { Jsonified } from "../../lib/protocol/jsonified.ts";

/** Whether two types are one and the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true
  : false;

interface Account {
  readonly name: string;
  created: Date;
  seen?: Date;
  keys: Map<string, string>;
  tags: readonly string[];
  friends: Account[];
  [Symbol.iterator]?: () => void;
}

// Checked by the compiler: a row that does not hold is an error of its type.
const rows: true[] = [
  true satisfies Same<Jsonified<string>, string>,
  true satisfies Same<Jsonified<"a" | 1 | null>, "a" | 1 | null>,
  true satisfies Same<Jsonified<Date>, string>,
  true satisfies Same<Jsonified<URL | undefined>, string | undefined>,
  true satisfies Same<Jsonified<unknown>, unknown>,
  // deno-lint-ignore no-explicit-any
  true satisfies Same<Jsonified<any>, any>,
  true satisfies Same<Jsonified<never>, never>,
  true satisfies Same<Jsonified<bigint>, never>,
  true satisfies Same<Jsonified<() => void>, never>,
  true satisfies Same<Jsonified<Float64Array>, never>,
  true satisfies Same<Jsonified<ArrayBuffer>, never>,
  true satisfies Same<Jsonified<Map<string, number>>, never>,
  true satisfies Same<Jsonified<Set<number>>, never>,
  true satisfies Same<Jsonified<Promise<number>>, never>,
  true satisfies Same<Jsonified<Error>, never>,
  true satisfies Same<Jsonified<Date[]>, string[]>,
  true satisfies Same<Jsonified<readonly [Date, number]>, readonly [string, number]>,
  true satisfies Same<Jsonified<{ a: Date; b?: number }>, { a: string; b?: number }>,
  true satisfies Same<Jsonified<Account>["name"], string>,
  true satisfies Same<Jsonified<Account>["seen"], string | undefined>,
  true satisfies Same<Jsonified<Account>["keys"], never>,
  true satisfies Same<Jsonified<Account>["friends"][number]["created"], string>,
  true satisfies Same<keyof Jsonified<Account>, Exclude<keyof Account, symbol>>,
];

Deno.test("Jsonified is what arrives: text for dates, nothing for what JSON cannot carry", () => {
  assertEquals(rows.every(Boolean), true);
});
