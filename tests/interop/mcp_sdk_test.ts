import { assertEquals, assertRejects } from "@std/assert";
import { ServedProgram } from "../../lib/endpoint/served_program.ts";
import { PinFile } from "../../lib/mcp/pin_file.ts";
import { McpProgramConnection } from "../../lib/mcp/program_connection.ts";
import { dataDirectory, startDari } from "../support/dari_command.ts";
import { startHttps } from "../support/https_server.ts";
import { denoDirectory } from "../support/page_programs.ts";
import { tempDirectory } from "../support/temp.ts";
import { connectSdk, hasSdk, type SdkClient, SDKS } from "../support/mcp.ts";

const root = new URL("../../", import.meta.url).pathname;
const isThere = await hasSdk();

/** A stream that goes on when it is told to, so that its progress is seen. */
const MODULE = `
let release = () => {};
export async function* ticks() {
  yield "first";
  await new Promise((resolve) => release = resolve);
  yield "second";
}
export const go = () => release();
export const add = {
  summary: "The sum of two numbers",
  handler: ({ a, b }) => a + b,
};
export const refuse = () => { throw new Error("a secret"); };
export const hidden = () => 1;
`;

for (const sdk of SDKS) {
  Deno.test({
    name: `the official client (${sdk}) lists and calls tools by dari mcp connect`,
    ignore: !isThere,
    async fn() {
      await using data = await dataDirectory();
      const module = `${data.path}.ts`;
      await Deno.writeTextFile(module, MODULE);
      const words = ["serve", module, "--listen", "tls://127.0.0.1:0", "--data", data.path];
      await using server = startDari(words);
      await server.waitFor("ready");
      await using client = await connectSdk(sdk, {
        command: Deno.execPath(),
        args: [
          ...["run", "--quiet", "--no-check", "--allow-net", "--allow-read", "--allow-write"],
          ...["--allow-env=DARI_DATA,NO_COLOR", `${root}cli.ts`, "mcp", "connect"],
          ...["--mcp", "*", "--mcp", "!hidden"],
        ],
        env: { DARI_DATA: data.path },
      });
      await useTools(client);
    },
  });
}

for (const sdk of SDKS) {
  Deno.test({
    name: `the official client (${sdk}) lists and calls tools at /mcp`,
    ignore: !isThere,
    async fn() {
      await using directory = await tempDirectory();
      const module = `${directory.path}/methods.ts`;
      await Deno.writeTextFile(module, MODULE);
      const methods = await import(`file://${module}`);
      await using gateway = await startHttps(methods, { mcp: ["*", "!hidden"] });
      const path = `${gateway.url}/mcp`;
      await using client = await connectSdk(sdk, {
        url: path,
        headers: { authorization: `Bearer ${gateway.apiKey}` },
        fetch: (_input, init) => gateway.fetch("/mcp", init as RequestInit),
      });
      assertEquals(client.revision, sdk === "sdk" ? undefined : "2026-07-28");
      await useTools(client);
    },
  });
}

for (const sdk of SDKS) {
  Deno.test({
    name: `the official client (${sdk}) reaches an official server behind dari`,
    ignore: !isThere,
    async fn() {
      await using directory = await tempDirectory();
      await using program = await ServedProgram.start({
        command: [
          ...[Deno.execPath(), "run", "--quiet", "--no-check", "--allow-read", "--allow-env"],
          ...[`--import-map=${root}tests/import_map.json`, `--lock=${root}tests/deno.lock`],
          `${root}tests/support/mcp_sdk_server.ts`,
        ].join(" "),
        env: { HOME: Deno.env.get("HOME") ?? "/", DENO_DIR: denoDirectory },
        translate: (inner) => new McpProgramConnection(inner, new PinFile(directory.path)),
        tell: () => {},
      });
      await using gateway = await startHttps(program.methods, { mcp: ["*"] });
      await using client = await connectSdk(sdk, {
        url: `${gateway.url}/mcp`,
        headers: { authorization: `Bearer ${gateway.apiKey}` },
        fetch: (_input, init) => gateway.fetch("/mcp", init as RequestInit),
      });
      const { tools } = await client.listTools();
      assertEquals(tools.map(({ name, description }) => [name, description]), [
        ["paint", "Paints a colour"],
      ]);
      const painted = await client.callTool({ name: "paint", arguments: { colour: "red" } });
      assertEquals(painted.structuredContent, { colour: "red" });
      assertEquals(painted.content, [{ type: "image", data: "AAAA", mimeType: "image/png" }]);
    },
  });
}

/** Does what an editor does. */
async function useTools(client: SdkClient): Promise<void> {
  const { tools } = await client.listTools();
  assertEquals(tools.map(({ name }) => name), ["add", "go", "refuse", "ticks"]);
  assertEquals(tools[0]?.description, "The sum of two numbers");
  const sum = await client.callTool({ name: "add", arguments: { a: 10, b: 20 } });
  assertEquals(sum.content[0]?.text, "30");
  const refused = await client.callTool({ name: "refuse" });
  assertEquals([refused.isError, refused.content[0]?.text], [true, "internal: Internal error"]);
  await assertRejects(() => client.callTool({ name: "hidden" }), Error, "There is no tool");
  const told: unknown[] = [];
  let going: Promise<unknown> | undefined;
  const ticks = await client.callTool({ name: "ticks" }, {
    onprogress({ progress, message }) {
      told.push([progress, message]);
      going ??= client.callTool({ name: "go" });
    },
  });
  await going;
  assertEquals(told[0], [1, '"first"']);
  assertEquals(ticks.structuredContent, { items: ["first", "second"] });
}
