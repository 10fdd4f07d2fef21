import { assertEquals, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { callLine, paramsOf } from "../../../lib/rpc/call/call_line.ts";
import { ItemStream } from "../../../lib/rpc/stream/item_stream.ts";
import { beginCall, type CallKind, OutgoingCall } from "../../../lib/rpc/call/outgoing_call.ts";
import { streamCall } from "../../../lib/rpc/call/stream_call.ts";
import { countedSignal } from "../../support/counted_signal.ts";
import { plainTarget } from "../../support/plain_peer.ts";

const ignore = () => {};
const make = (kind: CallKind = "call", options = {}, params?: string) =>
  new OutgoingCall(kind, "add", params, options, ignore, ignore);
const lineOf = (call: OutgoingCall, now = 0) =>
  JSON.parse(String(callLine(call, plainTarget(() => now))));

Deno.test("a call's line holds what was asked for, and a default deadline goes without saying", () => {
  const plain = beginCall(make("call", {}, "[1]"), 30_000, 0);
  plain.id = 7;
  assertEquals(lineOf(plain), { jsonrpc: "2.0", id: 7, method: "add", params: [1] });
  const meta = { idempotencyKey: "k" };
  const full = beginCall(make("call", { auth: "token", meta }), 1_000, 0);
  full.tellsDeadline = true;
  assertEquals(lineOf(full, 400).meta, { idempotencyKey: "k", timeoutMs: 600 });
  assertEquals(lineOf(full).auth, "token");
  assertEquals(lineOf(beginCall(make("notification"), 1_000, 0)), {
    jsonrpc: "2.0",
    method: "add",
  });
});

Deno.test("a call whose deadline has passed is not sent, and no time is no number", () => {
  const call = beginCall(make(), 1_000, 0);
  call.tellsDeadline = true;
  assertThrows(() => lineOf(call, 1_000), DariError, "could not be sent before its deadline");
  for (const timeoutMs of [0, -1]) {
    const { code } = assertThrows(() => beginCall(make(), timeoutMs, 0), DariError);
    assertEquals(code, "deadline_exceeded");
  }
  assertThrows(() => beginCall(make(), NaN, 0), RangeError, "timeoutMs is not a number");
  assertEquals(beginCall(make(), Infinity, 0).deadlineAt, Infinity);
});

Deno.test("a signal takes the call from whoever holds it, and an end takes the listener off", () => {
  for (const end of ["resolve", "reject", "abort"] as const) {
    const counted = countedSignal();
    const withdrawn: OutgoingCall[] = [];
    const call = beginCall(make("call", { signal: counted.signal }), Infinity, 0);
    call.holder = { withdraw: (held) => withdrawn.push(held), grant: ignore };
    assertEquals(counted.listeners, 1);
    if (end === "abort") counted.abort();
    else call[end](undefined);
    assertEquals([counted.listeners, withdrawn.length], [0, end === "abort" ? 1 : 0]);
  }
});

Deno.test("leaving a stream takes its call from whoever holds it, and the listener off its signal", async () => {
  const counted = countedSignal();
  const stream = new ItemStream<unknown>({ items: 4, bytes: 1_000 });
  const call = streamCall(stream, "count", undefined, { signal: counted.signal }, 0);
  assertEquals(lineOf(call).meta, { timeoutMs: limits.maxCallTimeoutMs, credit: 4 });
  let withdrawals = 0;
  call.holder = { withdraw: () => withdrawals++, grant: ignore };
  await stream.return();
  assertEquals([counted.listeners, withdrawals], [0, 1]);
});

Deno.test("paramsOf() refuses what JSON cannot carry, with its place", () => {
  const when = { list: [0, 1, 2, { when: /x/ }] };
  const error = assertThrows(
    () => paramsOf("add", when),
    DariError,
    'The params of "add" cannot be sent: params.list[3].when: a RegExp cannot travel',
  );
  assertEquals(error.code, "invalid_params");
});
