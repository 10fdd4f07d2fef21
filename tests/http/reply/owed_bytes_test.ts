import { assertEquals, assertMatch } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { owe, requestBudget } from "../../../lib/http/reply/owed_bytes.ts";
import { SharedBytes, type TakenBytes } from "../../../lib/rpc/outbox/reply_budget.ts";
import { method } from "../../../lib/rpc/method/method.ts";
import { insideOf, type Server } from "../../../lib/rpc/server/server.ts";
import { rpc, startHttps, WAYS } from "../../support/https_server.ts";
import { world } from "../../support/mutual_tls.ts";

const MIB = 1024 * 1024;
const methods = {
  text: method({ public: true, handler: ({ length }: { length: number }) => "x".repeat(length) }),
  items: method({
    public: true,
    async *handler({ length }: { length: number }) {
      yield "x".repeat(length);
    },
  }),
};

/** The bytes that a server shares, and when none of them is taken any more. */
function sharedOf(server: Server): TakenBytes & { nothingTaken(): Promise<void> } {
  const { shared } = insideOf(server).serving;
  const take = shared.take.bind(shared);
  let isFree = () => {};
  shared.take = (bytes) => {
    take(bytes);
    if (shared.used === 0) isFree();
  };
  return Object.assign(shared, {
    nothingTaken: () =>
      new Promise<void>((resolve) => shared.used === 0 ? resolve() : isFree = resolve),
  });
}

Deno.test("owe() takes what is beyond the free share, and gives it back once", () => {
  const shared = new SharedBytes(MIB);
  const paid = owe(shared, limits.freeReplyBytes + 10);
  assertEquals(shared.used, 10);
  owe(shared, limits.freeReplyBytes);
  assertEquals(shared.used, 10);
  paid();
  paid();
  assertEquals(shared.used, 0);
});

Deno.test("requestBudget() refuses one byte beyond what all may owe", () => {
  const budget = requestBudget(new SharedBytes(10));
  assertEquals(budget.refusal(0, limits.freeReplyBytes + 10), undefined);
  assertEquals(budget.refusal(0, limits.freeReplyBytes + 11)?.code, "resource_exhausted");
});

for (const engine of WAYS) {
  Deno.test(`long replies are refused while those of others take all room, short ones are not (${engine})`, async () => {
    await using gateway = await startHttps(methods, { engine });
    const shared = sharedOf(gateway.server);
    const taken = shared.maxBytes * limits.strangerReplyShare - MIB / 2;
    shared.take(taken);
    const length = 2 * MIB;
    const refused = await gateway.post("/rpc/text", { length });
    assertEquals(refused.status, 429);
    assertMatch((await refused.json()).detail, /wait on all connections already/);
    const single = await gateway.post("/rpc", rpc("text", { length }));
    assertEquals([single.status, (await single.json()).error.code], [429, -32005]);
    const element = rpc("text", { length: MIB / 4 });
    const batch = await gateway.post("/rpc", Array.from({ length: 4 }, () => element));
    const replies: { error?: { code: number } }[] = await batch.json();
    assertEquals(replies.map(({ error }) => error?.code), [undefined, undefined, -32005, -32005]);
    const short = await gateway.post("/rpc/text", { length: limits.freeReplyBytes - 200 });
    assertEquals((await short.json()).length, limits.freeReplyBytes - 200);
    // Those who signed in have the other half.
    const headers = { authorization: `Bearer ${gateway.apiKey}` };
    const known = await gateway.post("/rpc/text", { length }, headers);
    assertEquals((await known.json()).length, length);
    shared.take(-taken);
    await shared.nothingTaken();
  });

  Deno.test(`a long reply is owed until it was read, or its reader has gone (${engine})`, async () => {
    await using gateway = await startHttps(methods, { engine });
    const shared = sharedOf(gateway.server);
    const length = 15 * MIB; // more than the system's sockets hold
    for (const [path, accept] of [["text", "*/*"], ["items", "text/event-stream"]] as const) {
      const reply = await gateway.post(`/rpc/${path}`, { length }, { accept });
      assertEquals(shared.used > MIB, true, path);
      assertEquals((await reply.text()).length > length, true);
      await shared.nothingTaken();
      const left = await gateway.post(`/rpc/${path}`, { length }, { accept });
      assertEquals(shared.used > MIB, true, path);
      await left.body?.cancel();
      await shared.nothingTaken();
    }
  });

  Deno.test(`a long reply whose reader takes nothing is owed until that reader is given up (${engine})`, async () => {
    const { authority } = await world();
    await using gateway = await startHttps(methods, { engine }, { stalledPeerMs: 100 });
    const shared = sharedOf(gateway.server);
    using conn = await Deno.connectTls({
      ...{ hostname: "localhost", port: gateway.port, caCerts: [authority.pem] },
      alpnProtocols: ["http/1.1"],
    });
    const body = JSON.stringify({ length: 15 * MIB });
    const head = ["POST /rpc/text HTTP/1.1", "Host: localhost", "Content-Type: application/json"];
    const request = [...head, `Content-Length: ${body.length}`, "", body].join("\r\n");
    await conn.write(new TextEncoder().encode(request));
    await conn.read(new Uint8Array(100));
    assertEquals(shared.used > MIB, true);
    await shared.nothingTaken();
  });
}
