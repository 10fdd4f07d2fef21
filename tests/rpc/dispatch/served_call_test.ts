import { assert, assertEquals } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import type { Context } from "../../../lib/rpc/method/context.ts";
import { ServedCall } from "../../../lib/rpc/dispatch/served_call.ts";
import { ReplyList, request, TestHost } from "../../support/dispatch.ts";
import { startPair } from "../../support/rpc_pair.ts";

Deno.test("a served call tells its start, deadline and duration, although somebody sets the clock", () => {
  const host = new TestHost();
  const { clock } = host;
  const start = clock.now();
  const call = new ServedCall(host, request("add"), new ReplyList(), clock.monotonic(), 1_000);
  clock.advance(300);
  assertEquals([call.startedAtMs, call.deadline, call.durationMs], [start, start + 1_000, 300]);
  clock.step(60_000);
  assertEquals(call.startedAtMs, start + 60_000);
  call.endedAt = clock.monotonic();
  clock.advance(5);
  assertEquals(call.durationMs, 300);
});

Deno.test("a served call without a time of arrival has that at which somebody asks first", () => {
  const host = new TestHost();
  const { clock } = host;
  const call = new ServedCall(host, request("add"), new ReplyList(), undefined, 1_000);
  clock.advance(300);
  const arrivedAt = clock.monotonic();
  assertEquals([call.deadlineAt, call.durationMs], [arrivedAt + 1_000, 0]);
  clock.advance(200);
  assertEquals([call.receivedAt, call.durationMs], [arrivedAt, 200]);
});

Deno.test("a served call counts the bytes of its items and of its reply", () => {
  const call = new ServedCall(new TestHost(), request("add"), new ReplyList(), 0, 1_000);
  assertEquals([call.bytesOut, call.isStream], [0, false]);
  call.itemBytes = 100;
  call.reply = '"다리"';
  assertEquals([call.bytesOut, call.isStream], [108, true]);
});

Deno.test("a signal that is asked for after the call was aborted is aborted", () => {
  const call = new ServedCall(new TestHost(), request("add"), new ReplyList(), 0, 1_000);
  const reason = new DariError("cancelled", "enough");
  call.abort(reason);
  assert(call.signal.aborted);
  assertEquals(call.signal.reason, reason);
  const other = new ServedCall(new TestHost(), request("add"), new ReplyList(), 0, 1_000);
  const { signal } = other;
  other.abort(reason);
  other.abort(new DariError("unavailable", "later"));
  assertEquals(signal.reason, reason);
});

Deno.test("a served call knows where it came from", () => {
  const host = new TestHost();
  const call = new ServedCall(host, request("add"), new ReplyList(), 0, 1_000);
  assertEquals([call.connectionId, call.peer, call.meta], [host.id, host.peer, {}]);
});

Deno.test("a handler may take call, notify and setBaggage out of its context", async () => {
  const noticed: unknown[] = [];
  await using pair = await startPair(
    {
      async work(_: unknown, { call, notify, setBaggage }: Context) {
        notify("progress", { done: 1 });
        setBaggage("region", "eu");
        return await call("double", { n: 21 });
      },
    },
    {},
    {
      methods: {
        progress: (params: unknown) => noticed.push(params),
        double: ({ n }: { n: number }) => 2 * n,
      },
    },
  );
  assertEquals([await pair.client.call("work"), noticed], [42, [{ done: 1 }]]);
});

Deno.test("a call back to the caller carries the trace of the call that is served", async () => {
  await using pair = await startPair(
    {
      ask: (_: unknown, context: Context) => context.call("trace"),
    },
    {},
    {
      methods: { trace: (_: unknown, { meta }: Context) => [meta.traceparent, meta.tracestate] },
    },
  );
  const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  for (const meta of [{ traceparent, tracestate: "a=1" }, { traceparent }]) {
    const seen = await pair.client.call("ask", undefined, { meta, inherit: false });
    assertEquals(seen, [traceparent, "tracestate" in meta ? "a=1" : undefined]);
  }
});
