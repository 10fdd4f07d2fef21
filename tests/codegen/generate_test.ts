import { assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { DariError } from "../../lib/base/errors.ts";
import { generateClient, LANGUAGES, selectMethods } from "../../lib/codegen/generate.ts";
import { shopDocument } from "../support/shop.ts";

const document = shopDocument();

Deno.test("generateClient() gives the same bytes for the same document, in whichever order its methods are", async () => {
  const turned = { ...document, methods: document.methods.toReversed() };
  for (const language of LANGUAGES) {
    const client = await generateClient(document, { language });
    assertEquals(await generateClient(structuredClone(document), { language }), client);
    assertEquals(await generateClient(turned, { language }), client);
  }
});

Deno.test("generateClient() names the hash of the document, which changes with what callers depend on", async () => {
  const hashOf = async (changed: unknown) =>
    /sha256:([0-9a-f]{64})/.exec(await generateClient(changed, { language: "go" }))?.[1];
  const [first, ...others] = document.methods;
  const told = { ...document, methods: [{ ...first, summary: "Something else" }, ...others] };
  assertEquals(await hashOf(told), await hashOf(document));
  assertNotEquals(await hashOf({ ...document, methods: others }), await hashOf(document));
});

Deno.test("generateClient() writes every one of 1,000 methods", async () => {
  const [order] = document.methods.filter(({ name }) => name === "orders.create");
  const methods = Array.from({ length: 1_000 }, (_, at) => ({ ...order, name: `orders.${at}` }));
  for (const language of LANGUAGES) {
    const client = await generateClient({ ...document, methods }, { language });
    const called = client.matchAll(/"orders\.(\d+)"/g).map(([, at]) => Number(at));
    assertEquals(new Set(called), new Set(methods.keys()), language);
  }
});

Deno.test("generateClient() keeps the methods that patterns name, and refuses a pattern that names none", async () => {
  const names = (patterns: string[]) =>
    selectMethods(document, patterns).methods.map(({ name }) => name);
  assertEquals(names(["shapes.*", "who"]), ["shapes.double", "who"]);
  assertEquals(names(["*"]).length, document.methods.length);
  const error = await assertRejects(
    () => generateClient(document, { language: "go", methods: ["orders.remove*"] }),
    DariError,
    'No method fits "orders.remove*"',
  );
  assertEquals(error.code, "not_found");
});

const refused: Record<string, [unknown, string]> = {
  "no object": [null, "not an OpenRPC document"],
  "no methods": [{ openrpc: "1.4.0", methods: {} }, "methods is not an array"],
  "a method without a name": [{ openrpc: "1.4.0", methods: [{}] }, "a method without a name"],
  "two methods of one name": [
    { openrpc: "1.4.0", methods: [{ name: "a" }, { name: "a" }] },
    'two methods called "a"',
  ],
  "a param without a name": [
    { openrpc: "1.4.0", methods: [{ name: "a", params: [{}] }] },
    "a param without a name",
  ],
  "two params of one name": [
    { openrpc: "1.4.0", methods: [{ name: "a", params: [{ name: "b" }, { name: "b" }] }] },
    'two params called "b"',
  ],
};

for (const [what, [bad, message]] of Object.entries(refused)) {
  Deno.test(`generateClient() refuses a document with ${what}`, async () => {
    const generating = () => generateClient(bad, { language: "python" });
    const error = await assertRejects(generating, DariError, message);
    assertEquals(error.code, "data");
  });
}
