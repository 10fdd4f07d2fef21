import { assert, assertEquals } from "@std/assert";
import { DariError, TransportError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import {
  type RetryOptions,
  retrySettings,
  type RetryThrottlingOptions,
} from "../../../lib/rpc/retry/retry_options.ts";
import { RetryPolicy } from "../../../lib/rpc/retry/retry_policy.ts";
import { TestClock } from "../../support/clock.ts";

const error = new TransportError("unavailable", "nobody is there");

interface Given {
  readonly random?: number;
  readonly retry?: RetryOptions;
  readonly throttling?: RetryThrottlingOptions;
}

function setUp({ random = 0, retry, throttling }: Given = {}) {
  const clock = new TestClock();
  const policy = new RetryPolicy(clock, () => random, retrySettings(retry, throttling));
  const pauseMs = (
    tries: number,
    failure: unknown = error,
    { deadlineAt = Infinity, isUnsent = false } = {},
  ) => policy.pauseMs({ error: failure, tries, deadlineAt, isUnsent });
  return { clock, policy, pauseMs };
}

Deno.test("RetryPolicy doubles the ceiling of its pauses up to the longest", () => {
  const { pauseMs } = setUp({ random: 0.5 });
  assertEquals([1, 2, 3, 40].map((tries) => pauseMs(tries)), [
    50,
    100,
    200,
    limits.maxBackoffMs / 2,
  ]);
});

Deno.test("RetryPolicy takes the options of gRPC's names", () => {
  const retry: RetryOptions = {
    maxAttempts: 4,
    initialBackoffMs: 10,
    maxBackoffMs: 25,
    backoffMultiplier: 3,
    retryableStatusCodes: ["not_found", "unavailable"],
  };
  const { pauseMs } = setUp({ random: 0.5, retry });
  assertEquals([1, 2, 3, 4].map((tries) => pauseMs(tries)), [5, 12.5, 12.5, undefined]);
  assertEquals(pauseMs(1, new DariError("not_found", "not here yet")), 5);
  assertEquals(pauseMs(1, new DariError("resource_exhausted", "busy")), undefined);
  const final = new TransportError("unavailable", "closed", { retryable: false });
  assertEquals(pauseMs(1, final), undefined);
});

Deno.test("RetryPolicy waits as long as the server says, inside the deadline", () => {
  const busy = (retryAfterMs: number) => new DariError("resource_exhausted", "", { retryAfterMs });
  const { pauseMs } = setUp({ random: 0.5 });
  assertEquals(pauseMs(1, busy(1_234)), 1_234);
  assertEquals(pauseMs(1, busy(0)), 0);
  assertEquals(pauseMs(1, busy(NaN)), 50);
  for (const deadlineAt of [30_000, Infinity]) {
    assertEquals(pauseMs(1, busy(-1), { deadlineAt }), undefined);
    assertEquals(pauseMs(1, busy(Infinity), { deadlineAt }), undefined);
  }
  for (const deadlineAt of [30_000, Infinity]) {
    assertEquals(pauseMs(1, busy(1e308), { deadlineAt }), undefined);
  }
  assertEquals(pauseMs(1, busy(limits.maxCallTimeoutMs)), undefined);
  assertEquals(pauseMs(1, busy(limits.maxCallTimeoutMs - 1)), limits.maxCallTimeoutMs - 1);
});

Deno.test("RetryPolicy retries nothing that would fail again", () => {
  const { pauseMs } = setUp();
  for (const failure of [new DariError("invalid_params", ""), new Error(), null, "text"]) {
    assertEquals(pauseMs(1, failure), undefined);
  }
});

Deno.test("RetryPolicy stops at half of its tokens, and earns them back by successes", () => {
  const { policy, pauseMs } = setUp({ throttling: { maxTokens: 10, tokenRatio: 0.5 } });
  let retries = 0;
  while (pauseMs(1) !== undefined) retries++;
  assertEquals([retries, policy.retries, policy.throttled, policy.tokens], [4, 4, 1, 5]);
  for (let n = 0; n < 4; n++) policy.succeeded();
  assert(pauseMs(1) !== undefined);
  assertEquals(pauseMs(1), undefined);
  for (let n = 0; n < 100; n++) policy.succeeded();
  assertEquals(policy.tokens, 10);
});

Deno.test("RetryPolicy has tokens for all calls of a lost connection, by default", () => {
  const { policy, pauseMs } = setUp();
  assertEquals(policy.tokens, limits.retryMaxTokens);
  for (let n = 0; n < limits.maxCallsInFlight; n++) assert(pauseMs(1) !== undefined);
  policy.succeeded();
  assertEquals(
    policy.tokens,
    limits.retryMaxTokens - limits.maxCallsInFlight + limits.retryTokenRatio,
  );
});

Deno.test("RetryPolicy takes no token for a call that was never sent", () => {
  const { policy, pauseMs } = setUp({ throttling: { maxTokens: 1, tokenRatio: 0 } });
  for (let n = 0; n < 100; n++) assertEquals(pauseMs(1, error, { isUnsent: true }), 1);
  assertEquals([policy.tokens, policy.throttled], [1, 0]);
  assertEquals(pauseMs(1), undefined);
});

Deno.test("RetryPolicy leaves half of the time for the next try, and stops when none is left", () => {
  const { clock, pauseMs } = setUp({ random: 0.999 });
  clock.advance(1_000);
  const left = (ms: number) => Math.round(pauseMs(10, error, { deadlineAt: 1_000 + ms }) ?? -1);
  assertEquals([2_000, 500, 100].map(left), [999, 250, 50]);
  assertEquals(left(limits.minRetryLeftMs), 10);
  assertEquals(left(limits.minRetryLeftMs - 1), -1);
});

Deno.test("RetryPolicy never makes a loop without a pause", () => {
  assertEquals(setUp({ retry: { initialBackoffMs: 0 } }).pauseMs(1), limits.minBackoffMs);
});
