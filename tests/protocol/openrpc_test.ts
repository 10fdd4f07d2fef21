import { assert, assertEquals } from "@std/assert";
import Ajv from "ajv";
import { sampleMethods } from "../../lib/cli/sample/sample_methods.ts";
import { openRpcDocument } from "../../lib/protocol/openrpc.ts";
import { registerMethods } from "../../lib/rpc/method/registry.ts";
import { testVectors } from "../support/vectors.ts";

const info = { title: "dari sample methods", version: "1.0.0" };
const describe = (methods: Parameters<typeof registerMethods>[0]) =>
  openRpcDocument(info, [...registerMethods(methods).values()].map((method) => method.describe()));

interface MetaSchema {
  properties: { openrpc: unknown };
}

testVectors<MetaSchema>(
  "the document of the sample methods is valid against OpenRPC's meta-schema",
  "openrpc_meta_schema.json",
  (schema) => {
    // The file as published leaves the version to its release.
    schema.properties.openrpc = { type: "string", pattern: "^1\\.4\\.\\d+$" };
    const { $schema: _, ...rest } = schema as MetaSchema & { $schema?: string };
    const ajv = new Ajv.default({ strict: false, validateFormats: false });
    // What it names elsewhere is draft-07 with a few words more.
    const draft07 = "http://json-schema.org/draft-07/schema#";
    for (const $id of ["https://meta.json-schema.tools", "https://meta.json-schema.tools/"]) {
      ajv.addSchema({
        allOf: [{ $ref: draft07 }],
        definitions: { JSONSchemaObject: { properties: { $ref: { type: "string" } } } },
      }, $id);
    }
    const validate = ajv.compile(rest);
    assert(validate(describe(sampleMethods)), JSON.stringify(validate.errors));
    assert(validate(describe({ plain: () => 1 })), JSON.stringify(validate.errors));
    assertEquals(validate({ openrpc: "1.4.0", info, methods: [{ name: "no params" }] }), false);
  },
);

Deno.test("openRpcDocument() lists params, which of them are required, and which methods stream", () => {
  const { methods } = describe(sampleMethods);
  const byName = new Map(methods.map((method) => [method.name, method]));
  assertEquals(byName.get("process_data")?.params, [
    { name: "data", schema: { type: "array" }, required: true },
    { name: "prefix", schema: { type: "string" }, required: false },
  ]);
  assertEquals(byName.get("count")?.["x-stream"], true);
  assertEquals(byName.get("add")?.["x-stream"], false);
  assertEquals(byName.get("add")?.["x-public"], true);
});

Deno.test("openRpcDocument() names the params of a method without a schema", () => {
  const { methods } = describe({ add: { positions: ["a", "b"], handler: () => 0 } });
  assertEquals(methods[0]?.params, [{ name: "a", schema: true }, { name: "b", schema: true }]);
});

Deno.test("openRpcDocument() marks administrative methods, and no others", () => {
  const { methods } = describe({
    plain: () => 0,
    drain: { admin: true, handler: () => 0 },
  });
  assertEquals(methods.map((method) => [method.name, method["x-admin"]]), [
    ["plain", undefined],
    ["drain", true],
  ]);
});

Deno.test("openRpcDocument() gives each param the definitions that its schema refers to", () => {
  const definitions = { node: { type: "object", properties: {} } };
  const params = {
    definitions,
    properties: { top: { $ref: "#/definitions/node" }, name: { type: "string" } },
    required: ["top"],
  };
  const row = { isPublic: true, isAdmin: false, isStream: false };
  const { methods } = openRpcDocument(info, [{ ...row, name: "grow", params }]);
  assertEquals(methods[0]?.params, [
    { name: "top", schema: { $ref: "#/definitions/node", definitions }, required: true },
    { name: "name", schema: { type: "string" }, required: false },
  ]);
});
