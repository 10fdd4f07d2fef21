import { assertEquals } from "@std/assert";
import { isThrown, textOfThrown } from "../../../lib/messages/queue/thrown.ts";

const trap = () => {
  throw new Error("looked at");
};

Deno.test("textOfThrown() takes whatever a handler throws", () => {
  assertEquals(textOfThrown(new TypeError("no")), "TypeError: no");
  assertEquals(textOfThrown(null), "null");
  assertEquals(textOfThrown(Symbol("a")), "Symbol(a)");
  const error = new Error();
  Object.defineProperty(error, "message", { get: trap });
  for (const thrown of [error, Object.create(null), new Proxy({}, { getPrototypeOf: trap })]) {
    assertEquals(textOfThrown(thrown), "a value that cannot be read");
  }
});

Deno.test("isThrown() is false for what cannot be looked at", () => {
  assertEquals(isThrown(new TypeError(), TypeError), true);
  assertEquals(isThrown("text", Error), false);
  assertEquals(isThrown(new Proxy({}, { getPrototypeOf: trap }), Error), false);
});
