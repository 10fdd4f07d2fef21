import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { method } from "../../../lib/rpc/method/method.ts";
import type { CallRecord } from "../../../lib/rpc/observer.ts";
import { ENGINES, type HttpsServer, rpc, startHttps } from "../../support/https_server.ts";
import { stateless } from "../../support/mcp.ts";

const number = { type: "number" };
const schemaOf = (schema: Record<string, unknown>) => ({
  "~standard": {
    version: 1 as const,
    vendor: "test",
    validate: (value: unknown) => ({ value: value as never }),
    jsonSchema: { input: () => schema, output: () => schema },
  },
});

const methods = {
  add: method({
    public: true,
    summary: "The sum",
    result: schemaOf(number),
    handler: ({ a, b }: { a: number; b: number }) => a + b,
  }),
  who: (_: unknown, { principal }: { principal: { name: string } | null }) => principal?.name,
  busy: method({
    public: true,
    handler: () => {
      throw new DariError("unavailable", "Come back");
    },
  }),
  hidden: method({ public: true, handler: () => "seen" }),
};
const mcp = ["*", "!hidden"];

const post = (gateway: HttpsServer, body: unknown, headers: Record<string, string> = {}) =>
  gateway.post("/mcp", body, { accept: "application/json, text/event-stream", ...headers });

async function resultOf(reply: Response) {
  assertEquals([reply.status, reply.headers.get("content-type")], [200, "application/json"]);
  const { result, error } = await reply.json();
  assertEquals(error, undefined);
  return result;
}

for (const engine of ENGINES) {
  Deno.test(`POST /mcp lists tools and calls them as whoever sent the request (${engine})`, async () => {
    await using gateway = await startHttps(methods, { engine, mcp });
    const authorization = `Bearer ${gateway.apiKey}`;
    const all = await resultOf(await post(gateway, rpc("tools/list"), { authorization }));
    const names = (tools: { name: string }[]) => tools.map(({ name }) => name);
    assertEquals(names(all.tools), ["add", "busy", "who"]);
    const open = await resultOf(await post(gateway, rpc("tools/list")));
    assertEquals(names(open.tools), ["add", "busy"]);
    const call = { name: "add", arguments: { a: 10, b: 20 } };
    assertEquals(await resultOf(await post(gateway, rpc("tools/call", call))), {
      content: [{ type: "text", text: "30" }],
      structuredContent: { result: 30 },
    });
    const who = await post(gateway, rpc("tools/call", { name: "who" }), { authorization });
    assertEquals((await resultOf(who)).content[0].text, "alice");
    const busy = await resultOf(await post(gateway, rpc("tools/call", { name: "busy" })));
    assertEquals([busy.isError, busy.content[0].text], [true, "unavailable: Come back"]);
    const unknown = await (await post(gateway, rpc("tools/call", { name: "hidden" }))).json();
    assertEquals(unknown.error.code, -32602);
  });

  Deno.test(`POST /mcp tells progress as events, and then the reply (${engine})`, async () => {
    const gate = Promise.withResolvers<void>();
    const ticks = method({
      public: true,
      async *handler() {
        yield 1;
        await gate.promise;
        yield 2;
      },
    });
    await using gateway = await startHttps({ ticks }, { engine, mcp });
    const asked = rpc("tools/call", { name: "ticks", _meta: { progressToken: "p" } }, "x");
    const reply = await post(gateway, asked);
    assertEquals(reply.headers.get("content-type"), "text/event-stream");
    assertEquals(reply.headers.get("x-accel-buffering"), "no");
    gate.resolve();
    const events = (await reply.text()).trimEnd().split("\n\n")
      .map((event) => JSON.parse(event.replace("data: ", "")));
    assertEquals(events[0].params, { progressToken: "p", progress: 1, message: "1" });
    assertEquals(events.at(-1).id, "x");
    assertEquals(events.at(-1).result.structuredContent, { items: [1, 2] });
    const whole = await post(gateway, asked, { accept: "application/json" });
    assertEquals((await resultOf(whole)).structuredContent, { items: [1, 2] });
  });

  Deno.test(`a client that goes ends its call, and so does notifications/cancelled (${engine})`, async () => {
    const began: (() => void)[] = [];
    const ended: (() => void)[] = [];
    const wait = method({
      public: true,
      async *handler(_: unknown, { signal }: { signal: AbortSignal }) {
        yield 1;
        signal.addEventListener("abort", () => ended.shift()?.());
        began.shift()?.();
        await new Promise((_, reject) => signal.addEventListener("abort", reject));
      },
    });
    await using gateway = await startHttps({ wait }, { engine, mcp });
    const call = rpc("tools/call", { name: "wait", _meta: { progressToken: 1 } }, 7);
    const hello = rpc("initialize", { protocolVersion: "2025-11-25" });
    const session = (await post(gateway, hello)).headers.get("mcp-session-id") ?? "";
    assertMatch(session, /^[0-9a-f-]{36}$/);
    const over = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    ended.push(...over.map(({ resolve }) => resolve));
    const reading = (await post(gateway, call)).body!.getReader();
    await reading.read();
    await reading.cancel();
    await over[0]?.promise;
    const headers = { "mcp-session-id": session };
    const started = Promise.withResolvers<void>();
    began.push(started.resolve);
    const cut = post(gateway, call, headers);
    await started.promise;
    const cancel = { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 7 } };
    const elsewhere = { "mcp-session-id": crypto.randomUUID() };
    assertEquals((await post(gateway, cancel, elsewhere)).status, 202);
    assertEquals((await post(gateway, cancel, headers)).status, 202);
    await over[1]?.promise;
    assertStringIncludes(await (await cut).text(), '"error"');
  });
}

