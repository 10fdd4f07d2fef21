import { assertEquals, assertStringIncludes } from "@std/assert";
import { dari, dataDirectory, failed, startDari } from "../../../support/dari_command.ts";
import { startProgram } from "../../../support/program.ts";

const rpc = (method: string, params: unknown, id: unknown = 1) =>
  `${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`;

Deno.test("dari mcp connect needs --mcp, and patterns that are some", async () => {
  const none = "Name the methods that are tools, for instance --mcp 'orders.*'";
  assertEquals(await dari(["mcp", "connect"]), failed(64, none));
  const { code, err } = await dari(["mcp", "connect", "--mcp", "a b"]);
  assertEquals(code, 64);
  assertStringIncludes(err, `takes a method's name, orders.* or !name, not "a b"`);
});

Deno.test("dari mcp connect says on standard error that there is no server, and prints nothing", async () => {
  await using data = await dataDirectory();
  await using program = startProgram(["mcp", "connect", "unix:/no/such.sock", "--mcp", "*"], {
    env: { DARI_DATA: data.path },
  });
  const { code, out, err } = await program.ended;
  assertEquals([code, out], [69, ""]);
  assertStringIncludes(err, "/no/such.sock");
});

Deno.test("dari mcp connect offers the methods that --mcp names on standard input and output", async () => {
  await using data = await dataDirectory();
  await using server = startDari(["serve", "--listen", "tls://127.0.0.1:0", "--data", data.path]);
  await server.waitFor("ready");
  await using program = startProgram(["mcp", "connect", "--mcp", "*", "--mcp", "!multiply"], {
    env: { DARI_DATA: data.path },
  });
  await program.input(
    "rubbish\n" + rpc("tools/list", {}, "list") +
      rpc("tools/call", { name: "add", arguments: { a: 1, b: 2 } }, "add") +
      rpc("tools/call", { name: "multiply", arguments: { a: 1, b: 2 } }, "hidden") +
      rpc("tools/call", { name: "add", arguments: { a: "one" } }, "misfit"),
  );
  const { code, out, err } = await program.ended;
  assertEquals([code, err], [0, ""]);
  const replies = new Map(
    out.split("\n").map((line) => {
      const reply = JSON.parse(line);
      return [reply.id, reply];
    }),
  );
  const names = replies.get("list").result.tools.map(({ name }: { name: string }) => name);
  assertEquals([names.includes("add"), names.includes("multiply")], [true, false]);
  assertEquals(replies.get("add").result, { content: [{ type: "text", text: "3" }] });
  assertEquals(replies.get("hidden").error.code, -32602);
  assertEquals(replies.get("misfit").result.isError, true);
  assertEquals(replies.get(undefined).error.code, -32700);
});
