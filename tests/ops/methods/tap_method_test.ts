import { assertEquals, assertRejects } from "@std/assert";
import type { Principal } from "../../../lib/auth/mod.ts";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import type { AuditEvent } from "../../../lib/ops/audit/audit.ts";
import { LiveServer } from "../../../lib/ops/methods/live_server.ts";
import { tapMethods } from "../../../lib/ops/methods/tap_method.ts";
import type { TapBatch, TapQueue } from "../../../lib/ops/tap/tap_queue.ts";
import type { TappedCall, TapRequest } from "../../../lib/ops/tap/tapped_call.ts";
import type { Context } from "../../../lib/rpc/method/context.ts";
import { peer } from "../../support/identity.ts";

const root: Principal = { name: "root", kind: "session", roles: ["admin"], credentialId: "s:1" };
const call = { method: "add" } as TappedCall;

/** A server in which a test says which calls end, and who may tap. */
function world() {
  const events: AuditEvent[] = [];
  const taps: { request: TapRequest; queue: TapQueue }[] = [];
  const live = new LiveServer();
  live.add({
    connections: () => ({ connections: [], more: 0 }),
    tap(request, queue) {
      const tap = { request, queue };
      taps.push(tap);
      return { [Symbol.dispose]: () => void taps.splice(taps.indexOf(tap), 1) };
    },
  });
  const stopped = new AbortController();
  const asked: unknown[] = [];
  let allowed = true;
  const methods = tapMethods({
    live,
    decide(...given) {
      asked.push(given);
      return { allowed, reason: "the test says so" };
    },
    audit: {
      record: (event) => Promise.resolve(void events.push(event)),
      note: (event) => void events.push(event),
    },
  });
  const context = { principal: root, signal: stopped.signal, peer } as unknown as Context;
  return {
    ...{ events, taps, live, stopped, asked },
    refuse: () => allowed = false,
    begin: (name: string, params?: unknown, more: Partial<Context> = {}) =>
      methods[name]?.handler(params, { ...context, ...more }) as AsyncGenerator<TapBatch>,
  };
}

Deno.test("a tap is in the audit before it shows anything, and says when it listens", async () => {
  const { begin, events, taps, stopped, asked } = world();
  const items = begin("rpc.tap", { methods: ["orders.*", "add"], principals: ["alice"] });
  assertEquals((await items.next()).value, { calls: [], missed: 0 });
  const who = { by: "root", via: "s:1", peer: peer.address, about: "orders.* add" };
  const data = { params: false, principals: ["alice"] };
  assertEquals(events, [{ kind: "tap.began", ...who, data }]);
  const [tap] = taps;
  assertEquals(tap?.request, {
    methods: ["orders.*", "add"],
    principals: ["alice"],
    params: false,
  });
  tap?.queue.push(call);
  assertEquals((await items.next()).value, { calls: [call], missed: 0 });
  assertEquals(asked, [[root, "rpc.tap", true]]);
  const next = items.next();
  stopped.abort(); // its caller has gone, or its credential was revoked
  assertEquals((await next).done, true);
  assertEquals(taps, []);
  assertEquals(events[1], { kind: "tap.ended", ...who, data: { ...data, shown: 1 } });
});

Deno.test("params take the method that is a right of its own", async () => {
  const { begin, taps, events } = world();
  await begin("rpc.tap.params").next();
  assertEquals([taps[0]?.request.params, events[0]?.data?.params], [true, true]);
});

Deno.test("a tap ends where the policy no longer gives the right", async () => {
  const { begin, taps, refuse } = world();
  const items = begin("rpc.tap");
  await items.next();
  refuse();
  taps[0]?.queue.push(call);
  const error = await assertRejects(() => items.next(), DariError);
  assertEquals([error.code, taps], ["permission_denied", []]);
});

Deno.test("a tap that the audit cannot write down does not begin", async () => {
  const { live } = world();
  const failure = new DariError("io", "The disk is full");
  const methods = tapMethods({
    live,
    decide: () => ({ allowed: true, reason: "" }),
    audit: { record: () => Promise.reject(failure), note: () => {} },
  });
  const context = { principal: root, signal: new AbortController().signal, peer };
  const items = methods["rpc.tap"]?.handler(undefined, context as unknown as Context);
  await assertRejects(() => (items as AsyncGenerator).next(), DariError, "disk is full");
});

Deno.test("taps are bounded, strangers have none, and a server that stops ends them", async () => {
  const { begin, live, taps } = world();
  await assertRejects(() => begin("rpc.tap", undefined, { principal: null }).next(), DariError);
  await assertRejects(() => begin("rpc.tap", { who: "alice" }).next(), DariError);
  const running = Array.from({ length: limits.maxTaps }, () => begin("rpc.tap"));
  for (const items of running) await items.next();
  const error = await assertRejects(() => begin("rpc.tap").next(), DariError);
  assertEquals(error.code, "resource_exhausted");
  const ends = running.map((items) => items.next());
  live.endTaps();
  for (const end of ends) assertEquals((await end).done, true);
  assertEquals(taps, []);
});
