import { assert, assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../lib/base/errors.ts";
import { documentLines, readClientDocument } from "../../lib/codegen/document_lines.ts";
import { generateClient, LANGUAGES } from "../../lib/codegen/generate.ts";
import { compareDocuments } from "../../lib/protocol/compatibility/document.ts";
import { shopDocument } from "../support/shop.ts";

const document = shopDocument();

Deno.test("readClientDocument() gives what a client was generated from, in every language", async () => {
  for (const language of LANGUAGES) {
    const read = await readClientDocument(await generateClient(document, { language }));
    assertEquals(read.methods.map(({ name }) => name), document.methods.map((m) => m.name).sort());
    assertEquals(compareDocuments(document, read), []);
  }
});

Deno.test("documentLines() has one line of ASCII for each method, and one for the rest", () => {
  const odd = { ...document.methods[0]!, name: "다\u2028\n리" };
  const lines = documentLines({ ...document, methods: [odd] });
  assertEquals(lines.length, 2);
  for (const line of lines) assert(/^dari:[a-z]+ [\x20-\x7e]+$/.test(line), line);
});

Deno.test("readClientDocument() refuses another file, and one whose document was changed", async () => {
  const client = await generateClient(document, { language: "go" });
  const refused: [string, string][] = [
    ["package api", "was not made by dari client generate"],
    [client.replace('"name":"who"', '"name":"whom"'), "does not fit the hash"],
    [client.replace(/\n\/\/ dari:method .*\n$/, "\n"), "does not fit the hash"],
  ];
  for (const [text, message] of refused) {
    const error = await assertRejects(() => readClientDocument(text), DariError, message);
    assertEquals(error.code, "data");
  }
});

Deno.test("readClientDocument() is not led astray by what the document says of itself", async () => {
  const [first, ...others] = document.methods;
  const summary = `sha256:${"0".repeat(64)}\ndari:method {"name":"forged"}`;
  const told = { ...document, methods: [{ ...first!, summary }, ...others] };
  for (const language of LANGUAGES) {
    const read = await readClientDocument(await generateClient(told, { language }));
    assertEquals(read.methods.some(({ name }) => name === "forged"), false);
  }
});
