import { assertEquals, assertMatch } from "@std/assert";
import { dari } from "../../support/dari_command.ts";
import { startServer } from "../../support/dari_server.ts";
import { tempDirectory } from "../../support/temp.ts";

Deno.test("dari discover lists methods as a table, as names and as OpenRPC", async () => {
  await using server = await startServer();
  const place = ["--data", server.data];
  const table = await dari(["discover", ...place]);
  assertMatch(table.out, /^add\(a, b\) +The sum of two numbers \(public\)$/m);
  assertMatch(table.out, /^process_data\(data, prefix\?\)/m);
  assertMatch(table.out, /^count\(to\) …/m);
  assertEquals(table.out.includes("(admin)"), false);
  const names = await dari(["discover", "--names", ...place]);
  assertEquals(names.out, "add\nmultiply\nprocess_data\necho\ncount\nsum");
  const document = JSON.parse((await dari(["discover", "--json", ...place])).out);
  assertEquals([document.openrpc, document.methods.length], ["1.4.0", 6]);
});

Deno.test("dari discover --save writes the document to a file that dari diff reads", async () => {
  await using server = await startServer();
  await using directory = await tempDirectory();
  const file = `${directory.path}/api.json`;
  const saved = await dari(["discover", "--save", file, "--data", server.data]);
  assertEquals(saved, { out: "", err: "", code: 0 });
  assertEquals(JSON.parse(await Deno.readTextFile(file)).methods.length, 6);
  assertEquals((await dari(["diff", file, file])).out, "nothing changed");
});

Deno.test("dari discover marks administrative methods", async () => {
  await using directory = await tempDirectory();
  const module = `${directory.path}/methods.ts`;
  await Deno.writeTextFile(module, "export const drain = { admin: true, handler: () => 1 };");
  await using server = await startServer(module);
  const { out } = await dari(["discover", "--data", server.data]);
  assertMatch(out, /^drain\(\) +\(admin\)$/m);
});
