import { assert, assertEquals, assertRejects } from "@std/assert";
import { DariError, errorTable, RpcError, TransportError } from "../../../lib/base/errors.ts";
import { listenMemory } from "../../../lib/transport/memory.ts";
import type { CallRecord } from "../../../lib/rpc/observer.ts";
import type { Client } from "../../../lib/rpc/client/client.ts";
import type { Context } from "../../../lib/rpc/method/context.ts";
import { connect } from "../../../lib/endpoint/connect.ts";
import { serve } from "../../../lib/endpoint/serve.ts";
import { startPair, waitsUntilAborted, Wire } from "../../support/rpc_pair.ts";
import { tempDirectory } from "../../support/temp.ts";

Deno.test("one connection carries many calls at once, answered in the order they end", async () => {
  const waiting: (() => void)[] = [];
  await using pair = await startPair({
    hold: ({ n }: { n: number }) =>
      new Promise<number>((resolve) => {
        waiting.push(() => resolve(n));
        if (waiting.length === 300) {
          queueMicrotask(() => waiting.reverse().forEach((end) => end()));
        }
      }),
  });
  const ended: number[] = [];
  const calls = Array.from({ length: 300 }, (_, n) =>
    pair.client.call("hold", { n }).then((m) => {
      assertEquals(m, n);
      ended.push(n);
    }));
  await Promise.all(calls);
  assertEquals(ended, Array.from({ length: 300 }, (_, n) => 299 - n));
});

Deno.test("a handler knows the method, the peer, the principal and what travelled with the call", async () => {
  await using pair = await startPair({
    tell: (_: unknown, { method, peer, principal, meta }: Context) => ({
      method,
      transport: peer.transport,
      name: principal?.name,
      meta,
    }),
  });
  const meta = { traceparent: "00-1-2-01", idempotencyKey: "k" };
  assertEquals(await pair.client.call("tell", undefined, { meta }), {
    method: "tell",
    transport: "memory",
    name: "local",
    meta,
  });
});

Deno.test("a public error reaches the caller with its code, words and advice", async () => {
  for (const code of Object.keys(errorTable) as (keyof typeof errorTable)[]) {
    if (!errorTable[code].public) continue;
    await using pair = await startPair({
      fail() {
        throw new DariError(code, "as it was said", { retryAfterMs: 7, retryable: true });
      },
    });
    const error = await assertRejects(() => pair.client.call("fail"), RpcError, "as it was said");
    assertEquals([error.code, error.retryAfterMs, error.retryable], [code, 7, true]);
  }
});

Deno.test("everything else that a handler throws is an internal error, told to the observer alone", async () => {
  const thrown = [new Error("/etc/secret"), undefined, null, "secret", 0, { message: "secret" }];
  const seen: unknown[] = [];
  const observer = { handlerFailed: (_: CallRecord, error: unknown) => seen.push(error) };
  const methods = {
    fail({ n }: { n: number }) {
      throw thrown[n];
    },
    failLater: ({ n }: { n: number }) => Promise.reject(thrown[n]),
  };
  await using pair = await startPair(methods, { observer });
  for (const method of ["fail", "failLater"] as const) {
    for (const n of thrown.keys()) {
      const error = await assertRejects(() => pair.client.call(method, { n }), RpcError);
      assertEquals([error.code, error.message], ["internal", "Internal error"]);
      assertEquals(error.data, { name: "internal", retryable: false });
    }
  }
  assertEquals(seen, [...thrown, ...thrown]);
});

Deno.test("results that cannot travel are internal errors, and the connection goes on", async () => {
  const cycle: unknown[] = [];
  cycle.push(cycle);
  const results = [/x/, cycle, [new Promise(() => {})], () => 1, Symbol()];
  await using pair = await startPair({ give: ({ n }: { n: number }) => results[n] });
  for (const n of results.keys()) {
    const error = await assertRejects(() => pair.client.call("give", { n }), RpcError);
    assertEquals(error.code, "internal");
  }
  assertEquals(await pair.client.call("give", { n: 99 }), null);
});

Deno.test("a promise of another make is awaited, and a member called then is just a member", async () => {
  await using pair = await startPair({
    query: () => ({ then: (resolve: (rows: number[]) => void) => resolve([1, 2]) }),
    then: () => ({ then: "and then" }),
  });
  assertEquals(await pair.client.call("query"), [1, 2]);
  // Wrapped, since awaiting what has a method `then` is the language's own trap.
  assertEquals(await pair.client.call("then"), { then: "and then" });
});

