import { assertEquals } from "@std/assert";
import { limits } from "../../lib/base/limits.ts";
import { serveLines } from "../../lib/mcp/line_server.ts";
import { McpServer } from "../../lib/mcp/mcp_server.ts";
import type { ToolSource } from "../../lib/mcp/tool_source.ts";
import { memoryPair } from "../../lib/transport/memory.ts";
import { described, sourceOf } from "../support/mcp.ts";

/** A client that sends lines, and reads what is answered. */
function start(source: ToolSource) {
  const [near, far] = memoryPair();
  near.maxLineBytes = limits.maxLineBytes;
  const stopping = new AbortController();
  const server = new McpServer({ info: { name: "test", version: "1" }, offers: () => true });
  const served = serveLines(far, server, source, stopping.signal);
  // deno-lint-ignore no-explicit-any
  const heard: any[] = [];
  return {
    send: (...lines: unknown[]) =>
      near.send(
        lines.map((line) => `${typeof line === "string" ? line : JSON.stringify(line)}\n`).join(""),
      ),
    async read(count: number) {
      while (heard.length < count) {
        const lines = await near.receive() as string;
        heard.push(...lines.trimEnd().split("\n").map((line) => JSON.parse(line)));
      }
      return heard.splice(0, count);
    },
    near,
    stopping,
    served,
  };
}

const rpc = (method: string, params?: unknown, id: unknown = 1) => ({
  jsonrpc: "2.0",
  id,
  method,
  params,
});
const cancel = (requestId: unknown) => ({
  jsonrpc: "2.0",
  method: "notifications/cancelled",
  params: { requestId },
});

/** A tool that waits until it is cancelled or let go. */
function waitingTool() {
  const gate = Promise.withResolvers<void>();
  const began = Promise.withResolvers<void>();
  const reasons: unknown[] = [];
  const call: ToolSource["call"] = (_method, _params, { signal }) => {
    began.resolve();
    return new Promise((resolve, reject) => {
      signal.addEventListener("abort", () => {
        reasons.push(signal.reason);
        reject(signal.reason);
      });
      gate.promise.then(() => resolve("done"));
    });
  };
  return { source: sourceOf([described("wait")], call), gate, began, reasons };
}

Deno.test("serveLines() answers rubbish, batches and malformed requests, and goes on", async () => {
  const { send, read, near, served } = start(sourceOf([]));
  await send("rubbish", [rpc("ping")], { jsonrpc: "1.0", id: 3, method: "ping" }, "", "[]");
  const codes = (await read(4)).map(({ error }) => error.code);
  assertEquals(codes, [-32700, -32600, -32600, -32600]);
  await send(rpc("ping", {}, null), { jsonrpc: "2.0", id: 9, result: {} }, rpc("ping", {}, "x"));
  const [refused, answered] = await read(2);
  assertEquals(refused.error.code, -32600);
  assertEquals("id" in refused, false);
  assertEquals(answered, { jsonrpc: "2.0", id: "x", result: {} });
  await near.close();
  await served;
});

Deno.test("serveLines() refuses a line that is too long, and takes the next", async () => {
  const { send, read, near, served } = start(sourceOf([]));
  await send(rpc("ping", { text: "x".repeat(limits.maxLineBytes) }, 5), rpc("ping", {}, 6));
  const [refused, answered] = await read(2);
  assertEquals([refused.id, refused.error.code], [5, -32600]);
  assertEquals(answered.id, 6);
  await near.close();
  await served;
});

Deno.test("notifications/cancelled ends a call, whose answer is not sent any more", async () => {
  const { source, began, reasons } = waitingTool();
  const { send, read, near, served } = start(source);
  await send(rpc("tools/call", { name: "wait" }, "a"));
  await began.promise;
  await send(rpc("tools/call", { name: "wait" }, "a"));
  const [twice] = await read(1);
  assertEquals([twice.id, twice.error.code], ["a", -32600]);
  await send(cancel("b"), cancel("a"), { jsonrpc: "2.0", method: "notifications/cancelled" });
  await send(rpc("ping", {}, 2));
  assertEquals(await read(1), [{ jsonrpc: "2.0", id: 2, result: {} }]);
  assertEquals(reasons.length, 1);
  await near.close();
  await served;
});

Deno.test("serveLines() runs a bounded number of requests at once", async () => {
  const { source, gate } = waitingTool();
  const { send, read, near, served } = start(source);
  const most = limits.maxMcpRequests;
  const calls = Array.from(
    { length: most + 1 },
    (_, id) => rpc("tools/call", { name: "wait" }, id),
  );
  await send(...calls);
  const [refused] = await read(1);
  assertEquals([refused.id, refused.error.code], [most, -32603]);
  gate.resolve();
  assertEquals((await read(most)).length, most);
  await near.close();
  await served;
});

Deno.test("serveLines() lets what runs when the input ends finish", async () => {
  const { source, gate, began, reasons } = waitingTool();
  const { send, near, served } = start(source);
  let hasReturned = false;
  served.then(() => hasReturned = true);
  await send(rpc("tools/call", { name: "wait" }));
  await began.promise;
  await near.close();
  assertEquals(hasReturned, false);
  gate.resolve();
  await served;
  assertEquals(reasons, []);
});

Deno.test("the signal of serveLines() ends calls at once", async () => {
  const { source, began, reasons } = waitingTool();
  const { send, served, stopping } = start(source);
  await send(rpc("tools/call", { name: "wait" }));
  await began.promise;
  stopping.abort();
  await served;
  assertEquals(reasons.length, 1);
});
