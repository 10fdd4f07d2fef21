import { assertEquals, assertMatch } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { DeclaredError } from "../../../lib/base/declared_error.ts";
import { limits } from "../../../lib/base/limits.ts";
import type { Context } from "../../../lib/rpc/method/context.ts";
import { method } from "../../../lib/rpc/method/method.ts";
import { startHttps, WAYS } from "../../support/https_server.ts";
import { z } from "zod";

const BYTES = "application/octet-stream";
const methods = {
  add: method({ public: true, handler: ({ a, b }: { a: number; b: number }) => a + b }),
  "math.half of": method({ public: true, handler: ({ n }: { n: number }) => n / 2 }),
  time: method({ public: true, handler: () => ({ at: new Date(0), big: 12n }) }),
  none: method({ public: true, handler: () => undefined }),
  missing: method({
    public: true,
    handler: () => {
      throw new DariError("not_found", "There is no order 7", { retryAfterMs: 10 });
    },
  }),
  order: method({
    public: true,
    errors: { out_of_stock: z.object({ left: z.number() }) },
    handler: () => {
      throw new DeclaredError("out_of_stock", { left: 2 });
    },
  }),
  reverse: method({
    public: true,
    positions: ["data"],
    handler: ({ data }: { data: Uint8Array }) => data.toReversed(),
  }),
  many: method({ public: true, handler: () => new Uint8Array(5_000).fill(7) }),
  told: method({
    public: true,
    handler: (_: unknown, { meta, setBaggage }: Context) => {
      setBaggage("a", '","meta":{');
      return { ...meta };
    },
  }),
  old: method({ public: true, deprecated: "Use add", handler: () => ({ meta: { x: 1 } }) }),
  hang: method({
    public: true,
    handler: (_: unknown, { signal }: Context) =>
      new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
  }),
};

for (const engine of WAYS) {
  Deno.test(`POST /rpc/METHOD takes params as the body and answers with the result (${engine})`, async () => {
    await using gateway = await startHttps(methods, { engine });
    const calls: [string, unknown, unknown][] = [
      ["add", { a: 1, b: 2 }, 3],
      ["math.half%20of", { n: 5 }, 2.5],
      ["time", {}, { at: "1970-01-01T00:00:00.000Z", big: "12" }],
      ["none", {}, null],
      ["old", {}, { meta: { x: 1 } }],
      ["rpc.ping", {}, "pong"],
    ];
    for (const [name, params, result] of calls) {
      const reply = await gateway.post(`/rpc/${name}`, params);
      assertEquals([reply.status, await reply.json()], [200, result], name);
    }
    // A method without params needs no body, and no type of it.
    const bare = await gateway.fetch("/rpc/none", { method: "POST" });
    assertEquals(await bare.json(), null);
  });

  Deno.test(`POST /rpc/METHOD carries bytes as they are, in both directions (${engine})`, async () => {
    await using gateway = await startHttps(methods, { engine });
    for (
      const bytes of [
        new Uint8Array(3_000).map((_, at) => at),
        Uint8Array.of(1, 2),
        new Uint8Array(),
      ]
    ) {
      const reply = await gateway.fetch("/rpc/reverse", {
        method: "POST",
        body: bytes,
        headers: { "content-type": BYTES },
      });
      assertEquals(reply.headers.get("content-type"), BYTES);
      assertEquals(await reply.bytes(), bytes.toReversed());
    }
    const many = await gateway.post("/rpc/many", {});
    assertEquals((await many.bytes()).length, 5_000);
  });

  Deno.test(`POST /rpc/METHOD answers failures with problem details (${engine})`, async () => {
    await using gateway = await startHttps(methods, { engine });
    const missing = await gateway.post("/rpc/missing", {});
    assertEquals(missing.status, 404);
    assertEquals(missing.headers.get("content-type"), "application/problem+json");
    assertEquals(missing.headers.get("retry-after"), "1");
    assertEquals(await missing.json(), {
      title: "Not Found",
      status: 404,
      detail: "There is no order 7",
      error: {
        code: -32008,
        message: "There is no order 7",
        data: { name: "not_found", retryable: false, retryAfterMs: 10 },
      },
    });
    const order = await gateway.post("/rpc/order", {});
    assertEquals(order.status, 422);
    assertEquals((await order.json()).error.data.details, { left: 2 });
  });

  Deno.test(`POST /rpc/METHOD refuses params that are none (${engine})`, async () => {
    await using gateway = await startHttps(methods, { engine });
    const deep = "[".repeat(limits.maxDepth) + "]".repeat(limits.maxDepth);
    const bodies: [string, RegExp][] = [
      ["{", /not JSON/],
      ["7", /object or array/],
      [`{},"auth":"x"`, /not JSON/],
      [deep, /nest deeper/],
    ];
    for (const [body, detail] of bodies) {
      const headers = { "content-type": "application/json" };
      const reply = await gateway.fetch("/rpc/add", { method: "POST", body, headers });
      assertEquals(reply.status, 400, body);
      assertMatch((await reply.json()).detail, detail);
    }
    const wrong = await gateway.fetch("/rpc/%ff", { method: "POST" });
    assertEquals(wrong.status, 400);
    await wrong.body?.cancel();
  });

  Deno.test(`headers bring deadline, trace and idempotency key (${engine})`, async () => {
    await using gateway = await startHttps(methods, { engine });
    const reply = await gateway.post("/rpc/told", {}, {
      "timeout-ms": "5000",
      "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
      "tracestate": "a=1",
      "idempotency-key": '"order-7"',
    });
    assertEquals(await reply.json(), {
      timeoutMs: 5_000,
      traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
      tracestate: "a=1",
      idempotencyKey: "order-7",
    });
    for (const [name, value] of [["timeout-ms", "soon"], ["timeout-ms", "-1"]] as const) {
      const refused = await gateway.post("/rpc/told", {}, { [name]: value });
      assertEquals(refused.status, 400);
      await refused.body?.cancel();
    }
    const late = await gateway.post("/rpc/hang", {}, { "timeout-ms": "20" });
    assertEquals([late.status, (await late.json()).title], [504, "Gateway Timeout"]);
  });

  Deno.test(`a call with the key of one that was answered gets its answer again (${engine})`, async () => {
    let orders = 0;
    await using gateway = await startHttps({ order: () => ++orders }, { engine });
    const headers = { authorization: `Bearer ${gateway.apiKey}`, "idempotency-key": "order-7" };
    for (let round = 0; round < 2; round++) {
      assertEquals(await (await gateway.post("/rpc/order", {}, headers)).json(), 1);
    }
    const other = await gateway.post("/rpc/order", { other: true }, headers);
    assertEquals(other.status, 400);
    await other.body?.cancel();
    assertEquals(orders, 1);
  });

  Deno.test(`a client that goes cancels its call (${engine})`, async () => {
    const gone = Promise.withResolvers<void>();
    const began = Promise.withResolvers<void>();
    await using gateway = await startHttps({
      hang: method({
        public: true,
        handler: (_: unknown, { signal }: Context) => {
          began.resolve();
          return new Promise((_, reject) =>
            signal.addEventListener("abort", () => {
              gone.resolve();
              reject(signal.reason);
            })
          );
        },
      }),
    }, { engine });
    const leaving = new AbortController();
    const fetched = gateway.fetch("/rpc/hang", { method: "POST", signal: leaving.signal });
    await began.promise;
    leaving.abort();
    await fetched.catch(() => {});
    await gone.promise;
  });
}