Deno.test("POST /mcp answers 401 to a credential that is nobody's, and to a tool that needs one", async () => {
  await using gateway = await startHttps(methods, { mcp });
  const authorization = "Bearer dari_nobody";
  const asked = [
    post(gateway, rpc("tools/list"), { authorization }),
    post(gateway, rpc("tools/call", { name: "who" })),
  ];
  for (const reply of await Promise.all(asked)) {
    assertEquals([reply.status, reply.headers.get("www-authenticate")], [401, "Bearer"]);
    await reply.body?.cancel();
  }
});

Deno.test("calls of tools are recorded as calls of their methods", async () => {
  const records: string[] = [];
  const observer = { callEnded: ({ method }: CallRecord) => records.push(method) };
  await using gateway = await startHttps(methods, { mcp }, { observer });
  await resultOf(
    await post(gateway, rpc("tools/call", { name: "add", arguments: [] }))
      .then(async (reply) => {
        assertEquals((await reply.json()).error.code, -32602);
        return await post(gateway, rpc("tools/call", { name: "add", arguments: { a: 1, b: 2 } }));
      }),
  );
  assertEquals(records, ["add"]);
});

Deno.test("POST /mcp refuses what is no request, and revisions that are not spoken", async () => {
  await using gateway = await startHttps(methods, { mcp });
  const revision = { "mcp-protocol-version": "1999-01-01" };
  const refused = [
    [await gateway.post("/mcp", [rpc("ping")]), 400, -32600],
    [await gateway.post("/mcp", rpc("ping", {}, null)), 400, -32600],
    [await gateway.post("/mcp", "text"), 400, -32600],
    [await post(gateway, rpc("ping"), revision), 400, -32022],
    [await post(gateway, rpc("none")), 200, -32601],
  ] as const;
  for (const [reply, status, code] of refused) {
    assertEquals([reply.status, (await reply.json()).error.code], [status, code]);
  }
  const rubbish = await gateway.fetch("/mcp", {
    method: "POST",
    body: "rubbish",
    headers: { "content-type": "application/json" },
  });
  assertEquals([rubbish.status, (await rubbish.json()).error.code], [400, -32700]);
  for (const method of ["GET", "DELETE"]) {
    const reply = await gateway.fetch("/mcp", { method });
    assertEquals([reply.status, reply.headers.get("allow")], [405, "POST"]);
    await reply.body?.cancel();
  }
  const foreign = await post(gateway, rpc("ping"), { origin: "https://evil.example" });
  assertEquals(foreign.status, 403);
  await foreign.body?.cancel();
  const initialized = { jsonrpc: "2.0", method: "notifications/initialized" };
  assertEquals((await post(gateway, initialized)).status, 202);
});

Deno.test("headers of a stateless request must say what its body says", async () => {
  await using gateway = await startHttps(methods, { mcp });
  const call = rpc("tools/call", { name: "add", arguments: { a: 1, b: 2 }, ...stateless });
  const right = {
    "mcp-protocol-version": "2026-07-28",
    "mcp-method": "tools/call",
    "mcp-name": "add",
  };
  const result = await resultOf(await post(gateway, call, right));
  assertEquals([result.resultType, result.structuredContent], ["complete", { result: 3 }]);
  const encoded = { ...right, "mcp-name": `=?base64?${btoa("add")}?=` };
  assertEquals((await resultOf(await post(gateway, call, encoded))).resultType, "complete");
  for (
    const wrong of [
      { ...right, "mcp-name": "who" },
      { ...right, "mcp-method": "tools/list" },
      { ...right, "mcp-protocol-version": "2025-11-25" },
      {},
    ]
  ) {
    const reply = await post(gateway, call, wrong);
    assertEquals([reply.status, (await reply.json()).error.code], [400, -32020]);
  }
  const none = await post(gateway, rpc("none", stateless), { ...right, "mcp-method": "none" });
  assertEquals([none.status, (await none.json()).error.code], [404, -32601]);
});

Deno.test("without --mcp there is no /mcp, and the program's own pages may have one", async () => {
  await using gateway = await startHttps(methods);
  const reply = await post(gateway, rpc("ping"));
  assertEquals(reply.status, 404);
  await reply.body?.cancel();
  await using own = await startHttps(methods, { fetch: () => new Response("mine") });
  assert((await (await post(own, rpc("ping"))).text()) === "mine");
});
