import { assertEquals } from "@std/assert";
import { z } from "zod";
import { limits } from "../../../lib/base/limits.ts";
import { REDACTED, Redactor } from "../../../lib/ops/tap/redact.ts";
import type { Schema } from "../../../lib/rpc/method/schema.ts";

/** A method whose schema has this JSON Schema. */
function described(schema: Record<string, unknown>) {
  const json = { input: () => schema, output: () => schema };
  const standard = { version: 1, vendor: "test", validate: (value: unknown) => ({ value }) };
  const params = { "~standard": { ...standard, jsonSchema: json } } as unknown as Schema;
  return { params, handler: () => 1 };
}

const secret = { type: "string", format: "password" };

function shown(method: unknown, params: unknown): unknown {
  const redactor = new Redactor({ m: method } as ConstructorParameters<typeof Redactor>[0]);
  return JSON.parse(redactor.write("m", params));
}

Deno.test("members with the names of secrets are not shown, in any spelling and at any depth", () => {
  const params = {
    name: "alice",
    password: "a",
    newPassword: "b",
    api_key: "c",
    "API-KEY": "d",
    accessToken: ["e"],
    nested: [{ clientSecret: { value: "f" }, pin: 1234, spin: 1 }],
    authorization: "g",
  };
  assertEquals(shown(() => 1, params), {
    name: "alice",
    password: REDACTED,
    newPassword: REDACTED,
    api_key: REDACTED,
    "API-KEY": REDACTED,
    accessToken: REDACTED,
    nested: [{ clientSecret: REDACTED, pin: REDACTED, spin: 1 }],
    authorization: REDACTED,
  });
});

Deno.test("a schema says what is secret: format password and writeOnly, wherever they stand", () => {
  const method = described({
    type: "object",
    properties: {
      a: secret,
      b: { type: "string", writeOnly: true },
      c: { anyOf: [{ type: "number" }, secret] },
      d: { type: "array", items: { type: "object", properties: { e: secret } } },
      f: { $ref: "#/definitions/hidden~1one" },
      g: { $ref: "#/definitions/missing" },
      h: { type: "object", additionalProperties: secret },
    },
    allOf: [{ properties: { i: secret } }],
    definitions: { "hidden/one": secret, loop: { $ref: "#/definitions/loop" } },
  });
  const all = { a: 1, b: 2, c: 3, d: [{ e: 4, x: 4 }], f: 5, g: 6, h: { any: 7 }, i: 8 };
  assertEquals(shown(method, all), {
    ...{ a: REDACTED, b: REDACTED, c: REDACTED, d: [{ e: REDACTED, x: 4 }], f: REDACTED, g: 6 },
    ...{ h: { any: REDACTED }, i: REDACTED },
  });
  const loop = described({
    properties: { x: { $ref: "#/definitions/loop" } },
    definitions: { loop: { $ref: "#/definitions/loop" } },
  });
  assertEquals(shown(loop, { x: 1 }), { x: 1 });
});

Deno.test("a schema of zod says it by its metadata", () => {
  const params = z.object({ user: z.string(), code: z.string().meta({ format: "password" }) });
  assertEquals(shown({ params, handler: () => 1 }, { user: "alice", code: "x" }), {
    user: "alice",
    code: REDACTED,
  });
});

Deno.test("params by position have the names of the schema, and text without a name is not shown", () => {
  const method = described({ properties: { user: { type: "string" }, code: secret } });
  assertEquals(shown(method, ["alice", "x", "y"]), ["alice", REDACTED, REDACTED]);
  assertEquals(shown(() => 1, ["x", 5, { token: "y", a: 1 }]), [
    REDACTED,
    5,
    { token: REDACTED, a: 1 },
  ]);
  const named = { ...described({}), positions: ["user", "password"] };
  assertEquals(shown(named, ["alice", "x"]), ["alice", REDACTED]);
});

Deno.test("what is shown is bounded: long text, long lists, deep and large values", () => {
  const { maxTapTextLength, maxTapListLength, maxTapParamsDepth, maxTapParamsLength } = limits;
  const text = "x".repeat(maxTapTextLength);
  assertEquals(shown(() => 1, { a: text, b: `${text}y` }), { a: text, b: `${text}…` });
  const list = Array.from({ length: maxTapListLength }, (_, at) => at);
  assertEquals(shown(() => 1, { a: list, b: [...list, 0] }), { a: list, b: [...list, "…"] });
  let deep: unknown = 1;
  for (let depth = 0; depth < maxTapParamsDepth; depth++) deep = { d: deep };
  assertEquals(JSON.stringify(shown(() => 1, deep)), JSON.stringify(deep));
  assertEquals(JSON.stringify(shown(() => 1, { d: deep })).includes("…"), true);
  const many = Object.fromEntries(list.map((at) => [`k${at}`, text]));
  const written = new Redactor({}).write("m", many);
  assertEquals(written.length, maxTapParamsLength + 1);
  assertEquals(written.endsWith("…"), true);
});
