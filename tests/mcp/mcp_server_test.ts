import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { DariError } from "../../lib/base/errors.ts";
import { limits } from "../../lib/base/limits.ts";
import { McpServer } from "../../lib/mcp/mcp_server.ts";
import { McpFault } from "../../lib/mcp/revision.ts";
import type { ToolSource } from "../../lib/mcp/tool_source.ts";
import { described, request, sourceOf, stateless } from "../support/mcp.ts";

const info = { name: "test", version: "1" };

function ask(
  source: ToolSource,
  method: string,
  params?: unknown,
  { offers = () => true, notify = () => {}, monotonic }: {
    offers?: (method: { name: string }) => boolean;
    notify?: (line: string) => void;
    monotonic?: () => number;
  } = {},
  // deno-lint-ignore no-explicit-any
): Promise<any> {
  const server = new McpServer({ info, offers, monotonic });
  const { signal } = new AbortController();
  return server.answer({ message: request(method, params), source, signal, notify });
}

async function faultOf(asked: Promise<unknown>): Promise<McpFault> {
  return await assertRejects(() => asked, McpFault);
}

Deno.test("initialize agrees on the client's revision, or names the newest with a handshake", async () => {
  const source = sourceOf([]);
  for (const [asked, agreed] of [["2025-06-18", "2025-06-18"], ["1999-01-01", "2025-11-25"]]) {
    const result = await ask(source, "initialize", { protocolVersion: asked });
    assertEquals(result, {
      protocolVersion: agreed,
      capabilities: { tools: {} },
      serverInfo: info,
    });
  }
  assertEquals((await faultOf(ask(source, "initialize", {}))).number, -32602);
  assertEquals(await ask(source, "ping"), {});
});

Deno.test("a request that names its revision is answered by it, without a handshake", async () => {
  const found = await ask(sourceOf([]), "server/discover", stateless);
  assertEquals(found.resultType, "complete");
  assertEquals(found.supportedVersions[0], "2026-07-28");
  assertEquals(found._meta, { "io.modelcontextprotocol/serverInfo": info });
  assertEquals([found.ttlMs, found.cacheScope], [limits.mcpToolsFreshMs, "private"]);
  assertEquals((await faultOf(ask(sourceOf([]), "ping", stateless))).number, -32601);
});

Deno.test("a request of a revision that is not spoken hears which are", async () => {
  const params = { _meta: { "io.modelcontextprotocol/protocolVersion": "2030-01-01" } };
  const { number, data } = await faultOf(ask(sourceOf([]), "tools/list", params));
  assertEquals(number, -32022);
  assertEquals((data as { requested: string }).requested, "2030-01-01");
});

Deno.test("tools/list gives what is offered, sorted, a page at a time", async () => {
  const most = limits.mcpPageTools;
  const names = Array.from({ length: most + 2 }, (_, at) => `t${String(at).padStart(4, "0")}`);
  const source = sourceOf([...names, "hidden", "a b"].reverse().map((name) => described(name)));
  const offers = ({ name }: { name: string }) => name !== "hidden";
  const first = await ask(source, "tools/list", {}, { offers });
  const next = await ask(source, "tools/list", { cursor: first.nextCursor }, { offers });
  const told = [...first.tools, ...next.tools].map(({ name }: { name: string }) => name);
  assertEquals(told, names);
  assertEquals([first.tools.length, next.nextCursor], [most, undefined]);
  for (const cursor of ["?", "", 7]) {
    assertEquals((await faultOf(ask(source, "tools/list", { cursor }))).number, -32602);
  }
});

Deno.test("tools/call refuses unknown and hidden tools, and arguments that are no object", async () => {
  const source = sourceOf([described("hidden")]);
  const offers = () => false;
  for (
    const params of [
      { name: "none" },
      { name: "hidden" },
      {},
      { name: "hidden", arguments: [1] },
      [1],
    ]
  ) {
    assertEquals((await faultOf(ask(source, "tools/call", params, { offers }))).number, -32602);
  }
  assertEquals((await faultOf(ask(source, "resources/list"))).number, -32601);
});

Deno.test("tools/call answers a call that failed with isError, so that the model reads why", async () => {
  const refuse = () => Promise.reject(new DariError("permission_denied", "Not for you"));
  const result = await ask(sourceOf([described("m")], refuse), "tools/call", { name: "m" });
  assertEquals(result.isError, true);
  assertStringIncludes(result.content[0].text, "permission_denied: Not for you");
});

Deno.test("tools/list tells why the methods could not be asked for", async () => {
  const source = {
    ...sourceOf([]),
    list: () => Promise.reject(new DariError("unavailable", "It is gone")),
  };
  const fault = await faultOf(ask(source, "tools/list"));
  assertEquals([fault.number, fault.message, fault.data], [-32603, "It is gone", {
    code: "unavailable",
  }]);
});

Deno.test("a stream tells progress now and then, and gives all items at its end", async () => {
  let now = 0;
  const lines: string[] = [];
  const stream: ToolSource["call"] = (_method, _params, { onItem }) => {
    for (let item = 1; item <= 5; item++) {
      onItem(item === 5 ? "x".repeat(2 * limits.maxMcpProgressLength) : item);
      now += limits.mcpProgressEveryMs / 2;
    }
    return Promise.resolve(null);
  };
  const source = sourceOf([described("s", { "x-stream": true })], stream);
  const options = { notify: (line: string) => lines.push(line), monotonic: () => now };
  const call = { name: "s", _meta: { progressToken: "p" } };
  const result = await ask(source, "tools/call", call, options);
  assertEquals(result.structuredContent.items.length, 5);
  const told = lines.map((line) => JSON.parse(line).params);
  assertEquals(told.map(({ progress }) => progress), [1, 3, 5]);
  assertEquals(told[0], { progressToken: "p", progress: 1, message: "1" });
  assertEquals(told[2].message.length, limits.maxMcpProgressLength);
  lines.length = 0;
  await ask(source, "tools/call", { name: "s" }, options);
  assertEquals(lines, []);
});

Deno.test("a stream without an end is cut where its items fill the answer, or at its deadline", async () => {
  const endless: ToolSource["call"] = (_method, _params, { onItem, signal }) => {
    while (!signal.aborted) onItem("x".repeat(10_000));
    return Promise.reject(signal.reason);
  };
  const stream = described("s", { "x-stream": true });
  const full = await ask(sourceOf([stream], endless), "tools/call", { name: "s" });
  assertEquals(full.structuredContent.cut, true);
  const most = Math.floor(limits.maxMcpItemsLength / 10_002);
  assertEquals(full.structuredContent.items.length, most);
  const late: ToolSource["call"] = (_method, _params, { onItem }) => {
    onItem(1);
    return Promise.reject(new DariError("deadline_exceeded", "Too late"));
  };
  const slow = await ask(sourceOf([stream], late), "tools/call", { name: "s" });
  assertEquals(slow.structuredContent, { items: [1], cut: true });
});
