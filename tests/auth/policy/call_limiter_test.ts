import { assert, assertEquals, assertThrows } from "@std/assert";
import type { Principal } from "../../../lib/auth/mod.ts";
import { CallLimiter } from "../../../lib/auth/policy/call_limiter.ts";
import { compilePolicy, type Policy } from "../../../lib/auth/policy/policy.ts";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { TestClock } from "../../support/clock.ts";

const alice: Principal = { name: "alice", kind: "session", roles: ["user"], credentialId: "1" };
const PEER = "192.0.2.7:50412";

function limiterOf(table: Policy["limits"], clock: TestClock, previous?: CallLimiter) {
  const compiled = compilePolicy({ public: ["*"], limits: table ?? {} }).limits;
  assert(compiled !== undefined);
  return new CallLimiter(compiled, () => clock.monotonic(), previous);
}

function refusal(call: () => void): DariError {
  const error = assertThrows(call, DariError);
  assertEquals(error.code, "resource_exhausted");
  return error;
}

Deno.test("a caller over the limit is told when to call again, and may then", () => {
  const clock = new TestClock();
  const limiter = limiterOf({ user: { "orders.*": { perSecond: 10, burst: 2 } } }, clock);
  limiter.take(alice, "orders.list", PEER);
  limiter.take(alice, "orders.get", PEER);
  const { retryAfterMs, message } = refusal(() => limiter.take(alice, "orders.list", PEER));
  assertEquals(retryAfterMs, 100);
  assertEquals(
    message,
    'You may make 10 calls a second of "orders.*", 2 at once; call again after 100 ms',
  );
  limiter.take(alice, "add", PEER);
  clock.advance(100);
  limiter.take(alice, "orders.list", PEER);
  refusal(() => limiter.take(alice, "orders.list", PEER));
});

Deno.test("a refused call takes a token from no bucket", () => {
  const clock = new TestClock();
  const limiter = limiterOf(
    { user: { "*": { perSecond: 1, burst: 2 }, slow: { perSecond: 0.1, burst: 1 } } },
    clock,
  );
  limiter.take(alice, "slow", PEER);
  for (let n = 0; n < 5; n++) refusal(() => limiter.take(alice, "slow", PEER));
  limiter.take(alice, "add", PEER);
  refusal(() => limiter.take(alice, "add", PEER));
});

Deno.test("callers do not take from each other, and one caller has one bucket for all credentials", () => {
  const limiter = limiterOf({ user: { "*": { perSecond: 1, burst: 1 } } }, new TestClock());
  limiter.take(alice, "add", PEER);
  limiter.take({ ...alice, name: "bob" }, "add", PEER);
  refusal(() => limiter.take({ ...alice, kind: "apiKey", credentialId: "2" }, "add", PEER));
});

Deno.test("peers that have not signed in count by their address without its port", () => {
  const limiter = limiterOf({ anonymous: { "*": { perSecond: 1, burst: 1 } } }, new TestClock());
  limiter.take(null, "add", PEER);
  refusal(() => limiter.take(null, "add", "192.0.2.7:1"));
  limiter.take(null, "add", "192.0.2.8:1");
  limiter.take(null, "add", "[2001:db8::1]:443");
  refusal(() => limiter.take(null, "add", "[2001:db8::2]:80"));
});

Deno.test("callers are remembered up to a bound", () => {
  const limiter = limiterOf({ user: { "*": { perSecond: 1, burst: 1 } } }, new TestClock());
  limiter.take(alice, "add", PEER);
  for (let n = 0; n < limits.maxCallersCounted; n++) {
    limiter.take({ ...alice, name: `user-${n}` }, "add", PEER);
  }
  limiter.take(alice, "add", PEER);
});

Deno.test("a rule that a new policy does not change keeps its counts", () => {
  const clock = new TestClock();
  const before = limiterOf({
    user: { add: { perSecond: 1 }, sub: { perSecond: 1 } },
  }, clock);
  before.take(alice, "add", PEER);
  before.take(alice, "sub", PEER);
  const after = limiterOf(
    { user: { sub: { perSecond: 2 }, add: { perSecond: 1 } } },
    clock,
    before,
  );
  refusal(() => after.take(alice, "add", PEER));
  after.take(alice, "sub", PEER);
});
