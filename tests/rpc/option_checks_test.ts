import { assertThrows } from "@std/assert";
import { checkAtLeast, checkBothAboveZero } from "../../lib/rpc/option_checks.ts";

Deno.test("checkAtLeast() names the option, its value and the least", () => {
  checkAtLeast("retry.maxAttempts", 1, 1);
  for (const value of [0, -1, NaN]) {
    const message = `retry.maxAttempts is ${value}; use 1 or more`;
    assertThrows(() => checkAtLeast("retry.maxAttempts", value, 1), RangeError, message);
  }
});

Deno.test("checkBothAboveZero() refuses either, and names both with their values", () => {
  const names = ["pauseMs", "maxPauseMs"] as const;
  checkBothAboveZero(names, 0.5, Infinity);
  for (const [first, second] of [[0, 1], [1, 0], [-1, 1], [NaN, 1], [1, NaN]] as const) {
    const message = `pauseMs and maxPauseMs are ${first} and ${second}; both must be above 0`;
    assertThrows(() => checkBothAboveZero(names, first, second), RangeError, message);
  }
});
