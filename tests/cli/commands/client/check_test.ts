import { assertEquals, assertStringIncludes } from "@std/assert";
import { generateClient, LANGUAGES } from "../../../../lib/codegen/generate.ts";
import type { MethodObject } from "../../../../lib/protocol/openrpc.ts";
import { dari } from "../../../support/dari_command.ts";
import { startServer } from "../../../support/dari_server.ts";
import { shopDocument } from "../../../support/shop.ts";
import { tempDirectory } from "../../../support/temp.ts";

const shop = shopDocument();

/** A client of the shop, and a document of the shop as it is later. */
async function later(change: (methods: readonly MethodObject[]) => readonly MethodObject[]) {
  const directory = await tempDirectory();
  const document = `${directory.path}/later.json`;
  await Deno.writeTextFile(document, JSON.stringify({ ...shop, methods: change(shop.methods) }));
  return {
    check: async (language: typeof LANGUAGES[number], ...more: string[]) => {
      const client = `${directory.path}/client.${language}`;
      const methods = ["orders.*", "who"];
      await Deno.writeTextFile(client, await generateClient(shop, { language, methods }));
      return await dari(["client", "check", client, document, ...more]);
    },
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}

Deno.test("dari client check ends with 65 where the server has moved on in a way that breaks the client", async () => {
  await using server = await later((methods) => methods.filter(({ name }) => name !== "who"));
  for (const language of LANGUAGES) {
    const { code, out } = await server.check(language);
    assertEquals([code, out.split("\n").length], [65, 2]);
    assertStringIncludes(out, "the method is gone");
  }
  const { out } = await server.check("go", "--json");
  const { breaking, changes } = JSON.parse(out);
  assertEquals([breaking, changes[0].rule, changes[0].method], [1, "method_removed", "who"]);
});

Deno.test("dari client check ends with 0 where only other methods have changed, or nothing breaks", async () => {
  await using server = await later((methods) =>
    methods.filter(({ name }) => name !== "ticks").map((method) =>
      method.name === "who" ? { ...method, deprecated: true } : method
    )
  );
  const { code, out } = await server.check("python");
  assertEquals(code, 0);
  assertStringIncludes(out, "the method is deprecated");
  await using same = await later((methods) => methods);
  assertEquals(await same.check("typescript"), { out: "nothing changed", err: "", code: 0 });
});

Deno.test("dari client check asks the running server, and refuses a file that is no client", async () => {
  await using server = await startServer();
  const place = ["--data", server.data];
  const generated = await dari(["client", "generate", "--language", "go", ...place]);
  const file = `${server.directory}/client.go`;
  await Deno.writeTextFile(file, generated.out);
  assertEquals((await dari(["client", "check", file, ...place])).out, "nothing changed");
  const { code, err } = await dari(["client", "check", "README.md", ...place]);
  assertEquals([code, err], [65, "dari: This file was not made by dari client generate"]);
});
