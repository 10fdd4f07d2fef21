import { assertEquals } from "@std/assert";
import { handlerOf, methodsIn } from "../../lib/base/module_methods.ts";

const add = () => 1;
const withHandler = { handler: () => 2 };

Deno.test("methodsIn() prefers the export `methods`, then a default object, then all exports", () => {
  const other = () => 3;
  assertEquals(methodsIn({ methods: { add }, default: { other }, other }), { add });
  assertEquals(methodsIn({ default: { add }, other }), { add });
  assertEquals(methodsIn({ add, other }), { add, other });
});

Deno.test("methodsIn() takes a default export that is itself a method as one of the exports", () => {
  assertEquals(methodsIn({ default: add, withHandler }), { default: add, withHandler });
  assertEquals(methodsIn({ default: withHandler }), { default: withHandler });
  assertEquals(methodsIn({ methods: add }), { methods: add });
});

Deno.test("methodsIn() leaves out values that are not methods", () => {
  const module = { add, version: "1", nothing: null, none: undefined, table: { handler: 1 } };
  assertEquals(methodsIn(module), { add });
  assertEquals(methodsIn({ methods: null, add }), { add });
});

Deno.test("handlerOf() calls a handler as a method of its object", () => {
  const method = {
    factor: 3,
    handler(this: { factor: number }, value: number) {
      return this.factor * value;
    },
  };
  assertEquals(handlerOf(method)?.(2), 6);
});

Deno.test("handlerOf() finds no function in values that are not methods", () => {
  for (const value of [undefined, null, 1, "handler", {}, { handler: "x" }, []]) {
    assertEquals(handlerOf(value), undefined);
  }
});
