import { assertEquals, assertRejects } from "@std/assert";
import { openTracer, type TracerOptions } from "../../../lib/ops/trace/open_tracer.ts";
import { tracedPool } from "../../../lib/ops/trace/traced_pool.ts";
import { ambientCall } from "../../../lib/base/context/ambient_call.ts";
import { DariError } from "../../../lib/base/errors.ts";
import type { Context } from "../../../lib/rpc/method/context.ts";
import type { Methods } from "../../../lib/rpc/method/method.ts";
import { startPair } from "../../support/rpc_pair.ts";
import { recordSpans } from "../../support/spans.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT = "00f067aa0ba902b7";
const SAMPLED = { meta: { traceparent: `00-${TRACE}-${PARENT}-01` } };
const UNSAMPLED = { meta: { traceparent: `00-${TRACE}-${PARENT}-00` } };

async function startTraced(methods: Methods, options: TracerOptions = {}) {
  const tracer = await openTracer(options);
  return await startPair(methods, { tracer }, { tracer });
}

Deno.test("client, server and what the server calls join into one trace", async () => {
  using recorded = recordSpans();
  const tracer = await openTracer();
  await using inner = await startPair({ stock: () => 3 }, { tracer }, { tracer });
  await using outer = await startTraced({
    order: async () => {
      await Promise.resolve();
      return await inner.client.call("stock");
    },
  });
  assertEquals(await outer.client.call("order", undefined, SAMPLED), 3);
  const { spans } = recorded;
  assertEquals(spans.map(({ name, kind }) => [name, kind]), [
    ...[["order", "CLIENT"], ["order", "SERVER"], ["stock", "CLIENT"], ["stock", "SERVER"]],
  ]);
  assertEquals(new Set(spans.map(({ traceId }) => traceId)), new Set([TRACE]));
  const ids = spans.map(({ spanId }) => spanId);
  assertEquals(spans.map(({ parentId }) => parentId), [PARENT, ...ids.slice(0, 3)]);
  assertEquals(spans.map(({ ended }) => ended), [1, 1, 1, 1]);
  assertEquals(spans[1]?.attributes, {
    "rpc.system.name": "jsonrpc",
    "rpc.method": "order",
    "network.peer.address": "memory",
  });
});

Deno.test("calls that are not sampled have no span", async () => {
  using recorded = recordSpans();
  await using pair = await startTraced({ ping: () => 1 } as Methods);
  await pair.client.call("ping");
  await pair.client.call("ping", undefined, UNSAMPLED);
  for (const traceparent of ["", "00-x", `00-${"0".repeat(32)}-${PARENT}-01`, `ff-${TRACE}-01`]) {
    await pair.client.call("ping", undefined, { meta: { traceparent } });
  }
  assertEquals(recorded.spans, []);
});

Deno.test("a server samples a share of the calls that nobody traces yet", async () => {
  using recorded = recordSpans();
  const numbers = [.5, .09, .1];
  const random = () => numbers.shift() ?? 1;
  await using pair = await startTraced({ ping: () => 1 } as Methods, { share: .1, random });
  for (let n = 0; n < 3; n++) await pair.client.call("ping");
  await pair.client.call("ping", undefined, UNSAMPLED); // a caller's decision stands
  assertEquals(recorded.spans.map(({ kind, parentId }) => [kind, parentId]), [
    ["SERVER", undefined],
  ]);
  assertEquals(numbers, []);
  await assertRejects(() => openTracer({ share: 1.1 }), RangeError);
});

Deno.test("a span tells the code of an error, and none of its words", async () => {
  using recorded = recordSpans();
  await using pair = await startTraced({
    fail: () => {
      throw new DariError("not_found", "a secret");
    },
    later: () => Promise.reject(new Error("a secret")),
  } as Methods);
  for (const method of ["fail", "later"]) {
    await assertRejects(() => pair.client.call(method, undefined, SAMPLED));
  }
  const seen = recorded.spans.map(({ kind, isError, attributes }) => [
    ...[kind, isError, attributes["error.type"]],
  ]);
  assertEquals(seen, [
    ...[["CLIENT", true, "not_found"], ["SERVER", true, "not_found"]],
    ...[["CLIENT", true, "internal"], ["SERVER", true, "internal"]],
  ]);
  assertEquals(JSON.stringify(recorded.spans).includes("secret"), false);
});

Deno.test("the spans of a stream end with its last item, or where its reader stops", async () => {
  using recorded = recordSpans();
  const carried: (string | undefined)[] = [];
  const tracer = await openTracer();
  await using inner = await startPair({
    note: (_: unknown, { meta }: Context) => void carried.push(meta.traceparent),
  });
  const methods = {
    count: async function* ({ to }: { to: number }) {
      for (let n = 1; n <= to; n++) {
        await inner.client.call("note");
        yield n;
      }
    },
  };
  await using pair = await startPair(methods, { tracer }, { tracer });
  const all = pair.client.stream("count", { to: 2 }, SAMPLED);
  assertEquals(await Array.fromAsync(all), [1, 2]);
  const [client, server] = recorded.spans;
  assertEquals([client?.kind, server?.kind, server?.parentId], [
    ...["CLIENT", "SERVER", client?.spanId],
  ]);
  const own = `00-${TRACE}-${server?.spanId}-01`;
  assertEquals(carried, [own, own]);
  for await (const _ of pair.client.stream("count", { to: 1_000_000 }, SAMPLED)) break;
  await pair.server.close();
  assertEquals(recorded.spans.map(({ ended }) => ended), [1, 1, 1, 1]);
});

Deno.test("a call in a worker has its span between the server's and those of its own calls", async () => {
  using recorded = recordSpans();
  const tracer = await openTracer();
  const carried: (string | undefined)[] = [];
  const pool = tracedPool({
    call: (method) => {
      carried.push(ambientCall()?.carried.traceparent);
      return Promise.resolve(method);
    },
  }, tracer);
  const blur = { worker: true, handler: () => "never" };
  await using pair = await startPair({ blur }, { tracer, pool });
  assertEquals(await pair.client.call("blur", undefined, SAMPLED), "blur");
  assertEquals(await pair.client.call("blur"), "blur");
  const [server, worker] = recorded.spans;
  assertEquals([worker?.name, worker?.kind, worker?.parentId, worker?.ended], [
    ...["worker blur", "INTERNAL", server?.spanId, 1],
  ]);
  assertEquals(carried, [`00-${TRACE}-${worker?.spanId}-01`, undefined]);
  assertEquals(recorded.spans.length, 2);
});

Deno.test("where nobody records spans, calls carry the trace as it came", async () => {
  const tracer = await openTracer();
  const methods = { trace: (_: unknown, { meta }: Context) => meta.traceparent };
  await using pair = await startPair(methods, { tracer }, { tracer });
  const { traceparent } = SAMPLED.meta;
  assertEquals(await pair.client.call("trace", undefined, SAMPLED), traceparent);
});
