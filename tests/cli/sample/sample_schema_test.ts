import { assertEquals } from "@std/assert";
import { record } from "../../../lib/cli/sample/sample_schema.ts";

const schema = record<{ a: number; list: unknown[]; name?: string; value: unknown }>({
  a: "number",
  list: "array",
  name: "string?",
  value: "any",
})["~standard"];

/** What is wrong with a value, as `path: message`. */
async function issuesOf(value: unknown): Promise<string[]> {
  const result = await schema.validate(value);
  return (result.issues ?? []).map(({ path, message }) => [...path ?? [], message].join(": "));
}

Deno.test("record() takes records with its members, optional ones or not", async () => {
  assertEquals(await issuesOf({ a: 1, list: [], value: null }), []);
  assertEquals(await issuesOf({ a: 1, list: [1], value: {}, name: "x" }), []);
});

Deno.test("record() says what is missing, of another type or unknown", async () => {
  assertEquals(await issuesOf({ a: "1", list: {}, name: 1, other: 1 }), [
    "a: expected number",
    "list: expected array",
    "name: expected string",
    "value: is missing",
    "other: is unknown",
  ]);
  for (const value of [null, [], "text", undefined]) {
    assertEquals(await issuesOf(value), ["expected an object with a, list, name, value"]);
  }
});

Deno.test("record() does not take inherited members for its own", async () => {
  assertEquals(
    await issuesOf(Object.create({ a: 1, list: [], value: 1 })).then((i) => i.slice(0, 3)),
    [
      "a: is missing",
      "list: is missing",
      "value: is missing",
    ],
  );
});
