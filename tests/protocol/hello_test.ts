import { assertEquals, assertThrows } from "@std/assert";
import { DariError } from "../../lib/base/errors.ts";
import { limits } from "../../lib/base/limits.ts";
import { ownHello, readHello } from "../../lib/protocol/hello.ts";

const least = { versions: ["dari/1"] };

Deno.test("readHello() reads what this program says of itself, and what says the least", () => {
  assertEquals(readHello(ownHello(7)).maxCallsInFlight, 7);
  assertEquals(readHello(least), {
    versions: ["dari/1"],
    features: [],
    maxLineBytes: limits.maxLineBytes,
    maxCallsInFlight: limits.maxCallsInFlight,
    agent: undefined,
  });
});

Deno.test("readHello() names the member that is wrong", () => {
  for (
    const [value, word] of [
      [undefined, "object"],
      [[], "object"],
      [{}, "versions"],
      [{ versions: "dari/1" }, "versions"],
      [{ ...least, features: [1] }, "features"],
      [{ ...least, limits: [] }, "limits"],
      [{ ...least, limits: { maxLineBytes: 0 } }, "maxLineBytes"],
      [{ ...least, limits: { maxCallsInFlight: 1.5 } }, "maxCallsInFlight"],
      [{ ...least, agent: 5 }, "agent"],
    ] as const
  ) {
    const error = assertThrows(() => readHello(value), DariError, word);
    assertEquals(error.code, "invalid_params");
  }
  const error = assertThrows(() => readHello({ versions: ["dari/7"] }), DariError, "dari/1");
  assertEquals(error.code, "failed_precondition");
});

Deno.test("readHello() takes as many names as it may, and none longer than it may", () => {
  const { maxHelloNames, maxHelloNameLength } = limits;
  const names = Array.from({ length: maxHelloNames }, (_, n) => `feature ${n}`);
  assertEquals(readHello({ ...least, features: names }).features.length, maxHelloNames);
  assertThrows(() => readHello({ ...least, features: [...names, "one more"] }), DariError);
  const agent = "a".repeat(maxHelloNameLength);
  assertEquals(readHello({ ...least, agent }).agent, agent);
  assertThrows(() => readHello({ ...least, agent: `${agent}a` }), DariError);
});
