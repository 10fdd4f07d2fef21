import { assert, assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { connect } from "../../../lib/endpoint/connect.ts";
import type { Client } from "../../../lib/rpc/client/client.ts";
import type { Context } from "../../../lib/rpc/method/context.ts";
import { listenMemory } from "../../../lib/transport/memory.ts";
import { serve } from "../../../lib/endpoint/serve.ts";
import { startPair } from "../../support/rpc_pair.ts";

const TRACE = { traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" };
const STATE = { ...TRACE, tracestate: "vendor=1" };

/** A server whose method tells what came with its calls. */
async function startInner() {
  const cancelled = Promise.withResolvers<unknown>();
  const begun = Promise.withResolvers<void>();
  const seen = (_: unknown, { meta }: Context) => meta;
  const inner = await startPair({
    seen,
    left: (_: unknown, { deadline }: Context) => deadline - Date.now(),
    wait(_: unknown, { signal }: Context) {
      signal.addEventListener("abort", () => cancelled.resolve(signal.reason));
      begun.resolve();
      return new Promise<never>(() => {});
    },
    async *count(_: unknown, { meta }: Context) {
      yield await Promise.resolve(meta);
    },
  });
  return { inner, cancelled: cancelled.promise, begun: begun.promise };
}

/** A server whose methods are given a client of the inner one. */
async function startOuter(use: (client: Client, context: Context) => unknown) {
  const { inner, ...rest } = await startInner();
  const client = inner.client as unknown as Client;
  const outer = await startPair({ run: (_: unknown, context: Context) => use(client, context) });
  return {
    ...rest,
    call: (options = {}) => outer.client.call("run", undefined, options),
    async [Symbol.asyncDispose]() {
      await outer[Symbol.asyncDispose]();
      await inner[Symbol.asyncDispose]();
    },
  };
}

const turn = () => new Promise<void>((resolve) => setTimeout(resolve, 0));

const places: Record<string, (client: Client) => unknown> = {
  "at once": (client) => client.call("seen"),
  "after an await": async (client) => {
    await turn();
    return await client.call("seen");
  },
  "in the reaction of a promise": (client) => turn().then(() => client.call("seen")),
  "in a timer": (client) =>
    new Promise((resolve) => setTimeout(() => resolve(client.call("seen")), 0)),
  "behind another call": async (client) => {
    await client.call("rpc.ping");
    return await client.call("seen");
  },
  "as a stream": async (client) => (await Array.fromAsync(client.stream("count")))[0],
};

for (const [place, use] of Object.entries(places)) {
  Deno.test(`a handler's call inherits its trace and the deadline: ${place}`, async () => {
    await using outer = await startOuter(use);
    const { timeoutMs, credit: _, creditBytes: __, ...meta } = await outer.call({
      meta: STATE,
      timeoutMs: 5_000,
    }) as {
      timeoutMs: number;
      credit?: number;
      creditBytes?: number;
    };
    assertEquals(meta, STATE);
    assert(timeoutMs > 0 && timeoutMs <= 5_000, `${timeoutMs}`);
  });
}

Deno.test("a generator's calls inherit as well", async () => {
  const { inner } = await startInner();
  await using _ = inner;
  await using outer = await startPair({
    async *run() {
      yield await inner.client.call("seen");
      await turn();
      yield await inner.client.call("seen");
    },
  });
  const items = await Array.fromAsync(outer.client.stream("run", undefined, { meta: TRACE }));
  assertEquals(items.map((item) => (item as typeof TRACE).traceparent), [
    TRACE.traceparent,
    TRACE.traceparent,
  ]);
});

Deno.test("what a generator does when its reader has left belongs to its call still", async () => {
  const { inner } = await startInner();
  await using _ = inner;
  const cleaned = Promise.withResolvers<unknown>();
  await using outer = await startPair({
    async *run() {
      try {
        for (let n = 0;; n++) yield await Promise.resolve(n);
      } finally {
        const inherited = await inner.client.call("seen").catch((error) => error.code);
        cleaned.resolve([
          inherited,
          await inner.client.call("seen", undefined, { inherit: false }),
        ]);
      }
    },
  });
  const options = { credit: 1, meta: TRACE };
  for await (const _ of outer.client.stream("run", undefined, options)) break;
  assertEquals(await cleaned.promise, ["cancelled", {}]);
});

for (const lazy of [false, true]) {
  const when = lazy ? ", once its client is connected" : "";
  Deno.test(`a generator that a handler gives as a param works for its call${when}`, async () => {
    const { inner } = await startInner();
    await using _ = inner;
    const read = async ({ items }: { items: AsyncIterable<unknown> }) =>
      await Array.fromAsync(items);
    const memory = listenMemory();
    await using _reading = await serve({ listen: memory, methods: { read } });
    await using reader = await connect<{ read: typeof read }>(memory, { lazy });
    async function* items() {
      yield await inner.client.call("seen");
      await turn();
      yield await inner.client.call("seen");
    }
    await using outer = await startPair({ run: () => reader.call("read", { items: items() }) });
    const seen = await outer.client.call("run", undefined, { meta: TRACE });
    assertEquals((seen as typeof TRACE[]).map(({ traceparent }) => traceparent), [
      TRACE.traceparent,
      TRACE.traceparent,
    ]);
  });
}

Deno.test("calls that run at the same time do not mix what they inherit", async () => {
  await using outer = await startOuter(async (client) => {
    await turn();
    const { traceparent } = await client.call("seen") as typeof TRACE;
    return traceparent;
  });
  const traces = Array.from({ length: 20 }, (_, n) => `trace-${n}`);
  const seen = await Promise.all(
    traces.map((traceparent) => outer.call({ meta: { traceparent } })),
  );
  assertEquals(seen, traces);
});

Deno.test("the earlier deadline wins", async () => {
  await using outer = await startOuter((client) =>
    Promise.all([
      client.call("left", undefined, { timeoutMs: 1_000 }),
      client.call("left", undefined, { timeoutMs: 20_000 }),
    ])
  );
  const [own, inherited] = await outer.call({ timeoutMs: 8_000 }) as [number, number];
  assert(own <= 1_000 && inherited <= 8_000 && inherited > 1_000, `${own}, ${inherited}`);
});

Deno.test("cancelling a call cancels the calls that its handler made", async () => {
  await using outer = await startOuter(async (client) => {
    await turn();
    return await client.call("wait");
  });
  const controller = new AbortController();
  const call = outer.call({ signal: controller.signal });
  await outer.begun;
  controller.abort();
  await assertRejects(() => call, DariError, "cancelled");
  assertEquals((await outer.cancelled as DariError).code, "cancelled");
});

Deno.test("a call that was cancelled makes no more calls, unless they inherit nothing", async () => {
  const refused = Promise.withResolvers<unknown>();
  await using outer = await startOuter(async (client, { signal }) => {
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    const inherited = await client.call("seen").catch((error) => error.code);
    refused.resolve([inherited, await client.call("seen", undefined, { inherit: false })]);
  });
  const controller = new AbortController();
  const call = outer.call({ signal: controller.signal, meta: TRACE });
  call.catch(() => {});
  await turn();
  controller.abort();
  assertEquals(await refused.promise, ["cancelled", {}]);
});

Deno.test("inherit: false keeps one call apart", async () => {
  await using outer = await startOuter((client) =>
    client.call("seen", undefined, { inherit: false })
  );
  assertEquals(await outer.call({ meta: STATE, timeoutMs: 5_000 }), {});
});

Deno.test("work that goes on after the answer inherits nothing", async () => {
  const later = Promise.withResolvers<unknown>();
  await using outer = await startOuter((client) => {
    setTimeout(() => later.resolve(client.call("seen")), 5);
    return "done";
  });
  assertEquals(await outer.call({ meta: STATE, timeoutMs: 5_000 }), "done");
  assertEquals(await later.promise, {});
});

Deno.test("what a call says itself stands", async () => {
  await using outer = await startOuter((client) =>
    client.call("seen", undefined, { meta: { traceparent: "own", baggage: { a: "b" } } })
  );
  const { timeoutMs: _, ...meta } = await outer.call({ meta: STATE }) as { timeoutMs: number };
  assertEquals(meta, { traceparent: "own", baggage: { a: "b" } } as unknown as typeof meta);
});

Deno.test("baggage is not passed on", async () => {
  await using outer = await startOuter((client) => client.call("seen"));
  const { timeoutMs, ...rest } = await outer.call({ meta: { baggage: { a: "b" } } }) as {
    timeoutMs: number;
  };
  assertEquals(rest, {});
  assert(timeoutMs <= limits.callTimeoutMs);
});

Deno.test("a call back to the caller carries the trace, and so do its calls", async () => {
  const { inner } = await startInner();
  await using _ = inner;
  await using outer = await startPair(
    { run: (_: unknown, context: Context) => context.call("back") },
    {},
    { methods: { back: () => inner.client.call("seen") } },
  );
  const { timeoutMs: _ms, ...meta } = await outer.client.call("run", undefined, {
    meta: STATE,
  }) as {
    timeoutMs: number;
  };
  assertEquals(meta, STATE as unknown as typeof meta);
});

Deno.test("a notification inherits the trace", async () => {
  const told = Promise.withResolvers<unknown>();
  await using inner = await startPair({
    note: (_: unknown, { meta }: Context) => told.resolve(meta.traceparent),
  });
  await using outer = await startPair({ run: () => inner.client.notify("note") });
  await outer.client.call("run", undefined, { meta: TRACE });
  assertEquals(await told.promise, TRACE.traceparent);
});

Deno.test("a connection that a handler opens first is not bound to its call", async () => {
  const memory = listenMemory();
  const seen = (_: unknown, { meta }: Context) => meta;
  const methods = {
    seen,
    back: async (_: unknown, context: Context) => await context.call("tell"),
  };
  await using server = await serve({ listen: memory, methods });
  let client: Client | undefined;
  await using outer = await startPair({
    async run() {
      client ??= await connect(memory, { methods: { tell: () => client!.call("seen") } });
      return await client.call("seen");
    },
  });
  const first = await outer.client.call("run", undefined, { meta: TRACE, timeoutMs: 1_000 });
  assertEquals((first as typeof TRACE).traceparent, TRACE.traceparent);
  // What the server calls back later belongs to that call, not to the one that opened the way.
  const { traceparent } = await client!.call("back") as Partial<typeof TRACE>;
  assertEquals(traceparent, undefined);
  await client!.close();
  assertEquals(server.connections <= 1, true);
});
