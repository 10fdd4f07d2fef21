import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { readClientDocument } from "../../../../lib/codegen/document_lines.ts";
import { dari } from "../../../support/dari_command.ts";
import { startServer } from "../../../support/dari_server.ts";
import { tempDirectory } from "../../../support/temp.ts";

Deno.test("dari client generate writes a client of a running server, or of a saved document", async () => {
  await using server = await startServer();
  await using directory = await tempDirectory();
  const place = ["--data", server.data];
  const asked = await dari(["client", "generate", "--language", "python", ...place]);
  assertEquals([asked.err, asked.code], ["", 0]);
  assertMatch(asked.out, /^def process_data\($/m);
  const file = `${directory.path}/api.json`;
  await dari(["discover", "--save", file, ...place]);
  const saved = await dari(["client", "generate", file, "--language", "python"]);
  assertEquals(saved, asked);
});

Deno.test("dari client generate takes some methods, and the name of a package", async () => {
  await using server = await startServer();
  const words = ["client", "generate", "--data", server.data, "--language"];
  const go = await dari([...words, "go", "--package", "calc", "--methods", "add, mul*"]);
  assertStringIncludes(go.out, "\npackage calc\n");
  assertStringIncludes(go.out, "--methods 'add,mul*'");
  const { methods } = await readClientDocument(go.out);
  assertEquals(methods.map(({ name }) => name), ["add", "multiply"]);
  const json = await dari([...words, "typescript", "--methods", "add", "--json"]);
  const { language, client } = JSON.parse(json.out);
  assertEquals(language, "typescript");
  assertStringIncludes(client, "export async function add(");
});

const refused: [words: string[], code: number, message: string][] = [
  [[], 64, "Missing --language LANGUAGE"],
  [["--language", "cobol"], 64, "one of typescript, python or go"],
  [["--language", "go", "--package", "func"], 64, "is no keyword"],
  [["--language", "go", "--package", "a b"], 64, "small letters and digits"],
  [["--language", "go", "--methods", " ,"], 64, "--methods names no method"],
  [["--language", "go", "--methods", "nope"], 65, 'No method fits "nope"'],
  [["README.md", "--language", "go"], 65, '"README.md" is not JSON'],
  [["deno.json", "--language", "go"], 65, "is not an OpenRPC document"],
];

Deno.test("dari client generate refuses languages, packages, methods and files that are none", async () => {
  await using server = await startServer();
  for (const [words, code, message] of refused) {
    const ended = await dari(["client", "generate", ...words, "--data", server.data]);
    assertEquals([ended.code, ended.out], [code, ""], words.join(" "));
    assertStringIncludes(ended.err, message);
  }
});
