import { assertEquals } from "@std/assert";
import { Exchanges } from "../../../lib/auth/sign_in/exchanges.ts";
import { limits } from "../../../lib/base/limits.ts";
import { TestClock } from "../../support/clock.ts";

Deno.test("an exchange is taken once, by its own connection", () => {
  const exchanges = new Exchanges<string>(new TestClock());
  exchanges.put("c1", "one");
  assertEquals(exchanges.take("c2"), null);
  assertEquals(exchanges.take("c1"), "one");
  assertEquals(exchanges.take("c1"), null);
});

Deno.test("a connection has one exchange: a new one takes the place of the old", () => {
  const exchanges = new Exchanges<string>(new TestClock());
  exchanges.put("c1", "one");
  exchanges.put("c1", "two");
  assertEquals(exchanges.take("c1"), "two");
  assertEquals(exchanges.take("c1"), null);
});

Deno.test("an exchange ends after a minute, whatever the wall clock says", () => {
  const clock = new TestClock();
  const exchanges = new Exchanges<string>(clock);
  exchanges.put("c1", "one");
  clock.step(86_400_000);
  assertEquals(exchanges.take("c1"), "one");
  exchanges.put("c1", "one");
  clock.advance(limits.exchangeTimeoutMs);
  assertEquals(exchanges.take("c1"), null);
});

Deno.test("exchanges are bounded: the oldest are forgotten, and a busy connection displaces no other", () => {
  const exchanges = new Exchanges<number>(new TestClock());
  exchanges.put("first", 0);
  for (let i = 0; i < 2 * limits.maxExchanges; i++) exchanges.put("busy", i);
  assertEquals(exchanges.take("first"), 0);
  exchanges.put("first", 0);
  for (let i = 0; i < 2 * limits.maxExchanges; i++) exchanges.put(`c${i}`, i);
  assertEquals(exchanges.take("first"), null);
  assertEquals(exchanges.take(`c${2 * limits.maxExchanges - 1}`), 2 * limits.maxExchanges - 1);
});
