import { assertEquals } from "@std/assert";
import { type } from "arktype";
import * as v from "valibot";
import { z } from "zod";
import { jsonSchemaOf } from "../../../lib/rpc/method/json_schema.ts";
import type { Schema } from "../../../lib/rpc/method/schema.ts";

const DATE = { type: "string", format: "date-time" };
const BYTES = { type: "string", contentEncoding: "base64" };

Deno.test("jsonSchemaOf() describes dates and bytes as their text, and the rest of a schema that holds more", () => {
  const schemas: Schema[] = [
    z.object({ when: z.date(), data: z.instanceof(Uint8Array), n: z.bigint() }),
    type({ when: "Date", data: "TypedArray.Uint8", n: "bigint" }) as Schema,
  ];
  for (const schema of schemas) {
    assertEquals((jsonSchemaOf(schema, "input") as Record<string, unknown>).properties, {
      when: DATE,
      data: BYTES,
      n: {},
    });
  }
});

Deno.test("jsonSchemaOf() gives nothing for a schema that cannot tell", () => {
  assertEquals(jsonSchemaOf(undefined, "input"), undefined);
  assertEquals(jsonSchemaOf(v.string(), "input"), undefined);
  const { "~standard": parts } = z.string();
  const failing = () => {
    throw new Error("no JSON form");
  };
  const schema: Schema = {
    "~standard": { ...parts, jsonSchema: { input: failing, output: failing } },
  };
  assertEquals(jsonSchemaOf(schema, "input"), undefined);
});
