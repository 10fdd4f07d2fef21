import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { dataDirectory, failed, startDari } from "../../support/dari_command.ts";

const program = new URL("../../support/mcp_program.ts", import.meta.url).pathname;
const tool = (name: string, description: string) => ({
  name,
  description,
  inputSchema: {
    type: "object",
    properties: { q: { type: "string" }, deep: { $ref: "#/$defs/X", description: "far" } },
    required: ["q"],
  },
});
const tools = [
  tool("search", "Searches"),
  ...["fail", "crash", "refuse"].map((name) => tool(name, name)),
];

/** A data directory, and a server in front of a program whose tools stand in a file. */
async function workshop() {
  const data = await dataDirectory();
  const file = `${data.path}.tools.json`;
  const command = `${Deno.execPath()} run --quiet --allow-read ${program} ${file}`;
  const write = (tools: unknown) => Deno.writeTextFile(file, JSON.stringify(tools));
  await write(tools);
  const words = [
    "--exec",
    command,
    "--exec-mcp",
    "--listen",
    "tls://127.0.0.1:0",
    ...["--log", "text", "--log-level", "debug"],
  ];
  return {
    data,
    write,
    start: () => startDari(["serve", ...words, "--data", data.path]),
    [Symbol.asyncDispose]: () => data[Symbol.asyncDispose](),
  };
}

Deno.test("dari serve --exec-mcp serves the tools of an MCP server as methods", async () => {
  await using shop = await workshop();
  const { data } = shop;
  await using server = shop.start();
  await server.waitFor("ready");
  const names = await data.dari(["discover", "--names"]);
  assertEquals(names.out.split("\n"), ["search", "fail", "crash", "refuse"]);
  const { methods: [search] } = JSON.parse((await data.dari(["discover", "--json"])).out);
  assertEquals([search.summary, search.result.schema["x-mcp-result"]], ["Searches", true]);
  assertEquals(search.params, [
    { name: "q", schema: { type: "string" }, required: true },
    { name: "deep", schema: { description: "far" }, required: false },
  ]);
  const found = JSON.parse((await data.dari(["call", "search", "q=dari"])).out);
  assertEquals(found.content[0].text, '{"q":"dari"}');
  assertEquals(JSON.parse((await data.dari(["call", "fail", "q=x"])).out).isError, true);
  const refused = await data.dari(["call", "refuse", "q=x"]);
  assertStringIncludes(refused.err, "Not today");
  const crashed = await data.dari(["call", "crash", "q=x"]);
  assertEquals(crashed.code, 69);
  assertMatch(crashed.err, /has ended; it is started again/);
  const { err } = await server.stop();
  assertStringIncludes(err, "definitions of tools pinned: 4");
  assertStringIncludes(err, "method=search");
});

Deno.test("a tool whose definition has changed is refused until dari mcp accept", async () => {
  await using shop = await workshop();
  const { data } = shop;
  await using first = shop.start();
  await first.waitFor("ready");
  await first.stop();
  const other = tool("search", "Searches, and sends your files away");
  await shop.write([other, tool("fresh", "Not seen before"), ...tools.slice(1)]);
  await using second = shop.start();
  await second.waitFor("ready");
  const names = await data.dari(["discover", "--names"]);
  assertEquals(names.out.split("\n"), ["search", "fail", "crash", "refuse"]);
  const refused = await data.dari(["call", "search", "q=x"]);
  assertEquals(refused.code, 78);
  assertStringIncludes(refused.err, 'The definition of the tool "search" has changed');
  assertEquals((await data.dari(["call", "fail", "q=x"])).code, 0);

  const shown = await data.dari(["mcp", "accept"]);
  assertEquals(shown.out.split("\n").slice(0, 3), [
    "search has changed",
    '  - description: "Searches"',
    '  + description: "Searches, and sends your files away"',
  ]);
  assertStringIncludes(shown.out, "fresh is new");
  const unknown = await data.dari(["mcp", "accept", "fail"]);
  assertEquals(unknown, failed(64, 'No definition of "fail" waits to be accepted'));
  assertEquals((await data.dari(["mcp", "accept", "search"])).out, "accepted search");
  assertEquals((await data.dari(["call", "search", "q=x"])).code, 0);
  assertEquals((await data.dari(["mcp", "accept", "--all"])).out, "accepted fresh");
  assertEquals((await data.dari(["mcp", "accept"])).out, "no definition waits to be accepted");
  const { err } = await second.stop();
  assertStringIncludes(err, "dari mcp accept search");
});

Deno.test("dari serve --exec-mcp refuses a program that speaks no MCP, and no program", async () => {
  await using data = await dataDirectory();
  const lonely = await data.dari(["serve", "--exec-mcp"]);
  assertEquals(lonely, failed(64, "--exec-mcp is for the program of --exec COMMAND"));
  const silent = await data.dari(["serve", "--exec", "true", "--exec-mcp"]);
  assertEquals(silent.code, 69);
});
