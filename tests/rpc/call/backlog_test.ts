import { assertEquals } from "@std/assert";
import { deadline } from "../../../lib/base/abort.ts";
import type { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { Backlog } from "../../../lib/rpc/call/backlog.ts";
import { beginCall, type CallKind, OutgoingCall } from "../../../lib/rpc/call/outgoing_call.ts";
import { TestClock } from "../../support/clock.ts";
import { callLine } from "../../../lib/rpc/call/call_line.ts";
import { countedSignal } from "../../support/counted_signal.ts";
import { plainTarget } from "../../support/plain_peer.ts";

/** A backlog, and calls whose end a test can look at. */
function setUp() {
  const clock = new TestClock();
  const backlog = new Backlog(() => clock.monotonic());
  const make = (
    method: string,
    { params, timeoutMs = Infinity, signal, kind = "call" }: {
      params?: string;
      timeoutMs?: number;
      signal?: AbortSignal;
      kind?: CallKind;
    } = {},
  ) => {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const call = new OutgoingCall(kind, method, params, { signal }, resolve, reject);
    beginCall(call, timeoutMs, clock.monotonic());
    const ended = promise.then(() => "sent", (error: DariError) => error);
    return { call, ended };
  };
  const add = (...parts: Parameters<typeof make>) => {
    const made = make(...parts);
    backlog.add(made.call);
    return made;
  };
  return { clock, backlog, make, add };
}

const codeOf = async (ended: Promise<unknown>) => (await ended as DariError).code;

Deno.test("Backlog gives calls in the order in which they came, and each once", () => {
  const { backlog, add } = setUp();
  const calls = ["a", "b", "c", "d"].map((method) => add(method).call);
  assertEquals([backlog.first, backlog.size], [calls[0], 4]);
  backlog.withdraw(calls[0] as OutgoingCall);
  backlog.withdraw(calls[2] as OutgoingCall);
  assertEquals(backlog.takeAll().map(({ method }) => method), ["b", "d"]);
  assertEquals([backlog.first, backlog.size], [undefined, 0]);
});

Deno.test("Backlog ends a call at its deadline and at its signal, and keeps no listener", async () => {
  const { clock, backlog, add } = setUp();
  const counted = countedSignal();
  const timed = add("timed", { timeoutMs: 1, signal: counted.signal });
  const cancelled = add("cancelled", { signal: counted.signal, timeoutMs: 60_000 });
  const endless = add("endless");
  clock.advance(1);
  const error = await timed.ended as DariError;
  assertEquals(error.message, '"timed" could not be sent before its deadline');
  assertEquals([error.code, counted.listeners, backlog.size], ["deadline_exceeded", 1, 2]);
  counted.abort();
  assertEquals([await codeOf(cancelled.ended), counted.listeners], ["cancelled", 0]);
  assertEquals(backlog.takeAll(), [endless.call]);
});

Deno.test("a call that waited tells the other side how long it still has, a notification does not", () => {
  const { clock, add } = setUp();
  const { call } = add("wait", { timeoutMs: 5_000 });
  const { call: note } = add("note", { timeoutMs: 5_000, kind: "notification" });
  clock.advance(4_000);
  const target = plainTarget(() => clock.monotonic());
  const sent = (call: OutgoingCall) => JSON.parse(String(callLine(call, target)));
  assertEquals(sent(call).meta, { timeoutMs: 1_000 });
  assertEquals(sent(note), { jsonrpc: "2.0", method: "note" });
  setUp().backlog.withdraw(call); // another backlog's call is left alone
});

Deno.test("Backlog takes as many calls as its bound, and refuses the next at once", async () => {
  const { backlog, add } = setUp();
  for (let n = 1; n < limits.maxCallsWaiting; n++) add("many");
  const last = add("last");
  const refused = add("one more");
  assertEquals(await codeOf(refused.ended), "resource_exhausted");
  assertEquals(backlog.size, limits.maxCallsWaiting);
  backlog.withdraw(last.call);
  add("again");
  assertEquals(backlog.size, limits.maxCallsWaiting);
  backlog.takeAll();
});

Deno.test("Backlog takes params of as many characters as its bound, and refuses one more", async () => {
  const { backlog, add } = setUp();
  const params = "x".repeat(limits.maxCharactersWaiting / 4);
  const calls = [1, 2, 3, 4].map(() => add("long", { params }));
  const refused = add("one more", { params: "x" });
  assertEquals(await codeOf(refused.ended), "resource_exhausted");
  add("without params");
  backlog.withdraw((calls[1] as { call: OutgoingCall }).call);
  add("again", { params });
  assertEquals(backlog.size, 5);
  backlog.takeAll();
});

Deno.test("Backlog ends the last call at its deadline, also when another one was taken out before", async () => {
  const { clock, backlog, add } = setUp();
  const { call } = add("first", { timeoutMs: 5 });
  const { ended } = add("second", { timeoutMs: 5 });
  backlog.withdraw(call);
  clock.advance(5);
  assertEquals(await deadline(codeOf(ended), 5_000), "deadline_exceeded");
});
