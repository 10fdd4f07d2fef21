import { assertEquals } from "@std/assert";
import { type DariError, RpcError, TransportError } from "../../../lib/base/errors.ts";
import { paramsOf } from "../../../lib/rpc/call/call_line.ts";
import { HedgedCall } from "../../../lib/rpc/call/hedged_call.ts";
import { beginCall, OutgoingCall } from "../../../lib/rpc/call/outgoing_call.ts";

/** A call that was made twice, and what its caller was told. */
function setUp({ signal, params = "[1]" as unknown }: {
  signal?: AbortSignal;
  params?: unknown;
} = {}) {
  const told: unknown[] = [];
  const withdrawn: OutgoingCall[] = [];
  const hedged = new HedgedCall({
    method: "add",
    params: typeof params === "string" ? params : paramsOf("add", params),
    options: { signal },
    resolve: (result) => told.push(result),
    reject: (error) => told.push(error),
  });
  const holder = {
    withdraw: (call: OutgoingCall) => void withdrawn.push(call),
    grant: () => {},
  };
  const held = (call: OutgoingCall) => Object.assign(call, { holder });
  const first = held(beginCall(hedged.first(), 1_000, 0));
  const makeAgain = () => held(hedged.again());
  return { hedged, first, makeAgain, told, withdrawn };
}

const failed = new TransportError("unavailable", "The connection ended");

Deno.test("the first result counts, and the other call is cancelled", () => {
  const { first, makeAgain, told, withdrawn } = setUp();
  const second = makeAgain();
  assertEquals([second.deadlineAt, second.tellsDeadline], [1_000, true]);
  second.resolve(2);
  first.resolve(1);
  assertEquals([told, withdrawn], [[2], [first]]);
});

Deno.test("an error counts as the answer only where another call cannot do better", () => {
  const refused = new RpcError("not_found", "no such thing");
  const answered = setUp();
  answered.makeAgain().reject(refused);
  assertEquals([answered.told, answered.withdrawn], [[refused], [answered.first]]);
  for (const passing of [failed, new RpcError("resource_exhausted", "busy")]) {
    const { first, makeAgain, told } = setUp();
    first.reject(passing);
    assertEquals(told, [passing]); // no other call was made
    const twice = setUp();
    const second = twice.makeAgain();
    twice.first.reject(passing);
    assertEquals(twice.told, []);
    second.resolve("right");
    assertEquals([twice.told, twice.withdrawn, makeAgain], [["right"], [], makeAgain]);
  }
  const { first, makeAgain, told } = setUp();
  makeAgain().reject(failed);
  first.reject(failed);
  assertEquals(told, [failed]);
});

Deno.test("a call moves once at a time, again when one of the two is lost, and never behind its end", () => {
  const { hedged, first, makeAgain } = setUp();
  assertEquals(hedged.canMove, true);
  const second = makeAgain();
  assertEquals(hedged.canMove, false);
  first.reject(failed);
  assertEquals(hedged.canMove, true);
  second.resolve(1);
  assertEquals(hedged.canMove, false);
});

Deno.test("a call with streams among its params does not move", () => {
  const items = (async function* () {})();
  assertEquals(setUp({ params: { items } }).hedged.canMove, false);
});

Deno.test("a signal cancels both calls, and the caller is told once", () => {
  const controller = new AbortController();
  const { makeAgain, told, withdrawn, first } = setUp({ signal: controller.signal });
  const second = makeAgain();
  controller.abort();
  assertEquals(withdrawn, [first, second]);
  assertEquals(told.map((error) => (error as DariError).code), ["cancelled"]);
});

/** A call that is under way, and that turns out to be one that may be made twice. */
function adopt(allowsHedge = true) {
  const told: unknown[] = [], recovered: unknown[] = [], withdrawn: OutgoingCall[] = [];
  const recovery = { recover: (_: OutgoingCall, error: unknown) => recovered.push(error) === 1 };
  const call = beginCall(
    new OutgoingCall(
      "call",
      "add",
      "[1]",
      { recovery, hedging: { hedge: () => undefined } },
      (result) => told.push(result),
      (error) => told.push(error),
    ),
    1_000,
    0,
  );
  let hedged = 0;
  const hedge = HedgedCall.of(call, { allowsHedge, hedged: () => hedged++ });
  const holder = { withdraw: (one: OutgoingCall) => void withdrawn.push(one), grant: () => {} };
  call.holder = holder;
  const again = () => Object.assign(hedge.again(), { holder });
  return { call, hedge, again, told, recovered, withdrawn, count: () => hedged };
}

Deno.test("HedgedCall.of() makes a call twice that is under way already; either answer counts", () => {
  const late = adopt();
  assertEquals(late.call.options.hedge, late.hedge);
  late.again().resolve(2);
  late.call.resolve(1);
  assertEquals([late.told, late.withdrawn, late.count()], [[2], [late.call], 1]);
  const early = adopt();
  const second = early.again();
  early.call.resolve(1);
  second.resolve(2);
  assertEquals([early.told, early.withdrawn], [[1], [second]]);
});

Deno.test("a call that HedgedCall.of() made twice is recovered as before, once both have failed", () => {
  const { call, again, told, recovered } = adopt();
  const { recovery } = call.options;
  assertEquals(recovery, undefined);
  again().reject(failed);
  call.reject(failed);
  assertEquals([told, recovered], [[], [failed]]);
  call.rejected("the last error"); // what recovers the call settles it
  assertEquals(told, ["the last error"]);
});

Deno.test("a call does not move without a budget, nor while it is held", () => {
  assertEquals(adopt(false).hedge.canMove, false);
  const { hedge } = adopt();
  assertEquals(hedge.canMove, true);
  hedge.isHeld = true;
  assertEquals(hedge.canMove, false);
});