Deno.test("inherited names are no methods", async () => {
  await using wire = await Wire.open({ add: () => 1 });
  const names = ["__proto__", "constructor", "toString", "then", "hasOwnProperty", "", "rpc.none"];
  for (const method of names) {
    const { error } = await wire.ask({ jsonrpc: "2.0", id: 1, method });
    assertEquals(error.code, errorTable.method_not_found.wire, method);
  }
});

Deno.test("a notification runs and is not answered, not even with an error", async () => {
  const seen: unknown[] = [];
  const methods = {
    note: (params: unknown) => seen.push(params),
    fail: () => Promise.reject(new Error("unheard")),
  };
  await using wire = await Wire.open(methods);
  await wire.send({ jsonrpc: "2.0", method: "note", params: [1] });
  await wire.send({ jsonrpc: "2.0", method: "fail" });
  await wire.send({ jsonrpc: "2.0", method: "none" });
  assertEquals(await wire.settled(), []);
  assertEquals(seen, [[1]]);
});

Deno.test("a batch is answered in one line once its last call has ended", async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  await using wire = await Wire.open({ slow: () => promise, quick: () => "quick" });
  await wire.send([
    { jsonrpc: "2.0", id: 1, method: "slow" },
    { jsonrpc: "2.0", id: 2, method: "quick" },
    { jsonrpc: "2.0", method: "quick" },
  ]);
  assertEquals(await wire.settled(), []);
  resolve("slow");
  const replies: { id: number; result: string }[] = await wire.receive();
  assertEquals(replies.map(({ id, result }) => [id, result]), [[2, "quick"], [1, "slow"]]);
});

Deno.test("more calls than a connection may have under way are refused as worth another try", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  await using pair = await startPair({ wait: () => promise }, { maxCallsInFlight: 2 }, {
    hello: false,
  });
  const running = [pair.client.call("wait"), pair.client.call("wait")];
  const error = await assertRejects(() => pair.client.call("wait"), RpcError, "More than 2");
  assertEquals([error.code, error.retryable], ["resource_exhausted", true]);
  resolve();
  await Promise.all(running);
  await pair.client.call("wait");
});

Deno.test("handler and caller call each other over one connection", async () => {
  const heard: unknown[] = [];
  const methods = {
    async ask(_: unknown, context: Context) {
      context.notify("progress", { part: 1 });
      const name = await context.call("name", { title: "Dr" });
      return `hello ${name}`;
    },
  };
  await using pair = await startPair(methods, {}, {
    methods: {
      name: ({ title }: { title: string }) => `${title} Ann`,
      progress: (params: unknown) => heard.push(params),
    },
  });
  assertEquals(await pair.client.call("ask"), "hello Dr Ann");
  assertEquals(heard, [{ part: 1 }]);
});

Deno.test("large calls both ways at once do not wait for each other for ever", async () => {
  const text = "x".repeat(1024 * 1024);
  const echo = (value: string[]) => value;
  const methods = {
    echo,
    back: async (_: unknown, context: Context) => {
      const echoes = Array.from({ length: 10 }, () => context.call("echo", [text]));
      return (await Promise.all(echoes)).length;
    },
  };
  await using directory = await tempDirectory();
  const listen = `unix:${directory.path}/s`; // A socket, since it holds less than one call.
  await using _server = await serve({ listen, methods });
  await using client = await connect<typeof methods>(listen, { methods: { echo } });
  const calls = Array.from({ length: 30 }, () => client.call("echo", [text]));
  assertEquals((await Promise.all(calls)).every(([value]) => value === text), true);
  assertEquals(await client.call("back"), 10);
});

Deno.test("when the connection dies every call that waits rejects at once", async () => {
  const memory = listenMemory();
  const connecting = connect(memory);
  let far;
  for await (const connection of memory) {
    far = connection;
    break;
  }
  await using client: Client = await connecting;
  const calls = Array.from({ length: 100 }, () => client.call("any").catch((error) => error));
  const items = Array.fromAsync(client.stream("any")).catch((error) => error);
  await far?.receive();
  far?.abort();
  for (const error of [...await Promise.all(calls), await items]) {
    assert(error instanceof TransportError);
    assertEquals([error.code, error.retryable], ["unavailable", true]);
  }
});

Deno.test("when the connection dies the handlers that run are told", async () => {
  const { methods, begun, told } = waitsUntilAborted();
  await using wire = await Wire.open(methods);
  await wire.send({ jsonrpc: "2.0", id: 1, method: "wait" });
  await begun;
  wire.connection.abort();
  assertEquals((await told).code, "unavailable");
});
