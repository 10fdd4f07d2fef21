import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { DariError, RpcError } from "../../../lib/base/errors.ts";
import { RegisteredMethod, registerMethods } from "../../../lib/rpc/method/registry.ts";
import type { Schema, SchemaVerdict } from "../../../lib/rpc/method/schema.ts";
import { startPair } from "../../support/rpc_pair.ts";

function schemaOf(
  validate: (value: unknown) => SchemaVerdict<unknown> | Promise<SchemaVerdict<unknown>>,
  properties?: Record<string, unknown>,
): Schema {
  const jsonSchema = properties &&
    { input: () => ({ properties }), output: () => ({ properties }) };
  return { "~standard": { version: 1, vendor: "test", validate, jsonSchema } };
}

Deno.test("registerMethods() takes own members alone, and any name that is not reserved", () => {
  const methods = { ["__proto__"]: () => 1, constructor: () => 2, "다리.열기": () => 3 };
  const registered = registerMethods(Object.assign(Object.create({ inherited: () => 4 }), methods));
  assertEquals([...registered.keys()].includes("inherited"), false);
  assertEquals(registered.has("constructor") && registered.has("다리.열기"), true);
  assertEquals(registerMethods(methods).size, 3);
});

Deno.test("registerMethods() refuses what cannot be a method", () => {
  for (const name of ["rpc.mine", "rpc.ping", "", "a\nb", 'a"b', "a\\b"]) {
    assertThrows(() => registerMethods({ [name]: () => 1 }), TypeError, JSON.stringify(name));
  }
  assertThrows(() => registerMethods({ add: 1 as never }), TypeError, '"add" is no method');
  assertThrows(() => registerMethods({ add: null as never }), TypeError, '"add" is no method');
  assertThrows(() => registerMethods({}, ["none"]), TypeError, 'no method "none"');
});

Deno.test("registerMethods() refuses a worker's method that streams or has no pool", () => {
  const work = { worker: true, handler: () => 1 };
  assertThrows(() => registerMethods({ work }), TypeError, "pass serve({ pool })");
  const stream = { worker: true, async *handler() {} };
  assertThrows(() => registerMethods({ stream }), TypeError, "remove worker: true");
});

Deno.test("a method is public where it says so itself or is named", () => {
  const methods = { one: { public: true, handler: () => 1 }, two: () => 2, three: () => 3 };
  const registered = registerMethods(methods, ["two"]);
  assertEquals([...registered.values()].map(({ isPublic }) => isPublic), [true, true, false]);
});

Deno.test("checkParams() names params by position, from the declaration or from the schema", () => {
  const plain = new RegisteredMethod("sum", (all) => all, false);
  assertEquals(plain.checkParams([1, 2]), [1, 2]);
  const declared = new RegisteredMethod(
    "add",
    { positions: ["a", "b"], handler: () => 1 },
    false,
  );
  assertEquals(declared.checkParams([1]), { a: 1 });
  const error = assertThrows(() => declared.checkParams([1, 2, 3]), DariError, "at most 2");
  assertEquals(error.code, "invalid_params");
  const params = schemaOf((value) => ({ value }), { x: {}, y: {} });
  const described = new RegisteredMethod("multiply", { params, handler: () => 1 }, false);
  assertEquals(described.checkParams([3, 4]), { x: 3, y: 4 });
});

Deno.test("checkParams() and checkResult() name each member that is wrong", async () => {
  const issues = [
    { message: "is missing", path: ["a", { key: 0 }] },
    { message: "all of it is wrong" },
  ];
  const wrong = schemaOf(() => ({ issues }));
  const method = new RegisteredMethod("add", { params: wrong, result: wrong, handler() {} }, false);
  const words = "a.0: is missing; all of it is wrong";
  const params = assertThrows(() => method.checkParams({}), DariError, words);
  assertEquals(params.code, "invalid_params");
  assertEquals(assertThrows(() => method.checkResult({}), DariError, words).code, "internal");
  const later = schemaOf((value) => Promise.resolve({ value: [value] }));
  const slow = new RegisteredMethod("slow", { params: later, handler() {} }, false);
  const checked = slow.checkParams(1);
  assert(checked instanceof Promise);
  assertEquals(await checked, [1]);
});

Deno.test("describe() tells what a method is, also where its schema has no JSON form", () => {
  const params: Schema = {
    "~standard": {
      version: 1,
      vendor: "test",
      validate: (value) => ({ value }),
      jsonSchema: {
        input() {
          throw new Error("a transform has no JSON Schema");
        },
        output: () => ({}),
      },
    },
  };
  const cursor = { param: "after" };
  const declared = { params, summary: "s", idempotent: true, cursor, async *handler() {} };
  const method = new RegisteredMethod("count", declared, true);
  assertEquals(method.describe(), {
    name: "count",
    summary: "s",
    isPublic: true,
    isAdmin: false,
    isStream: true,
    isIdempotent: true,
    cursor: { param: "after" },
    params: undefined,
    positions: undefined,
    result: undefined,
    errors: undefined,
    deprecated: undefined,
  });
});

Deno.test("a handler that takes its params apart is not called without them", async () => {
  const methods = {
    add: ({ a, b }: { a: number; b: number }) => a + b,
    async later({ a }: { a: number }) {
      return await Promise.resolve(a);
    },
    async *count({ to }: { to: number }) {
      yield await Promise.resolve(to);
    },
    named: function named({ a }: { a: number }) {
      return a;
    },
  };
  for (const [name, handler] of Object.entries(methods)) {
    const registered = new RegisteredMethod(name, handler, false);
    for (const [params, why] of [[undefined, "none came"], [[1, 2], "came by position"]] as const) {
      const error = assertThrows(() => registered.checkParams(params), DariError, why);
      assertEquals(error.code, "invalid_params");
    }
    assertEquals(registered.checkParams({ a: 1 }), { a: 1 });
  }
  await using pair = await startPair({ add: methods.add });
  const error = await assertRejects(() => pair.client.call("add", [1, 2]), RpcError);
  assertEquals([error.code, error.message], [
    "invalid_params",
    '"add" takes params by name, and they came by position',
  ]);
});

Deno.test("a handler that can do without params is called without them", () => {
  const handlers = [
    () => 1,
    (params: unknown) => params,
    (_params: unknown, { method }: { method: string }) => method,
    ({ a } = { a: 1 }) => a,
    (...all: unknown[]) => all,
    function spaced(params: { a: number }) {
      const { a } = params ?? { a: 1 };
      return a;
    },
  ];
  for (const handler of handlers) {
    const registered = new RegisteredMethod("any", handler as never, false);
    for (const params of [undefined, [1]]) assertEquals(registered.checkParams(params), params);
  }
});

Deno.test("a method cannot be administrative and public at once", () => {
  const reset = { admin: true, handler: () => 1 };
  assertEquals(registerMethods({ reset }).get("reset")?.isAdmin, true);
  assertEquals(registerMethods({ add: () => 1 }).get("add")?.isAdmin, false);
  assertThrows(() => registerMethods({ reset: { ...reset, public: true } }), TypeError, "at once");
  assertThrows(() => registerMethods({ reset }, ["reset"]), TypeError, "at once");
});
