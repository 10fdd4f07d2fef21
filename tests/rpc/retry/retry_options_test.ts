import { assertEquals, assertThrows } from "@std/assert";
import type { ErrorCode } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { retrySettings } from "../../../lib/rpc/retry/retry_options.ts";

Deno.test("retrySettings() fills in the defaults", () => {
  assertEquals(retrySettings(), {
    maxAttempts: limits.retryMaxAttempts,
    initialBackoffMs: limits.initialBackoffMs,
    maxBackoffMs: limits.maxBackoffMs,
    backoffMultiplier: limits.backoffMultiplier,
    retryableStatusCodes: undefined,
    maxTokens: limits.retryMaxTokens,
    tokenRatio: limits.retryTokenRatio,
  });
});

const wrong: readonly [() => unknown, string][] = [
  [() => retrySettings({ maxAttempts: 0 }), "retry.maxAttempts is 0; use 1 or more"],
  [() => retrySettings({ initialBackoffMs: -1 }), "retry.initialBackoffMs is -1"],
  [() => retrySettings({ maxBackoffMs: NaN }), "retry.maxBackoffMs is NaN"],
  [() => retrySettings({ backoffMultiplier: 0.5 }), "retry.backoffMultiplier is 0.5"],
  [() => retrySettings({}, { maxTokens: -1 }), "retryThrottling.maxTokens is -1"],
  [() => retrySettings({}, { tokenRatio: NaN }), "retryThrottling.tokenRatio is NaN"],
];

for (const [make, message] of wrong) {
  Deno.test(`retrySettings() refuses what cannot be used: ${message}`, () => {
    assertThrows(make, RangeError, message);
  });
}

Deno.test("retrySettings() refuses a code that is none", () => {
  const codes = ["UNAVAILABLE" as ErrorCode];
  const message = 'retry.retryableStatusCodes has "UNAVAILABLE", which is no error code';
  assertThrows(() => retrySettings({ retryableStatusCodes: codes }), TypeError, message);
});
