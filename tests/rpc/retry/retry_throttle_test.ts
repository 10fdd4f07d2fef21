import { assertEquals } from "@std/assert";
import { RetryThrottle } from "../../../lib/rpc/retry/retry_throttle.ts";

Deno.test("RetryThrottle allows retries while more than half of its tokens are left", () => {
  const throttle = new RetryThrottle(4, 0.5);
  const seen = [];
  for (let n = 0; n < 6; n++) {
    throttle.failed();
    seen.push([throttle.tokens, throttle.allowsRetry]);
  }
  assertEquals(seen, [[3, true], [2, false], [1, false], [0, false], [0, false], [0, false]]);
  for (let n = 0; n < 5; n++) throttle.succeeded();
  assertEquals([throttle.tokens, throttle.allowsRetry], [2.5, true]);
  for (let n = 0; n < 9; n++) throttle.succeeded();
  assertEquals(throttle.tokens, 4);
});
