import { assert, assertEquals } from "@std/assert";
import { DariError, TransportError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { BackoffRetryPolicy } from "../../../lib/rpc/client/retry.ts";
import { TestClock } from "../../support/clock.ts";

const error = new TransportError("unavailable", "nobody is there");

function setUp(random = 0) {
  const clock = new TestClock();
  const policy = new BackoffRetryPolicy(clock, () => random);
  const pauseMs = (tries: number, failure: unknown = error, deadlineAt = Infinity) =>
    policy.pauseMs({ error: failure, tries, deadlineAt });
  return { clock, policy, pauseMs };
}

Deno.test("BackoffRetryPolicy doubles the ceiling of its pauses up to a limit of tries", () => {
  const { pauseMs } = setUp(0.5);
  assertEquals([1, 2, 3].map((tries) => pauseMs(tries)), [50, 100, 200]);
  assertEquals(pauseMs(limits.maxAttempts), undefined);
});

Deno.test("BackoffRetryPolicy waits as long as the server says", () => {
  const busy = new DariError("resource_exhausted", "busy", { retryAfterMs: 1_234 });
  assertEquals(setUp(0.5).pauseMs(1, busy), 1_234);
});

Deno.test("BackoffRetryPolicy retries nothing that would fail again", () => {
  const { pauseMs } = setUp();
  for (const failure of [new DariError("invalid_params", ""), new Error(), null, "text"]) {
    assertEquals(pauseMs(1, failure), undefined);
  }
});

Deno.test("BackoffRetryPolicy stops when its budget is spent, and earns it back by successes", () => {
  const { policy, pauseMs } = setUp();
  let retries = 0;
  while (pauseMs(1) !== undefined) retries++;
  assertEquals(retries, limits.retryBudget);
  for (let n = 0; n < 11; n++) policy.succeeded();
  assert(pauseMs(1) !== undefined);
  assertEquals(pauseMs(1), undefined);
});

Deno.test("BackoffRetryPolicy does not pause past the deadline, and pays nothing for that", () => {
  const { clock, pauseMs } = setUp(0.5);
  clock.advance(1_000);
  for (let n = 0; n < 100; n++) assertEquals(pauseMs(1, error, 1_050), undefined);
  assertEquals(pauseMs(1, error, 1_051), 50);
});
