import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { TransportError } from "../../lib/base/errors.ts";
import { limits } from "../../lib/base/limits.ts";
import type { CheckedTools, ToolDefinition } from "../../lib/mcp/pin_file.ts";
import { McpProgramConnection } from "../../lib/mcp/program_connection.ts";
import { memoryPair } from "../../lib/transport/memory.ts";

// deno-lint-ignore no-explicit-any
type Message = any;

const tool = (name: string) => ({ name, inputSchema: { type: "object" } });
const all = {
  check: (known: readonly ToolDefinition[]) =>
    Promise.resolve({ known, refused: new Set<string>() }),
};

/** A program that answers what it is told to, and the connection in front of it. */
function start(
  answer: (message: Message) => unknown,
  pins: { check(tools: readonly ToolDefinition[]): Promise<CheckedTools> } = all,
) {
  const [near, far] = memoryPair();
  far.maxLineBytes = limits.maxLineBytes;
  const heard: Message[] = [];
  (async () => {
    for (let lines = await far.receive(); lines !== null; lines = await far.receive()) {
      for (const line of (lines as string).trimEnd().split("\n")) {
        const message = JSON.parse(line);
        heard.push(message);
        const reply = answer(message);
        if (reply === undefined) continue;
        const text = typeof reply === "string"
          ? reply
          : JSON.stringify({ jsonrpc: "2.0", id: message.id, ...reply as object });
        await far.send(`${text}\n`);
      }
    }
  })().catch(() => {});
  const connection = new McpProgramConnection(near, pins);
  const replies: Message[] = [];
  let onReply = () => {};
  const reading = (async () => {
    for (
      let lines = await connection.receive();
      lines !== null;
      lines = await connection.receive()
    ) {
      replies.push(...lines.trimEnd().split("\n").map((line) => JSON.parse(line)));
      onReply();
    }
  })().catch(() => {});
  return {
    connection,
    far,
    heard,
    send: (message: Message) =>
      connection.send(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`),
    next: async () => {
      while (replies.length === 0) await new Promise<void>((resolve) => onReply = resolve);
      return replies.shift();
    },
    async [Symbol.asyncDispose]() {
      connection.abort();
      await reading;
    },
  };
}

/** A program in order. */
function inOrder({ method, params }: Message, tools: unknown = [tool("search")]): unknown {
  switch (method) {
    case "initialize":
      return { result: { protocolVersion: "2025-06-18" } };
    case "tools/list":
      return { result: { tools } };
    case "tools/call":
      return params.name === "search"
        ? { result: { content: [] } }
        : { error: { code: -32001, message: "The tool is tired" } };
  }
}

Deno.test("calls become tools/call, and cancellation what the protocol calls it", async () => {
  await using program = start(inOrder);
  await program.send({ id: 1, method: "search", params: { q: "x" } });
  assertEquals((await program.next()).result, { content: [] });
  await program.send({ method: "rpc.cancel", params: { id: 1 } });
  await program.send({ id: 2, method: "tired" });
  const { error } = await program.next();
  assertEquals([error.code, error.message], [-32006, "The tool is tired"]);
  const told = program.heard.slice(3).map(({ method, params }) => [method, params]);
  assertEquals(told, [
    ["tools/call", { name: "search", arguments: { q: "x" } }],
    ["notifications/cancelled", { requestId: 1 }],
    ["tools/call", { name: "tired", arguments: {} }],
  ]);
});

Deno.test("methods of the wire other than rpc.discover, and params by position, are answered at once", async () => {
  await using program = start(inOrder);
  for (const [method, params, code] of [["rpc.hello", {}, -32601], ["search", [1], -32602]]) {
    await program.send({ id: 1, method, params });
    assertEquals((await program.next()).error.code, code);
  }
  await program.send({ id: 2, method: "rpc.discover" });
  assertEquals((await program.next()).result.methods[0].name, "search");
});

Deno.test("a program may ask whether this side lives, and for nothing else", async () => {
  await using program = start(inOrder);
  await program.send({ id: 1, method: "search" });
  await program.next();
  for (const [id, method] of [["a", "ping"], ["b", "sampling/createMessage"]]) {
    await program.far.send(`${JSON.stringify({ jsonrpc: "2.0", id, method })}\n`);
  }
  await program.send({ id: 2, method: "search" });
  await program.next();
  const find = (id: string) => program.heard.find((message) => message.id === id);
  assertEquals(find("a").result, {});
  assertEquals(find("b").error.code, -32601);
});

Deno.test("a program that serves no tools is told with the reason", async () => {
  const endless = { result: { tools: [], nextCursor: "again" } };
  const programs: [string, (message: Message) => unknown][] = [
    ["revision", () => ({ result: { protocolVersion: "1999-01-01" } })],
    ["no initialize", () => ({ error: { code: -32601, message: "no initialize" } })],
    ["has no tools", (message) => inOrder(message, "none")],
    ["lists more than", (message) => message.method === "tools/list" ? endless : inOrder(message)],
    [
      String(limits.maxProgramMethods),
      (message) => inOrder(message, Array(limits.maxProgramMethods + 1).fill(tool("t"))),
    ],
  ];
  for (const [reason, answer] of programs) {
    await using program = start(answer);
    const sent = program.send({ id: 1, method: "search" });
    const error = await assertRejects(() => sent, TransportError);
    assertStringIncludes(error.message, reason);
  }
});

Deno.test("a program that ends before it has answered is told", async () => {
  const asked = Promise.withResolvers<void>();
  await using program = start(() => asked.resolve());
  const sent = program.send({ id: 1, method: "search" });
  await asked.promise;
  await program.far.close();
  const error = await assertRejects(() => sent, TransportError);
  assertStringIncludes(error.message, "ended before");
});

Deno.test("tools that change while a program runs are refused, and accepted ones go on", async () => {
  let refused = new Set<string>();
  const pins = {
    check: (known: readonly ToolDefinition[]) => Promise.resolve({ known, refused }),
  };
  await using program = start(inOrder, pins);
  await program.send({ id: 1, method: "search" });
  await program.next();
  refused = new Set(["search"]);
  await program.far.send('{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}\n');
  while (program.heard.filter(({ method }) => method === "tools/list").length < 2) {
    await program.send({ id: 2, method: "rpc.discover" });
    await program.next();
  }
  await program.send({ id: 3, method: "rpc.discover" });
  await program.next();
  await program.send({ id: 4, method: "search" });
  assertEquals((await program.next()).error.code, -32009);
  refused = new Set();
  await program.send({ id: 5, method: "search" });
  assertEquals((await program.next()).result, { content: [] });
});
