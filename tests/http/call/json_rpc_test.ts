import { assert, assertEquals, assertMatch } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { method } from "../../../lib/rpc/method/method.ts";
import type { CallRecord } from "../../../lib/rpc/observer.ts";
import { rpc, startHttps, WAYS } from "../../support/https_server.ts";

const methods = {
  add: method({ public: true, handler: ({ a, b }: { a: number; b: number }) => a + b }),
  who: (_: unknown, { principal }: { principal: { name: string } | null }) => principal?.name,
  later: method({ public: true, handler: () => Promise.resolve("later") }),
  busy: method({
    public: true,
    handler: () => {
      throw new DariError("unavailable", "Come back", { retryAfterMs: 1_500 });
    },
  }),
  broken: method({
    public: true,
    handler: () => {
      throw new Error("a secret");
    },
  }),
  back: method({
    public: true,
    handler: (_: unknown, { call }: { call(method: string): Promise<unknown> }) => call("hello"),
  }),
  length: method({ public: true, handler: ({ text }: { text: string }) => text.length }),
};

for (const engine of WAYS) {
  Deno.test(`POST /rpc answers a call with its result (${engine})`, async () => {
    await using gateway = await startHttps(methods, { engine });
    for (const name of ["add", "later"]) {
      const reply = await gateway.post("/rpc", rpc(name, { a: 10, b: 20 }));
      assertEquals(reply.status, 200);
      assertEquals(reply.headers.get("content-type"), "application/json");
      const result = name === "add" ? 30 : "later";
      assertEquals(await reply.json(), { jsonrpc: "2.0", id: 1, result });
    }
  });

  Deno.test(`POST /rpc answers a batch in one array with status 200 (${engine})`, async () => {
    await using gateway = await startHttps(methods, { engine });
    const batch = [rpc("add", [1, 2], "x"), rpc("none", {}, 2), { ...rpc("add"), id: undefined }];
    const reply = await gateway.post("/rpc", batch);
    assertEquals(reply.status, 200);
    const replies = await reply.json();
    assertEquals(replies.map(({ id }: { id: unknown }) => id), ["x", 2]);
    const empty = await gateway.post("/rpc", []);
    assertEquals(empty.status, 400);
    assertEquals((await empty.json()).error.code, -32600);
  });

  Deno.test(`POST /rpc answers notifications with 204 and no body (${engine})`, async () => {
    await using gateway = await startHttps(methods, { engine });
    for (const body of [{ jsonrpc: "2.0", method: "add" }, [{ jsonrpc: "2.0", method: "later" }]]) {
      const reply = await gateway.post("/rpc", body);
      assertEquals([reply.status, await reply.text()], [204, ""]);
    }
  });

  Deno.test(`POST /rpc gives each error its status, and the error of JSON-RPC (${engine})`, async () => {
    await using gateway = await startHttps(methods, { engine });
    const cases: [unknown, number, number][] = [
      [rpc("none"), 404, -32601],
      [rpc("who"), 401, -32001],
      [rpc("broken"), 500, -32603],
      [rpc("busy"), 503, -32006],
      [rpc("back"), 400, -32009],
      [rpc("rpc.hello"), 400, -32009],
      [rpc("rpc.challenge", { username: "alice" }), 400, -32009],
      [{ jsonrpc: "1.0", id: 1, method: "add" }, 400, -32600],
    ];
    for (const [body, status, code] of cases) {
      const reply = await gateway.post("/rpc", body);
      const { error } = await reply.json();
      assertEquals([reply.status, error.code], [status, code], JSON.stringify(body));
      if (status === 401) assertEquals(reply.headers.get("www-authenticate"), "Bearer");
      if (status === 503) assertEquals(reply.headers.get("retry-after"), "2");
      if (status === 500) assertEquals(error.message, "Internal error");
    }
  });

  Deno.test(`POST /rpc refuses what is no JSON text with 400, and says so (${engine})`, async () => {
    await using gateway = await startHttps(methods, { engine });
    const bodies = ["", "{nope", new Uint8Array([0x7b, 0xff, 0x7d])];
    for (const body of bodies) {
      const headers = { "content-type": "application/json" };
      const reply = await gateway.fetch("/rpc", { method: "POST", body, headers });
      assertEquals(reply.status, 400);
      assertEquals((await reply.json()).error.code, -32700);
    }
  });

  Deno.test(`POST /rpc takes long bodies from callers that are known (${engine})`, async () => {
    await using gateway = await startHttps(methods, { engine });
    const long = rpc("length", { text: "a".repeat(limits.maxLineBytesBeforeSignIn) });
    const refused = await gateway.post("/rpc", long);
    assertEquals(refused.status, 413);
    assertMatch((await refused.json()).detail, /at most 65536 are taken/);
    const wrong = await gateway.post("/rpc", long, { authorization: "Bearer dari_nobody" });
    assertEquals(wrong.status, 413);
    await wrong.body?.cancel();
    const taken = await gateway.post("/rpc", long, { authorization: `Bearer ${gateway.apiKey}` });
    assertEquals((await taken.json()).result, limits.maxLineBytesBeforeSignIn);
  });

  Deno.test(`POST /rpc tells observers of calls as every other transport does (${engine})`, async () => {
    const calls: CallRecord[] = [];
    const denied: string[] = [];
    await using gateway = await startHttps(methods, { engine }, {
      observer: [{
        callEnded: (call) => void calls.push(call),
        callDenied: (_call, error) => void denied.push(error.code),
      }],
    });
    const headers = { authorization: `Bearer ${gateway.apiKey}` };
    assertEquals((await (await gateway.post("/rpc", rpc("who"), headers)).json()).result, "alice");
    await (await gateway.post("/rpc", rpc("who"))).body?.cancel();
    const [first, second] = calls;
    assertEquals(first?.principal?.name, "alice");
    assertEquals(first?.peer.transport, "https");
    assertMatch(first?.peer.address ?? "", /^127\.0\.0\.1:\d+$/);
    assert(first!.connectionId !== second!.connectionId);
    assertEquals([second?.errorCode, ...denied], ["unauthenticated", "unauthenticated"]);
  });
}
